package import Fleet
import Synchronization

/// What the supervising loop lets others see: the newest of everything, and that it has changed.
package final class HostBoard: Sendable {
    /// What has changed.
    package enum Change: Hashable, Sendable {
        /// The status.
        case status
        /// The outbox now ends with this entry.
        case outbox(through: UInt64)
        /// An assignment is in the journal.
        case received(AssignmentVersion)
        /// Every changed item's transition has begun.
        case applied(AssignmentVersion)
        /// The supervising loop has turned so many times, and lives.
        case lease(progress: UInt64)
    }

    private struct State {
        var assignment = AssignmentVersion.none
        var replicas: [String: ReplicaReport] = [:]
        var outbox: [HostOutcome] = []
        var acknowledged: UInt64 = 0
        var progress: UInt64 = 0
        var reader: AsyncStream<Change>.Continuation?
    }

    private let facts: HostFacts
    private let state = Mutex(State())

    /// An empty board.
    package init(facts: HostFacts) {
        self.facts = facts
    }

    /// Changes from now on. A newer reader takes the place of an older one. What a slow reader misses is told by the next
    /// change: each is a level.
    package func changes() -> AsyncStream<Change> {
        let (stream, continuation) = AsyncStream.makeStream(of: Change.self, bufferingPolicy: .bufferingNewest(256))
        let older = state.withLock { state in
            defer { state.reader = continuation }
            return state.reader
        }
        older?.finish()
        return stream
    }

    /// The newest that the host says.
    package func report(sequence: UInt64) -> HostReport {
        state.withLock { state in
            HostReport(
                sequence: sequence,
                assignment: state.assignment,
                facts: facts,
                replicas: state.replicas.values.sorted { $0.deployment < $1.deployment }
            )
        }
    }

    /// What the host says about one deployment.
    package func replica(_ deployment: String) -> ReplicaReport? { state.withLock { $0.replicas[deployment] } }

    /// The newest assignment in the journal.
    package var assignment: AssignmentVersion { state.withLock { $0.assignment } }

    /// The newest outbox entry that is known to be stored.
    package var acknowledged: UInt64 { state.withLock { $0.acknowledged } }

    /// How often the supervising loop has turned.
    package var progress: UInt64 { state.withLock { $0.progress } }

    /// Up to `limit` outbox entries after one.
    package func outbox(after sequence: UInt64, limit: Int) -> [HostOutcome] {
        state.withLock { state in Array(state.outbox.lazy.filter { $0.sequence > sequence }.prefix(limit)) }
    }

    /// Whether the outbox holds something about a deployment.
    func awaits(_ deployment: String) -> Bool {
        state.withLock { state in state.outbox.contains { $0.deployment == deployment } }
    }

    func turned(_ progress: UInt64) { state.withLock { $0.progress = progress } }

    func put(_ journal: JournalState) {
        let (reader, last) = state.withLock { state in
            state.assignment = journal.assignment
            let grew = state.outbox.last?.sequence != journal.outbox.last?.sequence
            state.outbox = journal.outbox
            state.acknowledged = journal.acknowledged
            return (state.reader, grew ? journal.outbox.last?.sequence : nil)
        }
        if let last { reader?.yield(.outbox(through: last)) }
    }

    func put(_ report: ReplicaReport?, of deployment: String) {
        let reader = state.withLock { state -> AsyncStream<Change>.Continuation? in
            guard state.replicas[deployment] != report else { return nil }
            state.replicas[deployment] = report
            return state.reader
        }
        reader?.yield(.status)
    }

    func tell(_ change: Change) {
        let reader = state.withLock { $0.reader }
        reader?.yield(change)
    }
}
