import Fleet
import Testing

@testable import FleetAgent

/// Orders to stage, and what staging says about itself, with real files and processes.
@Suite(.timeLimit(.minutes(2))) struct StageOrderTests {
    @Test func whatIsStagedMovesWhenItIsToldTo() async throws {
        try await AgentFixture.run { fixture in
            let first = try fixture.revision(1, answer: 10)
            let second = try fixture.revision(2, answer: 20)
            let bundle = try JSONCoding.content(of: second).model.bundle
            try await fixture.agent { agent in
                try await agent.give(fixture.item(1, .converge, first, succeeded: [first]))
                let served = try await agent.until { $0.state == .verified }
                try await agent.give(fixture.item(2, .stage, second, succeeded: [first]))
                let staged = try await agent.until { $0.item == 2 && $0.state == .staged }
                #expect(staged.serving == first.reference && staged.goal == second.reference)
                #expect(staged.instance?.pid == served.instance?.pid && staged.failure == nil)
                #expect(staged.fetchedBytes == nil)
                #expect(FileAccess.exists("\(agent.bundles.path(of: bundle))/model.json"))
                #expect(try await fixture.ask()["answer"] == .array([.integer(10)]))
                // What is staged stays, though nothing else protects it, and goes on without the source.
                await agent.bundles.collector.collect()
                fixture.source.forgetAll()
                try await agent.give(fixture.item(3, .converge, second, succeeded: [first]))
                _ = try await agent.until { $0.item == 3 && $0.state == .verified }
                #expect(try await fixture.ask()["answer"] == .array([.integer(20)]))
                #expect(fixture.source.offsets(of: bundle) == [0])
            }
        }
    }

    @Test func whatStandsInTheWayByThenIsFoundBeforeAnythingMoves() async throws {
        try await AgentFixture.run { fixture in
            let first = try fixture.revision(1, answer: 10)
            let second = try fixture.revision(2, answer: 20)
            try await fixture.agent { agent in
                try await agent.give(fixture.item(1, .converge, first, succeeded: [first]))
                let served = try await agent.until { $0.state == .verified }
                try await agent.give(fixture.item(2, .stage, second, succeeded: [first], port: 8081))
                _ = try await agent.until { $0.item == 2 && $0.state == .staged }
                let other = try OpenPort(address: fixture.address, port: 8081)
                try await agent.give(fixture.item(3, .converge, second, succeeded: [first], port: 8081))
                let refused = try await agent.until { $0.item == 3 && $0.state == .reverted }
                #expect(refused.failure == ReplicaFailure(kind: .refused, state: .staged))
                #expect(refused.instance?.pid == served.instance?.pid)
                other.close()
            }
        }
    }

    @Test func aFailureToStageHasItsKind() async throws {
        try await AgentFixture.run { fixture in
            let damaged = try fixture.revision(1, answer: 10)
            let missing = try fixture.revision(2, answer: 20)
            let refused = try fixture.revision(3, answer: 30, command: "no-such-program-here")
            fixture.source.fail(Digest(of: "{\"answer\": 10}".utf8), .damaged)
            fixture.source.fail(Digest(of: "{\"answer\": 20}".utf8), .missing)
            try await fixture.agent { agent in
                var number: UInt64 = 0
                for (revision, kind) in [(damaged, .digest), (missing, .fetch), (refused, .refused)]
                    as [(Revision, ReplicaFailure.Kind)]
                {
                    number += 1
                    try await agent.give(fixture.item(number, .stage, revision))
                    let failed = try await agent.until { [number] in $0.item == number && $0.state.isTerminal }
                    #expect(failed.failure == ReplicaFailure(kind: kind, state: .staging))
                }
            }
        }
    }

    @Test func aFetchSaysHowFarItIs() async throws {
        try await AgentFixture.run { fixture in
            let revision = try fixture.revision(1, answer: 10)
            fixture.source.fail(Digest(of: "{\"answer\": 10}".utf8), .silent(after: 5))
            try await fixture.agent { agent in
                try await agent.give(fixture.item(1, .stage, revision))
                let begun = try await agent.until { $0.state == .staging }
                #expect(begun.fetchedBytes == 0)
                _ = try await agent.until { $0.fetchedBytes == 5 }
            }
            // What has come is counted again by the next agent; the rest is there at once.
            try await fixture.agent { agent in
                let staged = try await agent.until { $0.state == .staged }
                #expect(staged.fetchedBytes == nil)
            }
        }
    }

    @Test func progressCountsFilesAndWhatComes() {
        let progress = FetchProgress()
        let (bundle, other, blob) = (Digest(of: [1]), Digest(of: [2]), Digest(of: [3]))
        #expect(progress[bundle] == nil)
        progress.began(bundle)
        progress.began(other)
        progress.read(7, of: bundle)
        #expect(progress[bundle] == 7)
        progress.finished(10, of: bundle)
        progress.waits(bundle, for: blob)
        progress.waits(other, for: blob)
        progress.arrived(5, of: blob)
        #expect(progress[bundle] == 15 && progress[other] == 5, "who waits for another's fetch sees it come")
        progress.left(blob)
        #expect(progress[bundle] == 10, "what turned out wrong does not count")
        progress.finished(8, of: bundle)
        #expect(progress[bundle] == 18)
        progress.ended(bundle)
        #expect(progress[bundle] == nil && progress[other] == 0)
    }
}
