import ServiceLifecycle

/// How a part of a daemon hears that it should stop. Outside of a running `Daemon` nothing is ever asked for.
package enum GracefulShutdown {
    /// Runs an operation; `handler` is called once, at once or concurrently with it, when a shutdown is asked for.
    package static func during<Value>(
        isolation: isolated (any Actor)? = #isolation,
        _ operation: () async throws -> Value,
        onRequest handler: @escaping @Sendable () -> Void
    ) async rethrows -> Value {
        try await withGracefulShutdownHandler(isolation: isolation, operation: operation, onGracefulShutdown: handler)
    }

    /// Runs an operation that is cancelled when a shutdown is asked for.
    package static func cancelling<Value: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Value
    ) async rethrows -> Value {
        try await cancelWhenGracefulShutdown(operation)
    }

    /// Waits until a shutdown is asked for. Throws `CancellationError` when the task is cancelled first.
    package static func requested() async throws {
        try await gracefulShutdown()
    }
}
