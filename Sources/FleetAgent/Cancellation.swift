/// Ends one operation from outside, without an unstructured task.
final class Cancellation: Sendable {
    private let stream: AsyncStream<Never>
    private let continuation: AsyncStream<Never>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    /// Ends the operation; it may be called at any time, and again.
    func cancel() { continuation.finish() }

    /// Runs an operation once; `nil` when it was cancelled before its end.
    func run<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) async throws -> Value? {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await operation() }
            group.addTask { [stream] in
                for await _ in stream {}
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}
