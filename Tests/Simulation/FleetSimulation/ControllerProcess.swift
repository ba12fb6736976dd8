import Fleet
import FleetController
import FleetPlanning
import SessionLifecycle

/// The controller: sessions, liveness, what hosts say, and the planning of each deployment by its real machine. All that
/// stands here is lost when it dies; the store is the world's.
final class ControllerProcess {
    unowned let world: SimulationWorld
    var isUp = false
    var life = 0
    var startedAt = Instant(milliseconds: 0)
    let rule = LeaseRule()

    // Hosts, by index.
    var sessions: [(id: Int, session: HostSession)?]
    var lastSign: [Instant]
    var unreachable: [Instant?]
    /// The same of hosts that are back and have not said yet where they stand.
    private(set) var unheard: [Instant?]
    /// Since when planning takes a host for one that cannot be reached.
    var outOfReach: [Instant?] { zip(unreachable, unheard).map { $0 ?? $1 } }
    var reports: [HostReport?]
    /// Those who have reported to this controller.
    private(set) var heardReports: Set<Int> = []
    var amnesty = Instant(milliseconds: 0)

    // What came and is not stored.
    var newReports: [Int: HostReport] = [:]
    var newOutcomes: [Int: [HostOutcome]] = [:]

    // Planning.
    let slots: Int
    var executor: PlanExecutor
    /// Deployments that others have changed in the store.
    var marks: Set<Int> = []
    var turnsInARow = 0
    /// When it wakes by itself.
    var alarm: Instant?
    private var isTurnComing = false

    // Steps inside transactions, and the time that they are told.
    private(set) var environment: ControllerEnvironment
    private(set) var step: PlanStep
    private let moment = SimulatedMoment()
    /// What leads from the history's time to the controller's, which passes evenly from its start on.
    private(set) var clockShift: Int64 = 0
    /// What leads from the history's time to the controller's time of day, which jumps.
    private(set) var wallShift: Int64 = 0
    /// The time that planning and liveness are told.
    var now: Instant { Instant(milliseconds: world.now.milliseconds + clockShift) }
    /// Its time of day.
    var timeOfDay: Instant { Instant(milliseconds: world.now.milliseconds + wallShift) }
    /// What leads from the one to the other.
    var toTimeOfDay: Span { timeOfDay - now }

    init(world: SimulationWorld, hosts: Int, slots: Int) {
        self.world = world
        sessions = Array(repeating: nil, count: hosts)
        // When they were enrolled.
        lastSign = Array(repeating: world.now, count: hosts)
        unreachable = Array(repeating: nil, count: hosts)
        unheard = unreachable
        reports = Array(repeating: nil, count: hosts)
        self.slots = slots
        executor = PlanExecutor(slotsPerSite: slots)
        environment = moment.environment
        step = PlanStep(directory: HostDirectory(), environment: environment)
    }

    /// Tells the steps of the next transaction what time it is, and the id of a rollout that it begins.
    func tellTime(freshRollout number: Int?) {
        moment.set(now, timeOfDay, number.map { freshRollout(of: $0) } ?? "")
    }

    /// Somebody sets its clock.
    func setClock(by span: Int64) {
        wallShift += span
        guard isUp else { return }
        marks.formUnion(world.store.alive.map(\.number))
        comeSoon()
    }

    // MARK: Life

    func start() {
        guard !isUp else { return }
        isUp = true
        life += 1
        // When hosts were last heard is stored as a time of day; nobody was heard later than now.
        let stored = toTimeOfDay
        clockShift = wallShift
        for host in lastSign.indices { lastSign[host] = min(lastSign[host] + stored, now) }
        tellTime(freshRollout: nil)
        environment = moment.environment
        step = PlanStep(directory: HostDirectory(), environment: environment)
        do {
            try world.keeper.begin()
        } catch {
            return world.fail("store", "a controller cannot start on it: \(error)")
        }
        startedAt = now
        amnesty = rule.amnesty(after: now)
        for host in sessions.indices {
            sessions[host] = nil
            unreachable[host] = nil
            unheard[host] = nil
            reports[host] = world.store.hosts[host].report
            watch(host, at: amnesty)
        }
        newReports = [:]
        newOutcomes = [:]
        heardReports = []
        executor = PlanExecutor(slotsPerSite: slots)
        turnsInARow = 0
        isTurnComing = false
        alarm = nil
        marks = Set(world.store.alive.map(\.number))
        comeSoon()
    }

    func die(downFor: ClosedRange<Int64>) {
        guard isUp else { return }
        isUp = false
        life += 1
        world.monitor.controllerDied()
        for host in sessions.indices {
            if let session = sessions[host] { world.loseLink(host, session.id, after: 100...5000) }
        }
        world.schedule(.controllerStarts, after: world.dice.time(downFor))
    }

    /// Something is to be stored or planned: a turn comes soon.
    func comeSoon() {
        guard isUp, !isTurnComing else { return }
        isTurnComing = true
        world.schedule(.controllerTurn(life: life), after: world.dice.time(5...60))
    }

    // MARK: Sessions

    func take(_ message: SimulationEvent.UpMessage, from host: Int, session id: Int) {
        guard isUp else { return }
        if case .hello(let hello) = message { return greet(hello, host, id) }
        guard var entry = sessions[host], entry.id == id else { return }
        heard(host)
        do {
            switch message {
            case .hello: break
            case .status(let report):
                guard try entry.session.statusReceived(sequence: report.sequence) == .store else { return }
                sessions[host] = entry
                newReports[host] = report
                comeSoon()
            case .outbox(let outcomes):
                try entry.session.messageReceived()
                newOutcomes[host, default: []] += outcomes
                comeSoon()
            }
        } catch {
            world.fail("protocol", "\(world.hosts[host].id): \(error)")
        }
    }

