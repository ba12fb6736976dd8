package import Fleet
import ReplicaLifecycle
import Synchronization

/// What the supervising loop lets others see: the newest of everything, and that it has changed.
package final class HostBoard: Sendable {
    /// What a warning is about; in this order they are told.
    enum Topic: Int, Sendable {
        case policy
        case ports
    }

    private struct State {
        var assignment = AssignmentVersion.none
        var replicas: [String: ReplicaReport] = [:]
        var records: [String: ReplicaRecord] = [:]
        var outbox: [HostOutcome] = []
        var newestOutcome: UInt64 = 0
        var warnings: [Topic: [String]] = [:]
        var reader: AsyncStream<Void>.Continuation?
    }

    let facts: HostFacts
    private let state = Mutex(State())

    /// An empty board.
    package init(facts: HostFacts) {
        self.facts = facts
    }

    /// Yields when anything here has changed; changes that come together become one. A newer reader takes the place of an
    /// older one.
    package func changes() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
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
            var facts = facts
            let warnings = state.warnings.sorted { $0.key.rawValue < $1.key.rawValue }.flatMap(\.value)
            if !warnings.isEmpty { facts.warnings = warnings }
            return HostReport(
                sequence: sequence,
                assignment: state.assignment,
                facts: facts,
                replicas: state.replicas.values.sorted { $0.deployment < $1.deployment }
            )
        }
    }

    /// What the host says about one deployment.
    package func replica(_ deployment: String) -> ReplicaReport? { state.withLock { $0.replicas[deployment] } }

    /// What the journal keeps, by the deployment's uid.
    var records: [String: ReplicaRecord] { state.withLock { $0.records } }

    /// What the journal keeps of one deployment.
    func record(_ deployment: String) -> ReplicaRecord? { state.withLock { $0.records[deployment] } }

    /// The newest assignment in the journal.
    package var assignment: AssignmentVersion { state.withLock { $0.assignment } }

    /// The newest outbox entry that there ever was.
    package var newestOutcome: UInt64 { state.withLock { $0.newestOutcome } }

    /// Up to `limit` outbox entries after one.
    package func outbox(after sequence: UInt64, limit: Int) -> [HostOutcome] {
        state.withLock { state in Array(state.outbox.lazy.filter { $0.sequence > sequence }.prefix(limit)) }
    }

    func put(_ journal: JournalState) {
        let reader = state.withLock { state -> AsyncStream<Void>.Continuation? in
            // Numbers that are not settled yet would be taken for others.
            let newest = journal.isNumbered ? journal.lastOutcome : 0
            let hasChanged = state.assignment != journal.assignment || state.newestOutcome != newest
            state.assignment = journal.assignment
            state.records = journal.replicas
            state.outbox = journal.isNumbered ? journal.outbox : []
            state.newestOutcome = newest
            return hasChanged ? state.reader : nil
        }
        reader?.yield()
    }

    /// What a person should know of the host.
    func put(warnings: [String], about topic: Topic) {
        let reader = state.withLock { state -> AsyncStream<Void>.Continuation? in
            guard state.warnings[topic, default: []] != warnings else { return nil }
            state.warnings[topic] = warnings
            return state.reader
        }
        reader?.yield()
    }

    func put(_ report: ReplicaReport?, of deployment: String) {
        let reader = state.withLock { state -> AsyncStream<Void>.Continuation? in
            guard state.replicas[deployment] != report else { return nil }
            state.replicas[deployment] = report
            return state.reader
        }
        reader?.yield()
    }
}
