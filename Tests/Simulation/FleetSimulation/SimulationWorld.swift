import Fleet
import FleetController
import FleetPlanning
import ReplicaLifecycle

/// One history: a clock, what is to happen, hosts, a network, a controller, people, and whoever watches that the rules hold.
package final class SimulationWorld {
    /// After so long without faults, with people who answer, everything must have come to rest.
    static let patience = Span.seconds(72 * 3600)
    /// How often people look at what waits for them in the end.
    static let visit = Span.seconds(600)

    package let scenario: SimulationScenario
    private(set) var now = Instant(milliseconds: 1_000_000_000)
    private var queue = EventQueue()
    var dice: SimulationDice
    var store = StoreImage()
    private var backups: [StoreBackup] = []
    private(set) lazy var keeper: any StoreKeeper = ImageKeeper(world: self)
    var hosts: [SimulatedHost] = []
    lazy var controller = ControllerProcess(world: self, hosts: scenario.hosts, slots: 2 + Int(scenario.seed % 4))
    lazy var monitor = FleetMonitor(world: self)
    var people: SimulatedPeople
    let began: Instant

    // The network, by host.
    private var cuts: [Int]
    private var cutTokens: [Int]
    /// Connections on which a message was lost: nothing that was said later comes through.
    private var torn: Set<Int> = []
    private var lastUp: [Instant]
    private var lastDown: [Instant]
    /// Since when a host cannot be talked to; `nil` while it can.
    var darkSince: [Instant?]
    private var sessions = 0

    // Deployments, by number.
    var uids: [String] = []
    var digests: [[Digest]] = []
    private var numbers: [String: Int] = [:]
    private var behaviours: [Digest: VersionBehaviour] = [:]
    /// What people wrote, by its digest, and what it was resolved to, by the revision's.
    var written: [Digest: Deployment.Content] = [:]
    var contents: [Digest: RevisionContent] = [:]

    /// Whether faults have stopped.
    private(set) var isQuiet = false
    private(set) var quietSince: Instant?
    /// When a plan was last stored.
    var lastPlan = Instant(milliseconds: 0)
    private(set) var isOver = false
    /// What broke a rule first.
    package private(set) var failure: SimulationFailure?
    /// Events that the planner or a replica's machine took.
    package private(set) var decisions = 0
    /// Faults that were injected.
    package private(set) var faults = 0
    /// Events of this history so far.
    package private(set) var step = 0
    /// Whether what happens is kept as text.
    var isTracing = false
    package private(set) var trace: [String] = []
    /// FNV-1a of everything that was ever in the trace.
    private(set) var fingerprint: UInt64 = 0xCBF2_9CE4_8422_2325

    let facts = HostFacts(
        agentVersion: "1",
        user: "muster",
        isRoot: false,
        address: "192.0.2.1",
        kernel: "6",
        processors: 1,
        memory: 1,
        boot: ""
    )

    /// The world of a scenario, before anything has happened.
    package init(_ scenario: SimulationScenario, isTracing: Bool = false) {
        self.scenario = scenario
        self.isTracing = isTracing
        dice = SimulationDice(seed: scenario.seed, stream: 2)
        people = SimulatedPeople(seed: scenario.seed, left: scenario.commands)
        began = now
        let none = Array(repeating: 0, count: scenario.hosts)
        cuts = none
        cutTokens = none
        lastUp = Array(repeating: now, count: scenario.hosts)
        lastDown = lastUp
        darkSince = Array(repeating: now, count: scenario.hosts)
        for index in 0..<scenario.hosts {
            let site = index % scenario.sites
            hosts.append(
                SimulatedHost(index: index, site: site, means: dice.chance(0.7) ? .switched : .bound, world: self)
            )
            store.hosts.append(StoreImage.HostRow(site: site))
            schedule(.powerOn(host: index), after: dice.time(0...120_000))
        }
        if scenario.usesDatabase {
            do {
                keeper = try DatabaseKeeper(world: self)
            } catch {
                fail("store", "it cannot be made: \(error)")
            }
        }
        schedule(.controllerStarts, after: 0)
        for fault in SimulationFault.allCases { plan(fault) }
        schedule(.command, after: 1000)
        schedule(.backup, after: dice.time(0...7_200_000))
        schedule(.audit, after: 60_000)
    }

    /// Lets the history happen.
    package func run() {
        let end = began + scenario.busy
        while !isOver, failure == nil, let (at, event) = queue.take() {
            if !isQuiet, at >= end { quieten(at: end) }
            now = max(now, at)
            step += 1
            if isTracing, let text = event.text { note(text) }
            happen(event)
        }
    }

    /// Lets happen what happens until a time.
    func run(until time: Instant) {
        while failure == nil, let due = queue.next, due <= time, let (at, event) = queue.take() {
            now = max(now, at)
            step += 1
            happen(event)
        }
        now = max(now, time)
    }

    // MARK: For everybody

    /// When a time of the controller's clock comes.
    func time(of time: Instant, by controller: ControllerProcess) -> Instant {
        Instant(milliseconds: time.milliseconds - controller.clockShift)
    }

    func schedule(_ event: SimulationEvent, after milliseconds: Int64) {
        queue.add(event, at: now + Span(milliseconds: milliseconds))
    }

    func schedule(_ event: SimulationEvent, at time: Instant) { queue.add(event, at: time) }

    /// A machine has taken an event.
    func count() { decisions += 1 }

    /// Whether a fault of this kind strikes now.
    func happens(_ fault: SimulationFault) -> Bool {
        guard !isQuiet, let rate = scenario.rates[fault], dice.chance(rate) else { return false }
        faults += 1
        return true
    }

    /// A rule is broken. The first one counts.
    func fail(_ rule: String, _ what: String) {
        guard failure == nil else { return }
        failure = SimulationFailure(rule: rule, what: what, seed: scenario.seed, step: step, at: now - began)
        note("BROKEN \(rule): \(what)")
    }

    func note(_ text: some StringProtocol) {
        guard isTracing else { return }
        let line = "\(now - began) \(text)"
        for byte in line.utf8 { fingerprint = (fingerprint ^ UInt64(byte)) &* 0x100_0000_01B3 }
        trace.append(line)
        if trace.count > 60000 { trace.removeFirst(30000) }
    }

    func number(of uid: String) -> Int { numbers[uid] ?? 0 }
    func index(of host: String) -> Int { Int(host.dropFirst(2)) ?? 0 }
    func behaviour(_ digest: Digest) -> VersionBehaviour {
        behaviours[digest] ?? VersionBehaviour(update: .recreate, dice: &dice)
    }
    func flaw(_ digest: Digest, on host: SimulatedHost) -> VersionBehaviour.Flaw? {
        behaviour(digest).flaw(on: host.index)
    }

    /// Makes room for another deployment.
    func freshDeployment() -> Int {
        let number = uids.count
        uids.append("d-\(number)")
        digests.append([])
        numbers["d-\(number)"] = number
        for host in hosts { host.makeRoom(for: number) }
        return number
    }

    /// From now on a version fails its proof on a host.
    func spoil(_ digest: Digest, on host: Int) {
        let known = behaviours[digest]?.only ?? []
        behaviours[digest]?.flaw = .wrongAnswer
        behaviours[digest]?.only = known.union([host])
    }

    func learn(_ revision: Revision, of deployment: Int, _ behaviour: VersionBehaviour) {
        guard behaviours[revision.digest] == nil else { return }
        behaviours[revision.digest] = behaviour
        digests[deployment].append(revision.digest)
    }

    // MARK: What happens

    private func happen(_ event: SimulationEvent) {
        switch event {
        case .powerOn(let host): hosts[host].powerOn()
        case .agentStarts(let host): hosts[host].startAgent()
        case .diskFreed(let host): hosts[host].freeDisk()
        case .journalMended(let host): hosts[host].mendJournal()
        case .timer(let host, let deployment, let life):
            if hosts[host].life == life { hosts[host].timerFired(deployment) }
        case .done(let host, let deployment, let life, let work):
            if hosts[host].life == life { hosts[host].ended(work, deployment) }
        case .processDies(let host, let deployment, let attempt): hosts[host].processDied(attempt, deployment)
        case .processTurns(let host, let deployment, let attempt, let isReady):
            hosts[host].processTurned(attempt, deployment, isReady: isReady)
        case .dial(let host, let life):
            if hosts[host].life == life { hosts[host].dial() }
        case .up(let host, let session, let message): arrive(message, from: host, session)
        case .down(let host, let session, let message):
            guard cuts[host] == 0, !torn.contains(session) else {
                torn.insert(session)
                break
            }
            if hosts[host].sessionID == session { hosts[host].take(message) }
        case .linkLost(let host, let session):
            if hosts[host].sessionID == session { hosts[host].linkLost() }
            if cuts[host] == 0 { controller.linkLost(host, session: session) }
            if !renews(host) { noteDark(host) }
        case .healed(let host, let token): heal(host, token)
        case .controllerStarts: controller.start()
        case .controllerTurn(let life): if controller.life == life { controller.turn() }
        case .controllerWake(let life): if controller.life == life { controller.woken() }
        case .lapse(let host, let life): if controller.life == life { controller.lapse(host) }
        case .fault(let fault): strike(fault)
        case .command: SimulatedPeople.act(in: self)
        case .backup: backUp()
        case .answers: answer()
        case .accepted(let deployment): monitor.checkConditions(deployment)
        case .audit:
            monitor.audit()
            schedule(.audit, after: 300_000)
        }
    }

    private func backUp() {
        guard !isQuiet else { return }
        do {
            backups = backups.suffix(2) + [try keeper.backUp()]
        } catch {
            fail("store", "no backup of it: \(error)")
        }
        schedule(.backup, after: dice.time(1_800_000...7_200_000))
    }

    /// People come by and answer whatever waits for them, until everything is at rest.
    private func answer() {
        guard let quietSince else { return }
        if now - quietSince > Span.seconds(1800), monitor.isAtRest() {
            monitor.finish()
            isOver = true
            return
        }
        guard now - quietSince < Self.patience else {
            return fail("liveness", "not at rest \(Self.patience) after the last fault: \(monitor.restless())")
        }
        SimulatedPeople.answer(in: self)
        schedule(.answers, after: Self.visit.milliseconds)
    }

    // MARK: Faults

    private func quieten(at time: Instant) {
        now = time
        isQuiet = true
        quietSince = time
        for host in hosts.indices where cuts[host] > 0 {
            cuts[host] = 0
            cutTokens[host] += 1
        }
        for row in store.alive where row.guards != .pass {
            store.rows[row.number]?.guards = .pass
            controller.executor.take(.guards(.pass), of: row.uid)
        }
        for host in hosts {
            host.freeDisk()
            host.mendJournal()
        }
        controller.comeSoon()
        if isTracing { note("faults stop") }
        schedule(.answers, after: 60_000)
    }

    /// When the next fault of a kind that comes by itself strikes.
    private func plan(_ fault: SimulationFault) {
        guard let rate = scenario.rates[fault], rate > 0 else { return }
        let often: Double
        switch fault {
        case .agentCrash, .powerCut, .neverReturns, .reinstalled, .clockJump, .linkBreak, .partition, .crashes,
            .flapping, .localOrder, .diskFull, .journalFails:
            often = rate * Double(scenario.hosts)
        case .sitePartition, .controllerCrash, .controllerClock, .restore, .guards: often = rate
        default: return
        }
        schedule(.fault(fault), after: Int64(dice.fraction() * 2 * 3_600_000 / often) + 1)
    }

    private func strike(_ fault: SimulationFault) {
        guard !isQuiet else { return }
        plan(fault)
        faults += 1
        let host = hosts[dice.below(hosts.count)]
        switch fault {
        case .agentCrash: host.die(power: false, downFor: 500...30_000)
        case .powerCut: host.die(power: true, downFor: dice.chance(0.2) ? 300_000...7_200_000 : 20_000...300_000)
        case .neverReturns:
            host.isGone = true
            host.die(power: true, downFor: 0...0)
        case .reinstalled: if !host.isGone { host.reinstall() }
        case .clockJump: host.wallShift += dice.time(-7_200_000...7_200_000)
        case .localOrder: host.orderSomething()
        case .diskFull: host.fillDisk(for: dice.time(60_000...7_200_000))
        case .journalFails: host.breakJournal(for: dice.time(1000...600_000))
        case .linkBreak: loseLink(host.index, host.sessionID, after: 0...0)
        case .partition: cut([host.index], for: dice.chance(0.3) ? 600_000...7_200_000 : 5000...600_000)
        case .sitePartition:
            let site = dice.below(scenario.sites)
            cut(hosts.filter { $0.site == site }.map(\.index), for: 60_000...3_600_000)
        case .crashes, .flapping:
            let running = host.processes.indices.filter { !host.processes[$0].isEmpty }
            guard !running.isEmpty else { return }
            let deployment = dice.pick(running)
            let attempt = dice.pick(host.processes[deployment]).attempt
            if fault == .crashes {
                host.processDied(attempt, deployment)
            } else {
                host.processTurned(attempt, deployment, isReady: false)
            }
        case .controllerCrash: controller.die(downFor: dice.chance(0.2) ? 600_000...3_600_000 : 1000...60_000)
        case .controllerClock: controller.setClock(by: dice.time(-7_200_000...7_200_000))
        case .restore: restore()
        case .guards: SimulatedPeople.guardsTurn(in: self)
        default: break
        }
    }

    /// The store is lost in the middle of a rollback, and a backup of just before takes its place.
    func loseStore() {
        guard controller.isUp else { return }
        faults += 1
        monitor.reach("restored in a rollback")
        do {
            // Soon: hosts that are left alone go by themselves after a minute.
            restore(try keeper.backUp(), downFor: 500...20_000)
        } catch {
            fail("store", "no backup of it: \(error)")
        }
    }

    /// The store is lost, and a backup takes its place.
    private func restore() {
        if let backup = backups.randomElement(using: &dice) { restore(backup, downFor: 10_000...600_000) }
    }

    private func restore(_ backup: StoreBackup, downFor: ClosedRange<Int64>) {
        controller.die(downFor: downFor)
        do {
            try keeper.restore(backup)
        } catch {
            fail("store", "a backup cannot be restored: \(error)")
        }
        monitor.wasRestored()
    }

    func cut(_ indices: [Int], for span: ClosedRange<Int64>) {
        let length = dice.time(span)
        for index in indices {
            cuts[index] += 1
            noteDark(index)
            controller.silent(index, since: now + Span(milliseconds: -dice.time(0...15_000)))
            schedule(.linkLost(host: index, session: hosts[index].sessionID), after: dice.time(1000...40_000))
            cutTokens[index] += 1
            schedule(.healed(host: index, token: cutTokens[index]), after: length)
        }
    }

    /// Cuts a host off until ``heal(_:)``.
    func cutOff(_ host: Int) {
        cuts[host] += 1
        cutTokens[host] += 1
        noteDark(host)
        controller.silent(host, since: now)
        schedule(.linkLost(host: host, session: hosts[host].sessionID), after: 1000)
    }

    /// A host that was cut off can be talked to again.
    func heal(_ host: Int) {
        cuts[host] = 0
        cutTokens[host] += 1
        noteLight(host)
    }

    private func heal(_ host: Int, _ token: Int) {
        guard cutTokens[host] == token else { return }
        cuts[host] = 0
        noteLight(host)
    }

    /// Leases come again on a connection that was not lost.
    private func noteLight(_ host: Int) {
        guard renews(host), darkSince[host] != nil else { return }
        monitor.noteReturn(of: host)
        darkSince[host] = nil
    }

    // MARK: The network

    func freshSession() -> Int {
        sessions += 1
        return sessions
    }

    func canDial(_ host: SimulatedHost) -> Bool {
        controller.isUp && cuts[host.index] == 0 && !store.hosts[host.index].isRevoked
    }

    /// Whether a host can fetch files.
    func isConnected(_ host: SimulatedHost) -> Bool { controller.isUp && cuts[host.index] == 0 && host.session != nil }

    /// Whether a host's leases are coming.
    func renews(_ host: Int) -> Bool {
        guard let session = controller.sessions[host] else { return false }
        return hosts[host].isAgentUp && hosts[host].sessionID == session.id && cuts[host] == 0
    }

    func agentDied(_ host: SimulatedHost) {
        noteDark(host.index)
        guard let session = controller.sessions[host.index] else { return }
        loseLink(host.index, session.id, after: 10...2000)
    }

    func controllerHears(endOf host: SimulatedHost) { loseLink(host.index, host.sessionID, after: 5...500) }

    func loseLink(_ host: Int, _ session: Int, after span: ClosedRange<Int64>) {
        guard session > 0 else { return }
        schedule(.linkLost(host: host, session: session), after: dice.time(span))
    }

    private func noteDark(_ host: Int) { if darkSince[host] == nil { darkSince[host] = now } }

    func send(_ message: SimulationEvent.UpMessage, from host: SimulatedHost) {
        let isStatus = if case .status = message { true } else { false }
        lastUp[host.index] = deliver(
            .up(host: host.index, session: host.sessionID, message),
            after: lastUp[host.index],
            mayRepeat: isStatus
        )
    }

    func send(_ message: SimulationEvent.DownMessage, to host: Int, session: Int) {
        let isAssignment = if case .assignment = message { true } else { false }
        lastDown[host] = deliver(
            .down(host: host, session: session, message),
            after: lastDown[host],
            mayRepeat: isAssignment
        )
    }

    /// In order, unless chance will have it otherwise; what may be said twice may also come twice and out of order.
    private func deliver(_ event: SimulationEvent, after last: Instant, mayRepeat: Bool) -> Instant {
        var span = dice.time(2...60)
        if happens(.delayed) { span += dice.time(500...40_000) }
        let at = max(last, now + Span(milliseconds: span))
        if mayRepeat, happens(.reordered) {
            schedule(event, at: now + Span(milliseconds: dice.time(2...5000)))
            return last
        }
        schedule(event, at: at)
        if mayRepeat, happens(.duplicated) { schedule(event, at: at + Span(milliseconds: dice.time(1...3000))) }
        return at
    }

    private func arrive(_ message: SimulationEvent.UpMessage, from host: Int, _ session: Int) {
        // Nobody is there to answer: the connection ends.
        guard cuts[host] == 0, controller.isUp, !torn.contains(session) else {
            torn.insert(session)
            return loseLink(host, session, after: 500...20_000)
        }
        if hosts[host].sessionID == session, controller.isUp {
            monitor.noteReturn(of: host)
            darkSince[host] = nil
        }
        controller.take(message, from: host, session: session)
        // Its last words: nobody is at the other end any more.
        if hosts[host].sessionID != session { loseLink(host, session, after: 10...2000) }
    }
}
