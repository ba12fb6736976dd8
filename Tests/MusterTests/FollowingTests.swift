import Fleet
import FleetClient
import Testing

@testable import muster

@Suite struct FollowingTests {
    private static let gone = ClientError(.unreachable, "no answer from https://c:7444: connection refused")
    private static let missing = ClientError(
        .refused,
        "no rollout",
        problem: ProblemDocument(type: "not-found", title: "", status: 404)
    )
    private static let busy = ClientError(
        .refused,
        "overloaded",
        problem: ProblemDocument(type: "overloaded", title: "", status: 503)
    )

    private typealias Case = (error: ClientError, seconds: Int64, first: Patience.Verdict, later: Patience.Verdict)

    @Test func patienceHasAnEnd() {
        let cases: [Case] = [
            (Self.gone, 59, .tryAgain, .tryAgain), (Self.gone, 60, .gone(.seconds(60)), .gone(.seconds(60))),
            (Self.busy, 59, .tryAgain, .tryAgain), (Self.busy, 61, .gone(.seconds(61)), .gone(.seconds(61))),
            (Self.missing, 9, .tryAgain, .deleted), (Self.missing, 10, .fail, .deleted),
            (ClientError(.untrusted, "another server"), 0, .fail, .fail),
        ]
        for (error, seconds, first, later) in cases {
            var patience = Patience(at: Samples.ago(100 + seconds))
            #expect(patience.verdict(on: error, at: Samples.ago(100)) == first, "\(error.message) \(seconds)")
            patience.answered(at: Samples.ago(50 + seconds))
            #expect(patience.verdict(on: error, at: Samples.ago(50)) == later, "\(error.message) \(seconds)")
        }
    }

    /// A clock that the pauses move, and answers in their order; the last one stays.
    private final class Script {
        var seconds: Int64 = 0
        private var answers: [Result<String, ClientError>]
        var shown: [String] = []

        init(_ answers: [Result<String, ClientError>]) {
            self.answers = answers
        }

        func answer() throws -> String {
            try (answers.count > 1 ? answers.removeFirst() : answers[0]).get()
        }
    }

    /// Follows answers like `uid state`, 20 s a question, until `end`.
    private func follow(_ script: Script) async throws {
        let following = Following(
            subject: "the rollout of wine",
            deployment: "wine",
            again: "muster rollout status wine -w",
            now: { Samples.ago(-script.seconds) },
            pause: { _ in script.seconds += 20 }
        )
        try await following.run {
            try script.answer()
        } uid: { answer in
            String(answer.prefix(1))
        } show: { answer in
            script.shown.append(answer)
            return answer.hasSuffix("end")
        }
    }

    @Test func aControllerThatComesBackIsFollowedOn() async throws {
        let gone = Result<String, ClientError>.failure(Self.gone)
        let script = Script([.success("1 a"), gone, gone, .success("1 b"), gone, gone, .success("1 end")])
        try await follow(script)
        #expect(script.shown == ["1 a", "1 b", "1 end"])
    }

    @Test(arguments: [
        (
            Result<String, ClientError>.failure(gone),
            "brought nothing: no answer from https://c:7444: connection refused"
        ),
        (.failure(missing), "somebody deleted deployment 'wine' meanwhile"),
        (.success("2 end"), "and created it again"),
    ])
    func theEndIsSaid(last: Result<String, ClientError>, words: String) async throws {
        let script = Script([.success("1 a"), last])
        let failure = try await #require(throws: CommandFailure.self) { try await follow(script) }
        #expect(failure.message.hasPrefix("the rollout of wine "))
        #expect(failure.message.contains(words))
        #expect(failure.hint?.contains("muster ") == true)
        #expect(failure.exitCode == 1)
        #expect(script.shown == ["1 a"])
        #expect(script.seconds <= 80)
    }

    @Test func whatWaitingDoesNotMendIsThrown() async throws {
        let script = Script([.success("1 a"), .failure(ClientError(.untrusted, "another server"))])
        let error = try await #require(throws: ClientError.self) { try await follow(script) }
        #expect(error.code == .untrusted)
    }

    @Test func aRolloutThatDidNotSucceedNamesTheNextStep() {
        func step(_ state: Rollout.State) -> String? {
            RolloutStatus.nextStep(after: Samples.rollout(state, [.verified]))
        }
        #expect(step(.succeeded) == nil)
        #expect(step(.aborted) == "\nTo see why: muster explain deployment/wine")
        #expect(step(.paused)?.contains("muster rollout resume wine") == true)
        #expect(step(.cancelled) == "\nTo see what is wanted now: muster get deployment wine")
    }
}
