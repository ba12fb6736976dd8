import Testing

@testable import FleetAgent

@Suite struct ReplicaAttemptTests {
    /// A model's name is answered by the next version: nothing else ends the watch over one that was stopped.
    @Test func whatHasEndedIsWatchedNoMore() async throws {
        let attempt = ReplicaAttempt()
        #expect(attempt.launching())
        async let watched: Void? = attempt.watching.run {
            for await _ in AsyncStream<Never>.makeStream().stream {}
        }
        attempt.ended()
        _ = try await watched
        #expect(attempt.running == nil)
    }
}
