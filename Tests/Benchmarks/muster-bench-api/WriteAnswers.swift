import NIOCore

/// When writes were answered, in order.
final class WriteAnswers: Sendable {
    private let times: AsyncThrowingStream<NIODeadline, any Error>
    private let continuation: AsyncThrowingStream<NIODeadline, any Error>.Continuation

    init() {
        (times, continuation) = AsyncThrowingStream.makeStream()
    }

    /// A write was answered.
    func came(at now: NIODeadline) { continuation.yield(now) }

    /// There will be no more.
    func broke(_ error: any Error) { continuation.finish(throwing: error) }

    /// When the next one was.
    func next() async throws -> NIODeadline {
        for try await time in times { return time }
        throw BenchFailure("the connection of writes ended")
    }
}
