package import Fleet
import ReplicaLifecycle

/// What the link asks of the supervising loop.
extension Supervisor: LinkedHost {
    /// The most facts in one message.
    private static let outboxBatch = 256

    package var boot: String { board.facts.boot }

    package func newestAssignment() async -> AssignmentVersion { board.assignment }

    package func report(sequence: UInt64) async -> HostReport { board.report(sequence: sequence) }

    package func outcomes(after sequence: UInt64) async -> [HostOutcome] {
        board.outbox(after: sequence, limit: Self.outboxBatch)
    }

    package func newestOutcome() async -> UInt64 { board.newestOutcome }

    package func outcomesStored(through sequence: UInt64) async {
        // One that gets lost is said again with the next acknowledgement.
        _ = tell(.outboxAcknowledged(through: sequence))
    }

    package func take(_ assignment: Assignment) async throws {
        let (journalled, continuation) = AsyncStream.makeStream(of: Never.self)
        guard tell(.assigned(assignment, journalled: continuation)) else {
            throw AgentError(.link, "the supervising loop takes no assignment now; the session is ended")
        }
        for await _ in journalled {}
        try Task.checkCancellation()
    }

    package func leaseTurn() async -> UInt64 {
        let (turns, continuation) = AsyncStream.makeStream(of: UInt64.self)
        // A loop that has ended, or is wedged, never answers: then no lease goes out until this is cancelled.
        _ = tell(.leaseTurn(continuation))
        for await progress in turns { return progress }
        return 0
    }

    package func sessionBegan() { _ = tell(.sessionBegan) }

    package func sessionLost(silence: Span) { _ = tell(.sessionLost(silence: silence)) }

    package func changes() -> AsyncStream<Void> { board.changes() }

    /// Where a deployment's model server writes here; `nil` when the host does not know the deployment.
    func log(of deployment: String) -> ReplicaLogPlace? {
        board.replica(deployment).map { ReplicaLogPlace(name: $0.name, path: files.log(of: $0.name)) }
    }

    /// Every revision in the journal that this agent can read.
    func knownRevisions() -> [KnownRevision] {
        board.records.values.sorted { $0.deployment < $1.deployment }.flatMap { record in
            record.revisions.compactMap { revision in
                (try? JSONCoding.content(of: revision)).map { content in
                    let name = board.replica(record.deployment)?.name ?? record.deployment
                    return KnownRevision(deployment: name, number: revision.number, content: content)
                }
            }
        }
    }
}
