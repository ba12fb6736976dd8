import Fleet
import FleetTestSupport
import Synchronization
import Testing

@testable import FleetController
@testable import FleetStore

/// Rollbacks that are asked for while others run.
@Suite struct RollbackJoinTests {
    private static func request(
        hosts: String? = nil,
        strategy: Rollback.Strategy? = nil,
        onFailure: AssignmentItem.OnFailure? = nil
    ) -> RollbackRequest {
        RollbackRequest(
            scope: .deployments(["wine"]),
            hosts: hosts,
            to: .lastGood,
            strategy: strategy,
            onFailure: onFailure,
            reason: "wrong",
            confirm: "wine"
        )
    }

    /// Stores a rolling rollback that has just been asked for: its hosts have no places yet.
    private static func put(_ id: String, hosts: [String]?, _ fixture: ControllerFixture) async throws {
        let operations = fixture.operations
        let now = operations.environment.now()
        try await operations.store.write(Change(actor: "t", now: now, term: operations.term)) { writer in
            guard let record = try writer.reader.deployment(named: "wine"),
                let newest = try writer.reader.succeededRevisions(of: record.uid).last
            else { throw ControllerError(.internal, "there is nothing to roll back") }
            let rollback = Rollback(
                id: id,
                actor: "t",
                reason: "r",
                at: now,
                scope: .deployments(["wine"]),
                strategy: .rolling
            )
            let order = RollbackOrder(rollback: id, deployment: record.uid, strategy: .rolling, at: now)
            try writer.putRollback(rollback, orders: [order])
            let hold = Hold(
                id: id,
                deployment: record.uid,
                revision: newest,
                actor: "t",
                reason: "r",
                since: now,
                rollback: id,
                hosts: hosts
            )
            try writer.putHold(hold)
        }
    }

    private static func serve(_ fixture: ControllerFixture) async throws {
        for version in ["1", "2"] {
            _ = try await fixture.apply(version: version)
            try await fixture.wait("version \(version)") {
                $0.rollout?.state == .succeeded && $0.hosts.allSatisfy { $0.serving?.version == version }
            }
        }
    }

    /// Joining ends with the rollback: whoever presses just after it would condemn what was good.
    @Test func aSecondPressAfterTheEndIsRefusedUntilItIsMeant() async throws {
        try await ControllerFixture.run { fixture in
            try await fixture.withHosts([(try await fixture.enrol("h1"), ScriptedHost())]) {
                try await Self.serve(fixture)
                let operations = fixture.operations
                let first = try await operations.rollBack(Self.request(), by: fixture.admin).rollback
                try await fixture.wait("version 1") { $0.hosts.allSatisfy { $0.serving?.version == "1" } }
                let limit = ContinuousClock.now + .seconds(20)
                while try await operations.rollback(first.id, all: true).state != .ended, ContinuousClock.now < limit {
                    await Task.yield()
                }

                let plan = try await operations.planRollback(Self.request(), by: fixture.admin)
                #expect(plan.deployments.map { $0.refusal?.contains("further back") } == [true])
                let error = try #require(
                    await #expect(throws: ControllerError.self) {
                        try await operations.rollBack(Self.request(), by: fixture.admin)
                    }
                )
                #expect(error.code == .conflict && error.message.contains("ada rolled it back at"), "\(error)")
                #expect(error.hint?.contains("--again") == true && error.hint?.contains(first.id) == true)
                #expect(try await operations.holds().items.map(\.revision.version) == ["2"])

                try await operations.store.read { reader throws in
                    let uid = try #require(try reader.deployment(named: "wine")?.uid)
                    let known = try #require(
                        try RecentRollback.newest(of: uid, on: nil, at: operations.environment.now(), in: reader)
                    )
                    #expect(known.rollback.id == first.id && known.ended >= first.at)
                    for (seconds, isKnown) in [(Int64(599), true), (600, false)] {
                        let later = known.ended + .seconds(seconds)
                        let found = try RecentRollback.newest(of: uid, on: nil, at: later, in: reader)
                        #expect((found != nil) == isKnown, "\(seconds) s later")
                    }
                    let others = try RecentRollback.newest(of: uid, on: ["h9"], at: known.ended, in: reader)
                    #expect(others != nil, "it was for all hosts")
                }

                var meant = Self.request()
                meant.again = true
                _ = try await operations.rollBack(meant, by: fixture.admin)
                #expect(try await operations.holds().items.map(\.revision.version) == ["2", "1"])
            }
        }
    }

    /// The way out of one that is paused: whoever joins it says fast.
    @Test func joiningMakesARollingRollbackFast() async throws {
        try await ControllerFixture.run { fixture in
            try await fixture.withHosts([(try await fixture.enrol("h1"), ScriptedHost())]) {
                try await Self.serve(fixture)
                try await Self.put("r1", hosts: nil, fixture)
                let operations = fixture.operations
                let view = try await operations.rollBack(
                    Self.request(strategy: .fast, onFailure: .stop),
                    by: fixture.admin
                )
                #expect(view.joined == ["wine"] && view.rollback.id == "r1" && view.rollback.strategy == .fast)
                try await operations.store.read { reader throws in
                    let order = try #require(try reader.rollbackOrders(ofRollback: "r1").first)
                    #expect(order.strategy == .fast && order.onFailure == .stop)
                    let record = try #require(
                        try reader.audit(of: .rollback, "r1", limit: 9).first { $0.verb == "join" }
                    )
                    #expect(record.actor == "ada" && record.before?.contains(#""strategy":"rolling""#) == true)
                    #expect(record.after?.contains(#""strategy":"fast""#) == true)
                }
                try await fixture.wait("version 1") { $0.hosts.allSatisfy { $0.serving?.version == "1" } }
            }
        }
    }

    /// Nobody goes two versions back because a narrower rollback of others is newer.
    @Test func aNarrowedRollbackIsJoinedThoughAnotherIsNewer() async throws {
        try await ControllerFixture.run { fixture in
            let hosts = [
                (try await fixture.enrol("h1", labels: ["site": "lyon", "rack": "1"]), ScriptedHost()),
                (try await fixture.enrol("h2", labels: ["site": "lyon", "rack": "2"]), ScriptedHost()),
            ]
            try await fixture.withHosts(hosts) {
                try await Self.serve(fixture)
                let all = fixture.operations.directory.all
                let ids = Dictionary(all.map { ($0.state.withLock { $0.host.name }, $0.id) }) { first, _ in first }
                try await Self.put("r1", hosts: [try #require(ids["h1"])], fixture)
                try await Self.put("r2", hosts: [try #require(ids["h2"])], fixture)
                for (rack, id) in [("1", "r1"), ("2", "r2")] {
                    let plan = try await fixture.operations.planRollback(
                        Self.request(hosts: "rack=\(rack)"),
                        by: fixture.admin
                    )
                    #expect(plan.deployments.map(\.joins) == [id])
                }
            }
        }
    }
}
