import Fleet
import ReplicaLifecycle

/// What a simulated agent does about its deployments: the rules are the real machine's, and what it orders takes the time
/// that `SwarmTiming` says and never fails. Updates go side by side, the endpoint is switched at once, drains end at once.
/// Nothing is kept on a disk: with the process everything is forgotten.
struct SwarmHost {
    /// Something that a machine waits for.
    private struct Due {
        var at: Instant
        var deployment: String
        var event: Event
    }

    private enum Event: Equatable {
        case staged(Digest)
        case ready(attempt: UInt64)
        case probed(attempt: UInt64)
        case switched(attempt: UInt64)
        case stopped(attempt: UInt64)
    }

    /// What became of a rollback here, for whoever measures.
    enum Milestone: Hashable {
        case received(rollback: String)
        case moved(rollback: String)
        case ended(rollback: String, Receipt)
    }

    private let timing: SwarmTiming
    private var machines: [String: ReplicaStateMachine] = [:]
    private var waiting: [Due] = []
    private var assigned: Set<String> = []
    private var lastOutcome: UInt64 = 0
    /// What the controller has not acknowledged.
    private(set) var outbox: [HostOutcome] = []
    /// What was passed since they were taken.
    private var milestones: [Milestone] = []

    init(_ timing: SwarmTiming = SwarmTiming()) {
        self.timing = timing
    }

    /// One a deployment, by uid.
    var reports: [ReplicaReport] {
        machines.values.map { machine in
            var report = machine.report()
            report.rollback = machine.readiness(verifiedAt: report.since)
            return report
        }
        .sorted { $0.deployment < $1.deployment }
    }

    /// When `timerFired` is due; `nil` when nothing happens by itself.
    var deadline: Instant? {
        (waiting.map(\.at) + machines.values.compactMap(\.deadline)).min()
    }

    /// The newest entry of the outbox; 0 when there never was one.
    var newestOutcome: UInt64 { lastOutcome }

    /// The controller has stored outcomes up to this one, maybe of an earlier life of the same host.
    mutating func outcomesStored(through sequence: UInt64) {
        lastOutcome = max(lastOutcome, sequence)
        outbox.removeAll { $0.sequence <= sequence }
        machines = machines.filter { deployment, machine in
            !machine.isRemoved || assigned.contains(deployment) || outbox.contains { $0.deployment == deployment }
        }
    }

    /// Begins what is asked; what is not mentioned goes on, and what was removed is forgotten.
    mutating func take(_ assignment: Assignment, at now: Instant) {
        assigned = Set(assignment.items.map(\.deployment))
        for item in assignment.items {
            let old = machines[item.deployment]?.record.item
            if case .rollback(let id, _) = item.order, old?.order.rollback != id {
                milestones.append(.received(rollback: id))
            }
            tell(item.deployment, now) { $0.assignmentReceived(item, at: now) }
        }
        goOn(now)
        outcomesStored(through: 0)
    }

    /// The time asked for by `deadline` has come; an early call does nothing.
    mutating func timerFired(at now: Instant) {
        for deployment in machines.keys.sorted() { tell(deployment, now) { $0.timerFired(at: now) } }
        goOn(now)
    }

    /// What was passed since the last time.
    mutating func takeMilestones() -> [Milestone] {
        defer { milestones = [] }
        return milestones
    }

    /// Does what is due, and what follows from it.
    private mutating func goOn(_ now: Instant) {
        while let index = waiting.firstIndex(where: { $0.at <= now }) {
            let due = waiting.remove(at: index)
            tell(due.deployment, now) { machine in
                switch due.event {
                case .staged(let digest): machine.staged(digest, update: .sideBySide, at: now)
                case .ready(let attempt): machine.becameReady(attempt: attempt, at: now)
                case .probed(let attempt): machine.probePassed(attempt: attempt, at: now)
                case .switched(let attempt): machine.switched(attempt: attempt, at: now)
                case .stopped(let attempt): machine.stopped(attempt: attempt, at: now)
                }
            }
        }
    }

