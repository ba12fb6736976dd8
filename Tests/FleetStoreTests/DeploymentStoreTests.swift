import Fleet
import Testing

@testable import FleetStore

@Suite struct DeploymentStoreTests {
    @Test func onlyContentMakesARevision() async throws {
        let fixture = try await StoreFixture()
        let first = try await fixture.apply("d", version: "1")
        #expect(first.action == .created && first.madeRevision && first.record.revision == 1)
        let same = try await fixture.apply("d", version: "1")
        #expect(same.action == .unchanged && same.record == first.record)
        let second = try await fixture.apply("d", version: "2")
        #expect(second.madeRevision && second.record.revision == 2)
        let scoped = try await fixture.write { writer in
            var deployment = try StoreFixture.deployment("d", version: "2")
            deployment.scope.hosts = try LabelSelector("site=ulm")
            return try writer.applyDeployment(deployment, uid: "other", content: StoreFixture.content("ignored"))
        }
        #expect(scoped.action == .updated && !scoped.madeRevision)
        #expect(scoped.record.uid == "uid-d")
        #expect(scoped.record.contentVersion == second.record.contentVersion)
        #expect(scoped.record.scopeVersion == scoped.record.resourceVersion)
        #expect(scoped.record.policyVersion == first.record.policyVersion)
        let revisions = try await fixture.read { try $0.revisions(of: "uid-d") }
        #expect(revisions.map(\.number) == [1, 2])
        #expect(revisions.map(\.bytes) == ["1", "2"].map { StoreFixture.content($0).canonicalBytes })
        let stored = try await fixture.read { try $0.deployment(named: "d") }
        #expect(stored == scoped.record)
    }

    @Test func resolvingAgainMakesARevisionOnlyWhereTheAnswerDiffers() async throws {
        let fixture = try await StoreFixture()
        try await fixture.apply("d", version: "1")
        let resolved = try await fixture.write { writer in
            try ["1", "other"].map { answer in
                try writer.applyDeployment(
                    try StoreFixture.deployment("d", version: "1"),
                    uid: "uid-d",
                    content: StoreFixture.content(answer),
                    resolvesAgain: true
                ).madeRevision
            }
        }
        #expect(resolved == [false, true])
    }

    @Test func aReCreatedNameInheritsNothing() async throws {
        let fixture = try await StoreFixture()
        try await fixture.apply("d", version: "1")
        let removed = try await fixture.write { try $0.removeDeployment(named: "d") }
        #expect(removed.state == .removing)
        await expect(.removing) { try await fixture.apply("d", version: "2") }
        try await fixture.write { try $0.forgetDeployment("uid-d") }
        await expect(.notFound) { try await fixture.write { try $0.removeDeployment(named: "d") } }
        let again = try await fixture.write { writer in
            try writer.applyDeployment(
                try StoreFixture.deployment("d"),
                uid: "second",
                content: StoreFixture.content("1")
            )
        }
        #expect(again.action == .created && again.record.uid == "second" && again.record.revision == 1)
        try await fixture.read { reader throws in
            #expect(try reader.deployments().map(\.uid) == ["second"])
            #expect(try reader.deployment(uid: "uid-d")?.state == .deleted)
            #expect(try reader.revisions(of: "uid-d").count == 1)
        }
    }

    @Test func successesAreInTheOrderOfSuccess() async throws {
        let fixture = try await StoreFixture()
        for version in ["1", "2", "3"] { try await fixture.apply("d", version: version) }
        try await fixture.write { writer in
            for number: UInt64 in [1, 2, 1] { try writer.succeedRevision(number, of: "uid-d") }
        }
        let succeeded = try await fixture.read { try $0.succeededRevisions(of: "uid-d").map(\.number) }
        #expect(succeeded == [2, 1])
        await expect(.notFound) { try await fixture.write { try $0.succeedRevision(9, of: "uid-d") } }
    }

    @Test func aHoldCondemnsUntilAPersonLiftsItAndIsKept() async throws {
        let fixture = try await StoreFixture()
        try await fixture.apply("d", version: "1")
        let revision = try #require(try await fixture.read { try $0.revision(1, of: "uid-d") }).reference
        let hold = StoreFixture.hold("h1", revision, of: "uid-d")
        try await fixture.write { try $0.putHold(hold) }
        let (one, all) = try await fixture.read { (try $0.holds(of: "uid-d"), try $0.holds()) }
        #expect(one == [hold] && all == [hold])
        try await fixture.write(20, actor: "bo", reason: "fixed") { _ = try $0.liftHold("h1") }
        try await fixture.write(30, actor: "cy") { _ = try $0.liftHold("h1") }
        try await fixture.read { reader throws in
            #expect(try reader.holds().isEmpty)
            let lift = HoldRecord.Lift(actor: "bo", at: Instant(milliseconds: 20_000), reason: "fixed")
            #expect(try reader.holdHistory(of: "uid-d") == [HoldRecord(hold: hold, lift: lift)])
        }
        await expect(.notFound) { try await fixture.write { try $0.liftHold("h2") } }
    }
}
