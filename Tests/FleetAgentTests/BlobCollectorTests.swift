import DaemonKit
import Fleet
import ReplicaLifecycle
import Synchronization
import Testing

@testable import FleetAgent

/// Files that go, and files that must not, on a real disk.
@Suite(.timeLimit(.minutes(2))) struct BlobCollectorTests {
    /// The stores of one host, and what they stand on.
    private struct Host {
        let fixture: AgentFixture
        let bundles: BundleStore

        var blobs: BlobStore { bundles.blobs }

        func keep(_ must: [Digest], may: [Digest] = []) async {
            bundles.collector.keep(BundleKeep(mustStay: Set(must), mayStay: Set(may)))
            await bundles.collector.collect()
        }

        func has(_ bundle: Digest) -> Bool { FileAccess.exists(bundles.path(of: bundle)) }
    }

    private func host(
        _ fixture: AgentFixture,
        quota: BlobQuota = .standard,
        disk: any AgentDisk = SystemDisk(),
        time: TimeSource = .system
    ) throws -> Host {
        try fixture.files.prepare()
        let blobs = BlobStore(
            files: fixture.files,
            disk: disk,
            source: fixture.source,
            time: time,
            logger: fixture.logger
        )
        let bundles = BundleStore(files: fixture.files, blobs: blobs, quota: quota, logger: fixture.logger)
        return Host(fixture: fixture, bundles: bundles)
    }

    @Test func whatNobodyNamesGoesAndWhatIsSharedStays() async throws {
        try await AgentFixture.run { fixture in
            let host = try host(fixture)
            let first = try fixture.source.add(bundle: ["a/b/one": "one", "shared": "same"])
            let second = try fixture.source.add(bundle: ["two": "two", "shared": "same"])
            let directory = try await host.bundles.ensure(first)
            _ = try await host.bundles.ensure(second)
            #expect(try FileAccess.readText("\(directory)/a/b/one") == "one")
            #expect(fixture.source.offsets(of: Digest(of: "same".utf8)).count == 1)
            // Left behind by a crash.
            try FileAccess.makeDirectory("\(fixture.files.models)/\(Digest(of: [7]).hex).new/deep")
            try FileAccess.replace("\(fixture.files.partialBlobs)/\(Digest(of: [8]).hex)", with: [8])
            try FileAccess.replace("\(fixture.files.removed)/half-gone", with: [8])
            await host.keep([second])
            #expect(!host.has(first))
            #expect(!FileAccess.exists(host.blobs.path(of: Digest(of: "one".utf8))))
            #expect(FileAccess.exists(host.blobs.path(of: Digest(of: "same".utf8))))
            #expect(FileAccess.exists("\(host.bundles.path(of: second))/two"))
            #expect(FileAccess.names(in: fixture.files.models) == [second.hex])
            #expect(FileAccess.names(in: fixture.files.partialBlobs).isEmpty)
            #expect(FileAccess.names(in: fixture.files.removed).isEmpty)
        }
    }

    @Test func beforeTheJournalHasSpokenNothingGoes() async throws {
        try await AgentFixture.run { fixture in
            let host = try host(fixture)
            let bundle = try fixture.source.add(bundle: ["one": "one"])
            _ = try await host.bundles.ensure(bundle)
            await host.bundles.collector.collect()
            #expect(host.has(bundle))
            await host.keep([])
            #expect(!host.has(bundle))
        }
    }

    @Test func theQuotaTakesWhatWasOfUseLongestAgo() async throws {
        try await AgentFixture.run { fixture in
            let days = Mutex<Int64>(0)
            let clock = TimeSource.system.telling { Instant(milliseconds: days.withLock { $0 } * 86_400_000) }
            let host = try host(fixture, quota: .bytes(2500), time: clock)
            let made = try (0..<3).map {
                try fixture.source.add(bundle: ["own": String(repeating: "\($0)", count: 1000)])
            }
            for day in [1, 0] {
                days.withLock { $0 += 1 }
                await host.keep([made[day]], may: made)
                _ = try await host.bundles.ensure(made[day])
            }
            // The order of use outlives the agent.
            let next = try self.host(fixture, quota: .bytes(2500), time: clock)
            await next.keep([made[2]], may: made)
            _ = try await next.bundles.ensure(made[2])
            #expect(next.has(made[0]) && !next.has(made[1]) && next.has(made[2]))
        }
    }

    @Test func whatDoesNotFitIsRefusedBeforeAnythingIsFetched() async throws {
        try await AgentFixture.run { fixture in
            let host = try host(fixture, quota: .bytes(2500))
            let serving = try fixture.source.add(bundle: ["own": String(repeating: "s", count: 2000)])
            let other = try fixture.source.add(bundle: ["own": String(repeating: "o", count: 2000)])
            await host.keep([serving, other])
            _ = try await host.bundles.ensure(serving)
            let error = await #expect(throws: AgentError.self) { _ = try await host.bundles.ensure(other) }
            #expect(error?.code == .refused)
            #expect(error?.message.contains("--blob-quota 2500") == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("nothing was changed") == true)
            #expect(fixture.source.offsets(of: Digest(of: String(repeating: "o", count: 2000).utf8)).isEmpty)
            #expect(host.has(serving))
            // What it asked for is forgotten: there is room again once it may go.
            await host.keep([other])
            _ = try await host.bundles.ensure(other)
            #expect(!host.has(serving) && host.has(other))
        }
    }

    @Test func collectionAndFetchingAtOnceLoseNothing() async throws {
        try await AgentFixture.run { fixture in
            let host = try host(fixture, quota: .bytes(200_000))
            let made = try (0..<6).map { number in
                try fixture.source.add(bundle: [
                    "own": String(repeating: "\(number)", count: 20_000),
                    "shared": String(repeating: "s", count: 20_000),
                ])
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for round in 0..<60 {
                    let wanted = made[round % made.count]
                    group.addTask {
                        let directory = try await host.bundles.ensure(wanted)
                        #expect(directory == host.bundles.path(of: wanted))
                    }
                    group.addTask { await host.keep([made[(round + 1) % made.count]], may: made) }
                }
                try await group.waitForAll()
            }
            await host.keep(made)
            for bundle in made {
                let directory = try await host.bundles.ensure(bundle)
                #expect(try FileAccess.readText("\(directory)/shared")?.count == 20_000)
            }
        }
    }

    /// The field failure: a cache is cleaned by age, the version to go back to is the oldest, and the night it is needed
    /// nobody can be asked for it.
    @Test func collectionTakesTheRollbackTargetAfterAWeek() async throws {
        try await AgentFixture.run { fixture in
            let later = TimeSource.system.telling { TimeSource.system.now() + .seconds(8 * 86_400) }
            let made = try (1...4).map { try fixture.revision(UInt64($0), answer: $0 * 10) }
            let wrong = try fixture.revision(5, answer: 50, expect: 51)
            try await fixture.agent { agent in
                for (number, revision) in zip(1..., made) {
                    let item = fixture.item(UInt64(number), .converge, revision, succeeded: Array(made.prefix(number)))
                    try await agent.give(item)
                    _ = try await agent.until { $0.item == item.number && $0.state == .verified }
                }
            }
            // A week later, with room for four of them, and a person has condemned the two that served before.
            try await fixture.agent(quota: .bytes(800), time: later) { agent in
                let holds = made[1...2].map { fixture.hold($0) }
                try await agent.give(fixture.item(5, .converge, wrong, succeeded: made, holds: holds))
                let failed = try await agent.until { $0.item == 5 && $0.state.isTerminal }
                #expect(failed.reason?.contains("expected 51") == true, "\(failed.reason ?? "")")
                let held = try JSONCoding.content(of: made[1]).model.bundle
                #expect(!FileAccess.exists(agent.bundles.path(of: held)), "nothing was collected")
                fixture.source.forgetAll()
                try await agent.give(
                    fixture.item(6, .rollback(id: "r1"), nil, succeeded: made, holds: holds + [fixture.hold(made[3])])
                )
                let back = try await agent.until {
                    $0.item == 6 && ($0.state.isTerminal || $0.reason?.contains("tried again") == true)
                }
                #expect(back.receipt == .done(serving: made[0].reference), "\(back.reason ?? "")")
                #expect(try await fixture.ask()["answer"] == .array([.integer(10)]))
            }
        }
    }
}

extension TimeSource {
    /// The same, by another clock on the wall.
    fileprivate func telling(_ now: @escaping @Sendable () -> Instant) -> TimeSource {
        var copy = self
        copy.now = now
        return copy
    }
}