    private mutating func tell(
        _ deployment: String,
        _ now: Instant,
        _ event: (inout ReplicaStateMachine) -> [ReplicaAction]
    ) {
        var machine = machines[deployment] ?? Self.machine(of: deployment, now)
        let actions = event(&machine)
        machines[deployment] = machine
        for action in actions { perform(action, of: deployment, now) }
    }

    private static func machine(of deployment: String, _ now: Instant) -> ReplicaStateMachine {
        let record = ReplicaRecord(deployment: deployment)
        var machine = ReplicaStateMachine(record: record, means: .switched, at: now)
        // Assignments come in a session, and a simulated agent ends with its session.
        _ = machine.sessionBegan(at: now)
        return machine
    }

    private mutating func perform(_ action: ReplicaAction, of deployment: String, _ now: Instant) {
        func later(_ event: Event, after span: Span = Span(milliseconds: 0)) {
            waiting.append(Due(at: now + span, deployment: deployment, event: event))
        }
        switch action {
        case .journal, .adopt, .watch, .hurry, .detach: break
        case .outcome(let item, let revision, let kind): note(item, revision, kind, of: deployment, now)
        case .stage(let revision, _): later(.staged(revision.digest), after: timing.fetch)
        case .check(let revision, _): later(.staged(revision.digest))
        case .cancelStaging:
            waiting.removeAll { due in
                if case .staged = due.event { due.deployment == deployment } else { false }
            }
        case .point(.open(_, let attempt)): later(.switched(attempt: attempt))
        case .point(.untouched), .point(.nowhere), .point(.closed): break
        case .start(let attempt, _, _):
            let ports = machines[deployment]?.record.item?.endpoint.map { [$0.to: UInt16(20_000)] } ?? [:]
            let instance = ReplicaReport.Instance(
                pid: Int32(truncatingIfNeeded: attempt),
                ports: ports,
                startedAt: now,
                restarts: 0
            )
            later(.ready(attempt: attempt), after: timing.start)
            tell(deployment, now) { $0.started(attempt: attempt, instance: instance, at: now) }
        case .probe(let attempt, _): later(.probed(attempt: attempt))
        case .stop(let attempt, _, _):
            waiting.removeAll { $0.deployment == deployment && $0.event == .ready(attempt: attempt) }
            later(.stopped(attempt: attempt))
        }
    }

    private mutating func note(
        _ item: UInt64,
        _ revision: RevisionReference?,
        _ kind: HostOutcome.Kind,
        of deployment: String,
        _ now: Instant
    ) {
        lastOutcome += 1
        let outcome = HostOutcome(
            sequence: lastOutcome,
            deployment: deployment,
            item: item,
            revision: revision,
            kind: kind,
            at: now
        )
        outbox.append(outcome)
        switch kind {
        case .rolledBack(let id, let receipt): milestones.append(.ended(rollback: id, receipt))
        case .serving:
            guard let id = machines[deployment]?.record.item?.order.rollback else { return }
            milestones.append(.moved(rollback: id))
        case .verified, .reverted, .revertFailed, .removed, .local: break
        }
    }
}

extension AssignmentItem.Order {
    /// The rollback that it names.
    fileprivate var rollback: String? { if case .rollback(let id, _) = self { id } else { nil } }
}

extension ReplicaStateMachine {
    /// The files of a simulated host are always whole.
    fileprivate func readiness(verifiedAt: Instant) -> RollbackReadiness? {
        guard record.standing != nil, record.settlement?.state != .removed else { return nil }
        guard let way = record.wayBack else {
            return RollbackReadiness(.none, reason: "no other revision was verified here that is good and not held")
        }
        return RollbackReadiness(.ready, revision: way, verifiedAt: verifiedAt)
    }
}
