import Fleet
import FleetStore
import Synchronization

/// Operators' tokens that are good, so that not every request asks the store for its own.
///
/// Its owner calls `forget()` after it has revoked one, before anybody is told.
final class OperatorMemory: Sendable {
    /// The most tokens that are known at once.
    private static let limit = 1_024

    private struct State {
        var records: [Digest: OperatorRecord] = [:]
        var forgotten = 0
    }

    private let state = Mutex(State())

    /// The record of a token, by the hash of its word; `nil` for one that is not good.
    func record(_ word: Digest, orRead read: () async throws -> OperatorRecord?) async throws -> OperatorRecord? {
        let (known, before) = state.withLock { ($0.records[word], $0.forgotten) }
        if let known { return known }
        guard let record = try await read() else { return nil }
        state.withLock { state in
            // What was read before a revocation is not known to be good.
            guard state.forgotten == before else { return }
            if state.records.count >= Self.limit { state.records = [:] }
            state.records[word] = record
        }
        return record
    }

    /// Asks the store again for everybody.
    func forget() {
        state.withLock { state in
            state.records = [:]
            state.forgotten += 1
        }
    }
}
