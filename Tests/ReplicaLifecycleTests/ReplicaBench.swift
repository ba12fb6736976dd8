import Fleet
import ReplicaLifecycle

/// A machine with a world that does what it is told, or what a test lets go wrong.
struct ReplicaBench {
    enum Fault: Hashable {
        case staging, check, start, crashBeforeReady, notReady, probe, unreadyWhileObserved
    }

    /// A chain, and how a replica comes by the endpoint's port.
    enum Mode: CaseIterable {
        case recreateBound, recreateSwitched, besideBound, besideSwitched

        var means: EndpointMeans { self == .recreateBound || self == .besideBound ? .bound : .switched }
        var update: RuntimeProfile.Update {
            self == .recreateBound || self == .recreateSwitched ? .recreate : .sideBySide
        }
    }

    /// Another one takes effect with the next start of the agent.
    var mode: Mode
    var machine: ReplicaStateMachine
    var now = Instant(milliseconds: 1_000_000)
    /// The newest journalled record: what a kill -9 leaves.
    var journal: ReplicaRecord
    /// Every process that lives, in the order of their starts.
    var processes: [ReplicaProcess] = []
    /// Where the kernel's table leads.
    var endpoint: Pointing = .untouched
    /// Where it was told to lead.
    var wanted: Pointing = .untouched
    /// So many of the next switches fail.
    var switchFaults = 0
    /// Attempts whose model has proven itself.
    var probed: Set<UInt64> = []
    /// Whatever the rules forbid, as it happens.
    var violations: [String] = []
    /// The attempt that is to become unready while it is observed.
    private var unreadySoon: UInt64?
    var staging: Revision?
    var outcomes: [HostOutcome.Kind] = []
    var started: [UInt64] = []
    /// What was staged from its files.
    var fetched: [UInt64] = []
    /// What goes wrong for which revision number.
    var faults: [UInt64: Fault] = [:]
    var pending: [ReplicaAction] = []

    init(deployment: String = "d-1", mode: Mode = .recreateBound) {
        self.mode = mode
        journal = ReplicaRecord(deployment: deployment)
        machine = ReplicaStateMachine(record: journal, means: mode.means, at: now)
        take(machine.restarted(found: [], pointed: nil, at: now))
    }

    static func revision(_ number: UInt64, written: UInt64? = nil) -> Revision {
        let content = RevisionContent(
            model: .init(
                name: "wine",
                version: "\(number).0.0",
                format: "sklearn",
                bundle: Digest(of: "\(number)".utf8)
            ),
            runtime: RuntimeProfile(
                name: "mlserver",
                command: ["serve"],
                ports: ["http"],
                ready: .init(port: "http", path: "/ready")
            ),
            environment: [:],
            probe: nil
        )
        return Revision(number: number, content: content, written: Digest(of: "written \(written ?? number)".utf8))
    }

    static func hold(_ number: UInt64) -> Hold {
        Hold(
            id: "h\(number)",
            deployment: "d-1",
            revision: revision(number).reference,
            actor: "ada",
            reason: "wrong answers",
            since: Instant(milliseconds: 0)
        )
    }

    func item(
        _ number: UInt64,
        _ order: AssignmentItem.Order = .converge,
        _ revision: UInt64? = nil,
        succeeded: [UInt64] = [],
        held: [UInt64] = [],
        onFailure: AssignmentItem.OnFailure = .keepServing,
        port: UInt16 = 8080
    ) -> AssignmentItem {
        AssignmentItem(
            deployment: "d-1",
            name: "wine",
            number: number,
            order: order,
            revision: revision.map { Self.revision($0) },
            endpoint: Endpoint(port: port, to: "http"),
            stableFor: .seconds(30),
            rollbackStableFor: .seconds(3),
            onFailure: onFailure,
            succeeded: succeeded.map { Self.revision($0).reference },
            holds: held.map(Self.hold)
        )
    }

    /// The process that the report speaks of; else the newest.
    var running: ReplicaProcess? {
        processes.last { Int32($0.attempt) == report.instance?.pid } ?? processes.last
    }

    /// The attempt that the table leads to.
    var pointed: UInt64? { if case .open(_, let attempt) = endpoint { attempt } else { nil } }

    var report: ReplicaReport { machine.report() }
    var servingNumber: UInt64? { report.serving?.number }

    /// What became of each rollback, as told.
    var receipts: [String: Receipt] {
        outcomes.reduce(into: [:]) { receipts, kind in
            if case .rolledBack(let id, let receipt) = kind { receipts[id] = receipt }
        }
    }

    /// Gives an item; nothing is done about it yet.
    mutating func give(_ item: AssignmentItem) {
        take(machine.assignmentReceived(item, at: now))
    }

    /// Takes over the actions of one event.
    mutating func take(_ actions: [ReplicaAction]) {
        for action in actions {
            switch action {
            case .journal(let record): journal = record
            case .outcome(_, _, let kind): outcomes.append(kind)
            case .point(let pointing):
                wanted = pointing
                pending.append(action)
            default: pending.append(action)
            }
        }
    }

    /// Does the oldest thing that waits, or lets the time pass until the machine's deadline. `false` when nothing is left.
    mutating func step() -> Bool {
        if let attempt = unreadySoon, machine.state == .observing {
            unreadySoon = nil
            take(machine.becameUnready(attempt: attempt, cause: "answers 503", at: now))
            return true
        }
        guard !pending.isEmpty else {
            guard let deadline = machine.deadline, deadline.milliseconds < 1_000_000_000 else { return false }
            now = max(now, deadline)
            take(machine.timerFired(at: now))
            return true
        }
        now = now + Span(milliseconds: 10)
        take(perform(pending.removeFirst()))
        return true
    }

