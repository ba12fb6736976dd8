import Fleet
import ReplicaLifecycle

/// What all records together say.
struct JournalState: Hashable, Sendable {
    /// The most facts that wait for the controller; beyond it the oldest changes of what serves are forgotten first.
    static let outboxLimit = 4096

    /// The newest assignment.
    private(set) var assignment = AssignmentVersion.none
    /// By the deployment's uid.
    private(set) var replicas: [String: ReplicaRecord] = [:]
    /// What the controller has not stored, by sequence.
    private(set) var outbox: [HostOutcome] = []
    /// The newest fact that there was.
    private(set) var lastOutcome: UInt64 = 0
    /// The newest fact that the controller has stored.
    private(set) var acknowledged: UInt64 = 0

    /// Takes over one record.
    mutating func apply(_ record: JournalRecord) {
        switch record {
        case .assignment(let version): assignment = version
        case .replica(let replica): replicas[replica.deployment] = replica
        case .forgotten(let deployment): replicas[deployment] = nil
        case .outcome(let outcome):
            lastOutcome = max(lastOutcome, outcome.sequence)
            outbox.append(outcome)
            shed()
        case .acknowledged(let through):
            acknowledged = max(acknowledged, through)
            lastOutcome = max(lastOutcome, through)
            outbox.removeAll { $0.sequence <= through }
        }
    }

    /// The records that say the same, and nothing else.
    var snapshot: [JournalRecord] {
        replicas.values.sorted { $0.deployment < $1.deployment }.map { .replica($0) }
            + [.acknowledged(through: acknowledged)] + outbox.map { .outcome($0) } + [.assignment(assignment)]
    }

    private mutating func shed() {
        guard outbox.count > Self.outboxLimit else { return }
        let index = outbox.firstIndex { if case .serving = $0.kind { true } else { false } }
        outbox.remove(at: index ?? 0)
    }
}
