package import Fleet
package import ReplicaLifecycle

/// What all records together say.
package struct JournalState: Hashable, Sendable {
    /// The most facts that wait for the controller; beyond it the oldest changes of what serves are forgotten first.
    static let outboxLimit = 4096
    /// More than a host ever counts. A number beyond it was never given by one; to go on from there would be the end of counting.
    static let mostOutcomes: UInt64 = 1 << 53

    /// The newest assignment.
    package private(set) var assignment = AssignmentVersion.none
    /// By the deployment's uid.
    package private(set) var replicas: [String: ReplicaRecord] = [:]
    /// What the controller has not stored, by sequence.
    package private(set) var outbox: [HostOutcome] = []
    /// The newest fact that there was.
    package private(set) var lastOutcome: UInt64 = 0
    /// The newest fact that the controller has stored.
    private(set) var acknowledged: UInt64 = 0
    /// Whether the numbers of facts are settled with the controller. Until it has been heard they are not to be sent: a
    /// journal that was lost had used numbers before, and the controller takes each number once.
    package private(set) var isNumbered = false

    /// What nobody has written to.
    package init() {}

    /// Takes over one record.
    package mutating func apply(_ record: JournalRecord) {
        switch record {
        case .assignment(let version): assignment = version
        case .replica(let replica): replicas[replica.deployment] = replica
        case .forgotten(let deployment): replicas[deployment] = nil
        case .outcome(let outcome):
            guard outcome.sequence <= Self.mostOutcomes else { return }
            lastOutcome = max(lastOutcome, outcome.sequence)
            outbox.append(outcome)
            shed()
        case .acknowledged(let through):
            guard through <= Self.mostOutcomes else { return }
            acknowledged = max(acknowledged, through)
            lastOutcome = max(lastOutcome, through)
            outbox.removeAll { $0.sequence <= through }
        case .numbered(let after):
            guard after <= Self.mostOutcomes else { return }
            number(after: after)
        }
    }

    /// What it means that the controller has stored facts up to a number; `nil` when nothing is new.
    ///
    /// A number that was never given here was given by a journal that is lost, or newer than this one.
    package func acknowledgement(through number: UInt64) -> JournalRecord? {
        guard number <= Self.mostOutcomes else { return nil }
        guard isNumbered, number <= lastOutcome else { return .numbered(after: number) }
        return number > acknowledged ? .acknowledged(through: number) : nil
    }

    /// What all records say once these are journalled.
    package func applying(_ records: [JournalRecord]) -> JournalState {
        var state = self
        for record in records { state.apply(record) }
        return state
    }

    /// What is to be journalled when the host becomes another for the controller, or another controller's: it counts from 1
    /// again, and nothing that was counted before may be taken for it.
    package var enrolledAnew: [JournalRecord] {
        replicas.values.sorted { $0.deployment < $1.deployment }.map { .replica($0.enrolledAnew) }
            + [.assignment(.none)]
    }

    /// The records that say the same, and nothing else.
    package var snapshot: [JournalRecord] {
        replicas.values.sorted { $0.deployment < $1.deployment }.map { .replica($0) }
            + (isNumbered ? [.numbered(after: acknowledged)] : [])
            + outbox.map { .outcome($0) } + [.assignment(assignment)]
    }

    private mutating func number(after: UInt64) {
        defer { isNumbered = true }
        guard !isNumbered || after > lastOutcome else { return }
        for index in outbox.indices { outbox[index].sequence = after + UInt64(index) + 1 }
        lastOutcome = after + UInt64(outbox.count)
        acknowledged = after
    }

    private mutating func shed() {
        guard outbox.count > Self.outboxLimit else { return }
        // Never the newest: its number must not be given again.
        let index = outbox.dropLast().firstIndex { if case .serving = $0.kind { true } else { false } }
        outbox.remove(at: index ?? 0)
    }
}