    /// Until nothing is left to do.
    mutating func settle(limit: Int = 200) {
        for _ in 0..<limit where step() {}
    }

    /// Until the machine is in a state, or nothing is left to do.
    mutating func run(until state: TargetState) {
        for _ in 0..<200 where machine.state != state { guard step() else { return } }
    }

    mutating func crash(_ cause: String = "killed by signal 9") {
        guard let process = running else { return }
        crash(process, cause)
    }

    mutating func crash(_ process: ReplicaProcess, _ cause: String = "killed by signal 9") {
        processes.removeAll { $0.attempt == process.attempt }
        take(machine.processExited(attempt: process.attempt, cause: cause, at: now))
    }

    /// The agent is killed and started; `reboot` takes the processes with it.
    mutating func restartAgent(reboot: Bool, losingJournal: Bool = false) {
        pending = []
        staging = nil
        if reboot {
            processes = []
            if pointed != nil { endpoint = .closed(Endpoint(port: 8080, to: "http")) }
        }
        if losingJournal { journal = ReplicaRecord(deployment: journal.deployment) }
        wanted = endpoint
        machine = ReplicaStateMachine(record: journal, means: mode.means, at: now)
        take(machine.restarted(found: processes.reversed(), pointed: pointed, at: now))
    }

    private mutating func perform(_ action: ReplicaAction) -> [ReplicaAction] {
        switch action {
        case .journal, .outcome, .hurry: return []
        case .point(let pointing): return point(pointing)
        case .detach(let attempt):
            if waitsForSwitch(attempt, action) { return [] }
            return machine.connectionsCounted(attempt: attempt, 0, at: now)
        case .stage(let revision, _):
            if faults[revision.number] == .staging {
                return machine.stagingFailed(revision.digest, .fetch, cause: "port 8080 is taken", at: now)
            }
            fetched.append(revision.number)
            return machine.staged(revision.digest, update: mode.update, at: now)
        case .check(let revision, _):
            if faults[revision.number] == .check {
                return machine.stagingFailed(revision.digest, .refused, cause: "no memory is left", at: now)
            }
            return machine.staged(revision.digest, update: mode.update, at: now)
        case .cancelStaging, .watch: return []
        case .start(let attempt, let revision, let bound): return start(attempt, revision, bound)
        case .adopt(let attempt, _): return machine.becameReady(attempt: attempt, at: now)
        case .probe(let attempt, let revision): return probe(attempt, revision)
        case .stop(let attempt, _, _):
            if waitsForSwitch(attempt, action) { return [] }
            processes.removeAll { $0.attempt == attempt }
            return machine.stopped(attempt: attempt, at: now)
        }
    }

    /// What new connections reach is neither cut nor stopped: it waits until the table leads elsewhere.
    private mutating func waitsForSwitch(_ attempt: UInt64, _ action: ReplicaAction) -> Bool {
        guard pointed == attempt else { return false }
        if wanted == endpoint {
            violations.append("attempt \(attempt) goes while the endpoint is to lead to it")
        } else {
            pending.append(action)
        }
        return wanted != endpoint
    }

    private mutating func point(_ pointing: Pointing) -> [ReplicaAction] {
        // A newer one has taken its place.
        guard pointing == wanted else { return [] }
        if case .open(_, let attempt) = pointing, !probed.contains(attempt) {
            violations.append("the endpoint leads to attempt \(attempt), which is not proven")
        }
        if switchFaults > 0 {
            switchFaults -= 1
            pending.append(.point(pointing))
            guard case .open(_, let attempt) = pointing else { return [] }
            return machine.switchFailed(attempt: attempt, cause: "nft is busy", at: now)
        }
        endpoint = pointing
        guard case .open(_, let attempt) = pointing else { return [] }
        return machine.switched(attempt: attempt, at: now)
    }

    private mutating func start(_ attempt: UInt64, _ revision: Revision, _ bound: Endpoint?) -> [ReplicaAction] {
        if faults[revision.number] == .start {
            return machine.startFailed(attempt: attempt, cause: "no such program", at: now)
        }
        started.append(revision.number)
        let port = bound?.port ?? 18_000 + UInt16(attempt % 1000)
        if processes.contains(where: { $0.instance?.ports["http"] == port }) {
            violations.append("two processes are started on port \(port)")
        }
        let instance = ReplicaReport.Instance(pid: Int32(attempt), ports: ["http": port], startedAt: now, restarts: 0)
        processes.append(ReplicaProcess(attempt: attempt, revision: revision.reference, instance: instance))
        let actions = machine.started(attempt: attempt, instance: instance, at: now)
        switch faults[revision.number] {
        case .crashBeforeReady:
            processes.removeAll { $0.attempt == attempt }
            return actions + machine.processExited(attempt: attempt, cause: "exited with code 1", at: now)
        case .notReady: return actions
        default: return actions + machine.becameReady(attempt: attempt, at: now)
        }
    }

    private mutating func probe(_ attempt: UInt64, _ revision: Revision) -> [ReplicaAction] {
        switch faults[revision.number] {
        case .probe: return machine.probeFailed(attempt: attempt, cause: "expected 0, got 1", at: now)
        case .unreadyWhileObserved:
            probed.insert(attempt)
            unreadySoon = attempt
            return machine.probePassed(attempt: attempt, at: now)
        default:
            probed.insert(attempt)
            return machine.probePassed(attempt: attempt, at: now)
        }
    }
}
