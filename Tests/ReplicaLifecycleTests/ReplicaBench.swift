import Fleet
import ReplicaLifecycle

/// A machine with a world that does what it is told, or what a test lets go wrong.
struct ReplicaBench {
    enum Fault: Hashable {
        case staging, start, crashBeforeReady, notReady, probe, unreadyWhileObserved
    }

    var machine: ReplicaStateMachine
    var now = Instant(milliseconds: 1_000_000)
    /// The newest journalled record: what a kill -9 leaves.
    var journal: ReplicaRecord
    var running: ReplicaProcess?
    var staging: Revision?
    var outcomes: [HostOutcome.Kind] = []
    var started: [UInt64] = []
    /// What goes wrong for which revision number.
    var faults: [UInt64: Fault] = [:]
    var pending: [ReplicaAction] = []

    init(deployment: String = "d-1") {
        journal = ReplicaRecord(deployment: deployment)
        machine = ReplicaStateMachine(record: journal, at: now)
        take(machine.restarted(found: nil, at: now))
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

    var report: ReplicaReport { machine.report() }
    var servingNumber: UInt64? { report.serving?.number }

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
            default: pending.append(action)
            }
        }
    }

    /// Does the oldest thing that waits, or lets the time pass until the machine's deadline. `false` when nothing is left.
    mutating func step() -> Bool {
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
        running = nil
        take(machine.processExited(attempt: process.attempt, cause: cause, at: now))
    }

    /// The agent is killed and started; `reboot` takes the processes with it.
    mutating func restartAgent(reboot: Bool, losingJournal: Bool = false) {
        pending = []
        staging = nil
        if reboot { running = nil }
        if losingJournal { journal = ReplicaRecord(deployment: journal.deployment) }
        machine = ReplicaStateMachine(record: journal, at: now)
        take(machine.restarted(found: running, at: now))
    }

    private mutating func perform(_ action: ReplicaAction) -> [ReplicaAction] {
        switch action {
        case .journal, .outcome: return []
        case .stage(let revision, _):
            if faults[revision.number] == .staging {
                return machine.stagingFailed(revision.digest, cause: "port 8080 is taken", at: now)
            }
            return machine.staged(revision.digest, at: now)
        case .cancelStaging, .watch: return []
        case .start(let attempt, let revision, _): return start(attempt, revision)
        case .adopt(let attempt, _): return machine.becameReady(attempt: attempt, at: now)
        case .probe(let attempt, let revision): return probe(attempt, revision)
        case .stop(let attempt, _):
            running = nil
            return machine.stopped(attempt: attempt, at: now)
        }
    }

    private mutating func start(_ attempt: UInt64, _ revision: Revision) -> [ReplicaAction] {
        if faults[revision.number] == .start {
            return machine.startFailed(attempt: attempt, cause: "no such program", at: now)
        }
        started.append(revision.number)
        let instance = ReplicaReport.Instance(pid: Int32(attempt), ports: ["http": 8080], startedAt: now, restarts: 0)
        running = ReplicaProcess(attempt: attempt, revision: revision.reference, instance: instance)
        let actions = machine.started(attempt: attempt, instance: instance, at: now)
        switch faults[revision.number] {
        case .crashBeforeReady:
            running = nil
            return actions + machine.processExited(attempt: attempt, cause: "exited with code 1", at: now)
        case .notReady: return actions
        default: return actions + machine.becameReady(attempt: attempt, at: now)
        }
    }

    private mutating func probe(_ attempt: UInt64, _ revision: Revision) -> [ReplicaAction] {
        switch faults[revision.number] {
        case .probe: return machine.probeFailed(attempt: attempt, cause: "expected 0, got 1", at: now)
        case .unreadyWhileObserved:
            return machine.probePassed(attempt: attempt, at: now)
                + machine.becameUnready(attempt: attempt, cause: "answers 503", at: now)
        default: return machine.probePassed(attempt: attempt, at: now)
        }
    }
}
