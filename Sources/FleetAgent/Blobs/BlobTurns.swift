import Fleet
import Synchronization

/// One at a time for each digest: whoever comes while another is at it waits, and then looks again.
final class BlobTurns: Sendable {
    private let waiting = Mutex<[Digest: [AsyncStream<Never>.Continuation]]>([:])

    /// Runs the body when nobody else is at the digest.
    ///
    /// - Throws: what the body throws; `CancellationError` when the task is cancelled while it waits.
    func take<Value: Sendable>(
        _ digest: Digest,
        _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        while let turn = enter(digest) {
            for await _ in turn {}
            try Task.checkCancellation()
        }
        defer { leave(digest) }
        return try await body()
    }

    /// Begins, or says what to wait for.
    private func enter(_ digest: Digest) -> AsyncStream<Never>? {
        waiting.withLock { waiting in
            guard waiting[digest] != nil else {
                waiting[digest] = []
                return nil
            }
            let (stream, continuation) = AsyncStream.makeStream(of: Never.self)
            waiting[digest]?.append(continuation)
            return stream
        }
    }

    private func leave(_ digest: Digest) {
        let others = waiting.withLock { $0.removeValue(forKey: digest) } ?? []
        for other in others { other.finish() }
    }
}
