/// Wakes one loop. Signals that come while it works become one.
struct WakeUp: Sendable {
    /// Yields once after each run of signals.
    let turns: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (turns, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func signal() {
        continuation.yield()
    }

    func finish() {
        continuation.finish()
    }
}