    private func greet(_ hello: HostSession.Hello, _ host: Int, _ id: Int) {
        // An older connection's words may come later than a newer one's.
        guard !world.store.hosts[host].isRevoked, id > (sessions[host]?.id ?? 0) else { return }
        var session = HostSession(now: now)
        guard
            case .welcome(let version)? = try? session.helloReceived(
                hello,
                enrolled: world.hosts[host].id,
                now: now
            )
        else { return world.fail("protocol", "a hello is refused") }
        sessions[host] = (id, session)
        unheard[host] = unreachable[host] ?? unheard[host]
        heard(host)
        let welcome = AgentSession.Welcome(
            version: version,
            epoch: world.store.epoch,
            leaseInterval: rule.interval,
            outboxAcknowledged: world.store.hosts[host].outbox
        )
        world.send(.welcome(welcome), to: host, session: id)
        let assignment = world.store.assignment(of: host)
        if assignment.version.generation > 0, hello.assignment < assignment.version, !world.store.isFrozen {
            world.send(.assignment(assignment), to: host, session: id)
        }
    }

    /// A sign of life.
    private func heard(_ host: Int) {
        lastSign[host] = now
        guard unreachable[host] != nil else { return }
        unreachable[host] = nil
        hostChanged(host)
    }

    /// The connection is gone, as the controller sees it.
    func linkLost(_ host: Int, session id: Int) {
        guard isUp, let entry = sessions[host], entry.id == id else { return }
        sessions[host] = nil
        // Leases came until then.
        lastSign[host] = max(lastSign[host], told(world.darkSince[host] ?? world.now))
        watch(host, at: lastSign[host] + rule.timeToLive)
    }

    /// A host's leases have stopped coming; nothing says that the connection is gone.
    func silent(_ host: Int, since: Instant) {
        guard isUp else { return }
        lastSign[host] = max(lastSign[host], told(since))
        watch(host, at: lastSign[host] + rule.timeToLive)
    }

    func watch(_ host: Int, at time: Instant) {
        let due = max(world.time(of: time, by: self), world.now + Span(milliseconds: 1))
        world.schedule(.lapse(host: host, life: life), at: due)
    }

    /// A time of the history's on its own clock.
    private func told(_ time: Instant) -> Instant { Instant(milliseconds: time.milliseconds + clockShift) }

    /// A lease may have lapsed.
    func lapse(_ host: Int) {
        guard isUp, unreachable[host] == nil else { return }
        if world.renews(host) { return lastSign[host] = now }
        guard now >= amnesty else { return watch(host, at: amnesty) }
        guard rule.isLapsed(lastLease: lastSign[host], now: now) else {
            return watch(host, at: lastSign[host] + rule.timeToLive)
        }
        unreachable[host] = lastSign[host]
        hostChanged(host)
    }

    // MARK: Turns

    /// Stores what came, then plans what it concerns.
    func turn() {
        isTurnComing = false
        guard isUp, storeWhatCame() else { return }
        takeUpMarks()
        planDue()
    }

    /// The time has come that a plan named.
    func woken() {
        if let alarm, alarm > world.now { return }
        alarm = nil
        comeSoon()
    }

    private func storeWhatCame() -> Bool {
        guard !newReports.isEmpty || !newOutcomes.isEmpty else { return true }
        let known = world.store.hosts.map(\.outbox)
        let (reports, outcomes) = (newReports, newOutcomes)
        guard transaction({ try $0.save(reports, outcomes) }) != nil else { return false }
        newReports = [:]
        newOutcomes = [:]
        for (host, facts) in outcomes { world.monitor.stored(facts, of: host, after: known[host]) }
        guard survives() else { return false }
        for host in reports.keys.sorted() { if let report = reports[host] { accept(report, of: host) } }
        for host in Set(reports.keys).union(outcomes.keys).sorted() {
            guard let entry = sessions[host] else { continue }
            let ack = AgentSession.Ack(
                status: entry.session.status,
                outbox: world.store.hosts[host].outbox,
                resync: false
            )
            world.send(.ack(ack), to: host, session: entry.id)
        }
        return true
    }

    private func accept(_ report: HostReport, of host: Int) {
        let before = reports[host]?.replicas ?? []
        reports[host] = report
        heardReports.insert(host)
        let id = world.hosts[host].id
        for replica in report.replicas where !before.contains(replica) {
            tell(replica.deployment, .report(host: id, replica))
        }
        for old in before where !report.replicas.contains(where: { $0.deployment == old.deployment }) {
            tell(old.deployment, .report(host: id, nil))
        }
        guard unheard[host] != nil else { return }
        unheard[host] = nil
        hostChanged(host)
    }

    private func tell(_ uid: String, _ event: PlanningEvent) {
        world.count()
        executor.take(event, of: uid)
    }

    /// One transaction. The controller may die in the middle of it: nothing of it is kept then.
    ///
    /// - Returns: what came of it; `nil` when it was not stored.
    func transaction<Value>(_ body: (any StoreKeeper) throws -> Value) -> Value? {
        let keeper = world.keeper
        keeper.isDoomed = world.happens(.controllerCrashAtCommit)
        defer { keeper.isDoomed = false }
        do {
            return try body(keeper)
        } catch is RolloutRefusal {
            return nil
        } catch is StoreCrash {
            die(downFor: 500...60_000)
        } catch {
            world.fail("store", "\(error)")
        }
        return nil
    }

    /// Whether the controller lives to act on what it has committed.
    func survives() -> Bool {
        guard world.happens(.controllerCrashAtCommit) else { return true }
        die(downFor: 500...60_000)
        return false
    }
}
