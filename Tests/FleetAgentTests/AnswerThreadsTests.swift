import Dispatch
import Glibc
import NIOPosix
import Testing

@testable import FleetAgent

/// Answers and what a host does by itself do not wait for each other's disk.
@Suite(.timeLimit(.minutes(1))) struct AnswerThreadsTests {
    @Test func theyAreNotThoseOfTheRest() async throws {
        let gate = DispatchSemaphore(value: 0)
        let count = NIOThreadPool.singleton.numberOfThreads
        for _ in 0..<count { NIOThreadPool.singleton.submit { _ in gate.wait() } }
        let answer = try await AnswerThreads.run { _ in 7 }
        for _ in 0..<count { gate.signal() }
        #expect(answer == 7)
    }

    @Test func whatNobodyWaitsForEnds() async throws {
        let cancellation = Cancellation()
        let value = try await cancellation.run {
            try await AnswerThreads.run { isOver in
                cancellation.cancel()
                while !isOver() { sched_yield() }
                return 7
            }
        }
        #expect(value == nil)
    }

    @Test func whatFailsSaysSo() async throws {
        await #expect(throws: AgentError.self) {
            try await AnswerThreads.run { _ -> Int in throw AgentError(.files, "the disk is broken") }
        }
    }
}
