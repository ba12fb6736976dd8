import Fleet
import Testing

@testable import muster_swarm

/// What simulated agents say they do.
@Suite struct SwarmReplicasTests {
    private static func revision(_ number: UInt64) -> Revision {
        let content = RevisionContent(
            model: .init(name: "m", version: "\(number)", format: "f", bundle: Digest(of: [UInt8(number)])),
            runtime: RuntimeProfile(name: "r", command: ["x"], ports: ["p"], ready: .init(port: "p", path: "/")),
            environment: [:],
            probe: nil
        )
        return Revision(number: number, content: content, written: Digest(of: "\(number)".utf8))
    }

    private static func item(
        _ number: UInt64,
        _ order: AssignmentItem.Order,
        _ revision: UInt64? = nil,
        succeeded: [UInt64] = [],
        held: [UInt64] = [],
        onFailure: AssignmentItem.OnFailure = .keepServing
    ) -> AssignmentItem {
        AssignmentItem(
            deployment: "d",
            name: "wine",
            number: number,
            order: order,
            revision: revision.map(Self.revision),
            stableFor: .seconds(1),
            rollbackStableFor: .seconds(1),
            onFailure: onFailure,
            succeeded: succeeded.map { Self.revision($0).reference },
            holds: held.map { number in
                Hold(
                    id: "h\(number)",
                    deployment: "d",
                    revision: Self.revision(number).reference,
                    actor: "ada",
                    reason: "wrong",
                    since: Instant(milliseconds: 1)
                )
            }
        )
    }

    private var replicas = SwarmReplicas()

    private mutating func give(_ item: AssignmentItem) -> ReplicaReport? {
        let version = AssignmentVersion(epoch: 1, generation: item.number)
        replicas.take(Assignment(version: version, items: [item]), at: Instant(milliseconds: Int64(item.number)))
        return replicas.reports.first
    }

    @Test mutating func itDoesAtOnceWhatItIsTold() throws {
        var report = try #require(give(Self.item(1, .stage, 1)))
        #expect(report.state == .staged && report.serving == nil && report.goal?.number == 1)
        report = try #require(give(Self.item(2, .converge, 1)))
        #expect(report.state == .verified && report.serving?.number == 1 && report.provisional?.number == 1)
        report = try #require(give(Self.item(3, .stage, 2, succeeded: [1])))
        #expect(report.state == .staged && report.serving?.number == 1 && report.good.map(\.number) == [1])
        report = try #require(give(Self.item(4, .stage, 1, succeeded: [1])))
        #expect(report.state == .verified)
        report = try #require(give(Self.item(5, .converge, 2, succeeded: [1, 2])))
        #expect(report.serving?.number == 2 && report.previous?.number == 1 && report.good.map(\.number) == [1, 2])
        report = try #require(give(Self.item(6, .rollback(id: "r"), succeeded: [1, 2], held: [2])))
        #expect(report.receipt == .done(serving: Self.revision(1).reference) && report.serving?.number == 1)
        #expect(report.good.map(\.number) == [2, 1] && report.holds == ["h2"])
        report = try #require(give(Self.item(7, .rollback(id: "s"), succeeded: [1, 2], held: [2])))
        #expect(report.receipt == .unaffected(serving: Self.revision(1).reference))
        report = try #require(
            give(Self.item(8, .rollback(id: "t"), succeeded: [1, 2], held: [1, 2], onFailure: .stop))
        )
        #expect(report.receipt == .noTarget(.stop) && report.serving == nil && report.state == .revertFailed)
        report = try #require(give(Self.item(9, .remove)))
        #expect(report.state == .removed && report.good.isEmpty)
        replicas.take(Assignment(version: AssignmentVersion(epoch: 1, generation: 10), items: []), at: report.since)
        #expect(replicas.reports.isEmpty)
    }

    @Test mutating func whatIsNotMentionedGoesOn() throws {
        let report = give(Self.item(1, .converge, 1))
        replicas.take(
            Assignment(version: AssignmentVersion(epoch: 1, generation: 2), items: []),
            at: Instant(milliseconds: 9)
        )
        #expect(replicas.reports == [try #require(report)])
    }
}
