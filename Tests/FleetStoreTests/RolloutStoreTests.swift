import Fleet
import Testing

@testable import FleetStore

@Suite struct RolloutStoreTests {
    private static func started(_ fixture: StoreFixture) async throws -> Rollout {
        try await fixture.apply("d", version: "1")
        let revision = try #require(try await fixture.read { try $0.revision(1, of: "uid-d") }).reference
        let rollout = Self.rollout("r1", revision)
        try await fixture.write { writer in
            try writer.saveRollout(rollout, isNew: true)
            try writer.saveTargets(Self.targets(["a", "b", "c"]), of: "r1")
        }
        return rollout
    }

    private static func rollout(_ id: String, _ revision: RevisionReference) -> Rollout {
        let since = Instant(milliseconds: 4)
        return Rollout(
            id: id,
            deployment: "uid-d",
            revision: revision,
            since: since,
            reason: "applied",
            actor: "ana",
            startedAt: since,
            waveEnds: [1, 3]
        )
    }

    private static func targets(_ hosts: [String]) -> [RolloutTarget] {
        hosts.enumerated().map { index, host in
            RolloutTarget(host: host, name: "n\(host)", site: "s", wave: min(index, 1), since: Instant(milliseconds: 4))
        }
    }

    @Test func aHeaderReadsBackAsItWasStored() async throws {
        let fixture = try await StoreFixture()
        var rollout = try await Self.started(fixture)
        let first = rollout
        #expect(try await fixture.read { try $0.rollout("r1") } == first)
        rollout.state = .paused
        rollout.wave = 1
        rollout.waveEnds = [1, 2, 3]
        rollout.promoted = 0
        rollout.reason = "half of the list is dark"
        rollout.actor = nil
        rollout.since = Instant(milliseconds: 7)
        rollout.pause = .init(
            cause: .excluded,
            actor: "bea",
            reason: "half of the list is dark",
            since: Instant(milliseconds: 7),
            from: .baking
        )
        rollout.clock = ActiveClock(counted: .seconds(8), runningSince: Instant(milliseconds: 9))
        rollout.bakedFrom = .seconds(10)
        rollout.provenAt = .seconds(11)
        rollout.acceptedExclusions = 12
        let paused = rollout
        try await fixture.write { try $0.saveRollout(paused, isNew: false) }
        #expect(try await fixture.read { try $0.activeRollout(of: "uid-d") } == paused)
        try await fixture.write { try $0.saveRollout(first, isNew: false) }
        #expect(try await fixture.read { try $0.newestRollout(of: "uid-d") } == first)
    }

    @Test(
        arguments: [
            nil, .unreachable(since: Instant(milliseconds: 1)), .presumedFailed(since: Instant(milliseconds: 2)),
            .deferred(until: Instant(milliseconds: 3)), .deferred(until: nil), .skipped(reason: "a"),
            .ineligible(reason: "b"), .excluded(reason: "c"),
        ] as [RolloutTarget.Overlay?]
    )
    func aTargetReadsBackAsItWasStored(overlay: RolloutTarget.Overlay?) async throws {
        let fixture = try await StoreFixture()
        _ = try await Self.started(fixture)
        let target = RolloutTarget(
            host: "b",
            name: "other",
            site: "ulm",
            wave: 0,
            asked: .back,
            state: .reverting,
            since: Instant(milliseconds: 5),
            sinceActive: .seconds(6),
            fetched: 1 << 40,
            reason: "r",
            overlay: overlay,
            failure: "f"
        )
        try await fixture.write { try $0.saveTargets([target], of: "r1") }
        try await fixture.read { reader throws in
            #expect(try reader.target(of: "r1", on: "b") == target)
            let others = Self.targets(["a", "b", "c"])
            #expect(try reader.targets(of: "r1") == [others[0], target, others[2]])
        }
    }

