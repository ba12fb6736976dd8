import Synchronization

/// One caller's write while it waits for the group commit: its closure, what the closure gave, who waits.
///
/// The writer calls ``attempt(in:)`` once or more often, then exactly one of ``acknowledge()`` and ``fail(_:)``.
protocol PendingWrite: AnyObject, Sendable {
    /// Runs the closure and keeps its result or its error.
    ///
    /// - Returns: the error; its changes must then be rolled back.
    func attempt(in transaction: StoreTransaction) -> (any Error)?

    /// Gives the caller what the last attempt gave.
    func acknowledge()

    /// Gives the caller an error instead: what the last attempt gave was never committed.
    func fail(_ error: any Error)
}

/// A pending write whose caller waits for a `Value`.
final class PendingWriteOf<Value: Sendable>: PendingWrite {
    private let body: @Sendable (StoreTransaction) throws -> Value
    private let continuation: CheckedContinuation<Value, any Error>
    private let result = Mutex<Result<Value, any Error>?>(nil)

    init(
        _ body: @escaping @Sendable (StoreTransaction) throws -> Value,
        _ continuation: CheckedContinuation<Value, any Error>
    ) {
        self.body = body
        self.continuation = continuation
    }

    func attempt(in transaction: StoreTransaction) -> (any Error)? {
        let outcome = Result { try body(transaction) }
        result.withLock { $0 = outcome }
        return switch outcome {
        case .success: nil
        case .failure(let error): error
        }
    }

    func acknowledge() {
        guard let outcome = result.withLock({ $0 }) else {
            preconditionFailure("a write was acknowledged before it was attempted")
        }
        continuation.resume(with: outcome)
    }

    func fail(_ error: any Error) {
        continuation.resume(throwing: error)
    }
}