    @Test func targetsAreCountedWithoutBeingRead() async throws {
        let fixture = try await StoreFixture()
        _ = try await Self.started(fixture)
        var targets = Self.targets(["a", "b", "c", "d"])
        targets[1].state = .reverted
        targets[1].failure = "port taken"
        targets[2].overlay = .excluded(reason: "no disk")
        targets[3].asked = .go
        let changed = targets
        try await fixture.write { try $0.saveTargets(changed, of: "r1") }
        let counts = try await fixture.read { try $0.targetCounts(of: "r1") }
        typealias Count = RolloutTargetCount
        #expect(
            counts == [
                Count(wave: 0, state: .pending, asked: .nothing, overlay: nil, isFailed: false, count: 1),
                Count(wave: 1, state: .pending, asked: .go, overlay: nil, isFailed: false, count: 1),
                Count(wave: 1, state: .pending, asked: .nothing, overlay: "excluded", isFailed: false, count: 1),
                Count(wave: 1, state: .reverted, asked: .nothing, overlay: nil, isFailed: true, count: 1),
            ]
        )
        #expect(try await fixture.read { try $0.targetCounts(of: "r2") }.isEmpty)
    }

    @Test func changesOfStateAreAuditedAndAllChangesSeenOnceATransaction() async throws {
        let fixture = try await StoreFixture()
        var rollout = try await Self.started(fixture)
        let before = try await fixture.read { try $0.revision() }
        rollout.state = .aborting
        let aborting = rollout
        try await fixture.write { writer in
            try writer.saveTargets(Self.targets(["a"]), of: "r1")
            try writer.saveRollout(aborting, isNew: false)
            try writer.saveTargets(Self.targets(["a", "b"]), of: "r1")
        }
        try await fixture.write { try $0.saveTargets([], of: "r1") }
        rollout.clock.set(running: true, at: Instant(milliseconds: 9))
        let running = rollout
        try await fixture.write { try $0.saveRollout(running, isNew: false) }
        try await fixture.read { reader throws in
            let changes = try reader.changes(after: before, limit: 9)
            #expect(changes.map(\.kind) == ["Rollout", "Rollout"] && changes.map(\.name) == ["d", "d"])
            #expect(try reader.audit(of: .rollout, "d", limit: 9).map(\.verb) == ["aborting", "start"])
            #expect(try reader.auditBreak() == nil)
        }
    }

    @Test func whatAPersonSaidIsAuditedInItsTransaction() async throws {
        let fixture = try await StoreFixture()
        let rollout = try await Self.started(fixture)
        let before = try await fixture.read { try $0.revision() }
        var paused = rollout
        paused.state = .paused
        let after = paused
        try await fixture.write(actor: "bea", reason: "lunch") { writer in
            try writer.saveRollout(after, isNew: false)
            try writer.recordCommand("pause", before: rollout, after: after)
        }
        try await fixture.read { reader throws in
            #expect(try reader.changes(after: before, limit: 9).count == 1)
            let said = try reader.audit(of: .rollout, "d", limit: 2)
            #expect(said.map(\.verb) == ["pause", "paused"] && said.map(\.actor) == ["bea", "bea"])
            #expect(said[0].reason == "lunch" && said[0].before?.contains("preflight") == true)
            #expect(try reader.auditBreak() == nil)
        }
        var lost = after
        lost.id = "r9"
        await expect(.notFound) { [lost] in
            try await fixture.write { try $0.recordCommand("pause", before: nil, after: lost) }
        }
    }

    @Test func aDeploymentHasOneActiveRolloutAndAHistory() async throws {
        let fixture = try await StoreFixture()
        var rollout = try await Self.started(fixture)
        let second = Self.rollout("r2", rollout.revision)
        await expect(.misuse) { try await fixture.write { try $0.saveRollout(second, isNew: true) } }
        await expect(.notFound) { try await fixture.write { try $0.saveRollout(second, isNew: false) } }
        await expect(.notFound) { try await fixture.write { try $0.saveTargets(Self.targets(["a"]), of: "r2") } }
        rollout.state = .superseded
        let ended = rollout
        try await fixture.write { writer in
            try writer.saveRollout(ended, isNew: false)
            try writer.saveRollout(second, isNew: true)
        }
        try await fixture.read { reader throws in
            #expect(try reader.activeRollouts() == [second])
            #expect(try reader.rollouts(of: "uid-d", limit: 9) == [second, ended])
            #expect(try reader.rollouts(of: "uid-d", limit: 1) == [second])
            #expect(try reader.rollouts(of: "uid-e", limit: 9).isEmpty)
        }
        var lost = second
        lost.id = "r3"
        lost.deployment = "uid-e"
        await expect(.notFound) { [lost] in try await fixture.write { try $0.saveRollout(lost, isNew: true) } }
    }

    @Test func onlyOneOfTwoPlansFromOnePictureIsStored() async throws {
        let fixture = try await StoreFixture()
        try await fixture.apply("d", version: "1")
        try await fixture.write { try $0.raisePlan(of: "uid-d", to: 1) }
        await expect(.conflict, saying: "plan 1 is stored") {
            try await fixture.write { writer in
                _ = try writer.putModel(Model(name: "lost"))
                try writer.raisePlan(of: "uid-d", to: 1)
            }
        }
        await expect(.conflict) { try await fixture.write { try $0.raisePlan(of: "uid-d", to: 3) } }
        await expect(.notFound) { try await fixture.write { try $0.raisePlan(of: "uid-e", to: 1) } }
        try await fixture.write { try $0.raisePlan(of: "uid-d", to: 2) }
        try await fixture.read { reader throws in
            #expect(try reader.deployment(uid: "uid-d")?.plan == 2)
            #expect(try reader.model("lost") == nil)
        }
        try await fixture.apply("d", version: "2")
        #expect(try await fixture.read { try $0.deployment(named: "d")?.plan } == 2)
    }
}
