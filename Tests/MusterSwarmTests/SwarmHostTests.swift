import ArgumentParser
import Fleet
import Testing

@testable import muster_swarm

/// What simulated hosts do and say.
@Suite struct SwarmHostTests {
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
            endpoint: Endpoint(port: 8080, to: "p"),
            stableFor: .seconds(1),
            rollbackStableFor: .seconds(3),
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

    private var host = SwarmHost(SwarmTiming(fetch: .seconds(2), start: Span(milliseconds: 100)))
    private var now = Instant(milliseconds: 1000)

    /// Gives an item, and lets the time pass until nothing happens any more.
    private mutating func give(_ item: AssignmentItem) -> ReplicaReport? {
        take(item)
        while let due = host.deadline {
            now = max(now, due)
            host.timerFired(at: now)
        }
        return host.reports.first
    }

    private mutating func take(_ item: AssignmentItem) {
        let version = AssignmentVersion(epoch: 1, generation: item.number)
        host.take(Assignment(version: version, items: [item]), at: now)
    }

    @Test mutating func itTakesTheTimeThatItIsToldTo() throws {
        take(Self.item(1, .converge, 1))
        #expect(host.reports.first?.state == .staging && host.deadline == now + .seconds(2))
        now = now + .seconds(2)
        host.timerFired(at: now)
        #expect(host.reports.first?.state == .starting)
        #expect(host.deadline == now + Span(milliseconds: 100))
        now = now + Span(milliseconds: 100)
        host.timerFired(at: now)
        #expect(host.reports.first?.state == .observing && host.reports.first?.serving?.number == 1)
        #expect(host.deadline == now + .seconds(1))
        now = now + .seconds(1)
        host.timerFired(at: now)
        #expect(host.reports.first?.state == .verified && host.deadline == nil)
        #expect(host.outbox.map(\.kind) == [.serving(Self.revision(1).reference), .verified])
    }

    @Test mutating func itTakesPartInARollback() throws {
        _ = give(Self.item(1, .converge, 1, succeeded: [1]))
        var report = try #require(give(Self.item(2, .converge, 2, succeeded: [1, 2])))
        #expect(report.good.map(\.number) == [1, 2] && report.rollback?.revision?.number == 1)
        #expect(report.rollback?.state == .ready)
        host.outcomesStored(through: host.newestOutcome)
        #expect(host.outbox.isEmpty && host.takeMilestones().isEmpty)
        report = try #require(give(Self.item(3, .rollback(id: "r", turn: .wait), succeeded: [1, 2], held: [2])))
        #expect(report.state == .staged && report.receipt == .inProgress(.staged) && report.serving?.number == 2)
        #expect(host.takeMilestones() == [.received(rollback: "r")])
        report = try #require(give(Self.item(4, .rollback(id: "r"), succeeded: [1, 2], held: [2])))
        let done = Receipt.done(serving: Self.revision(1).reference)
        #expect(report.receipt == done && report.serving?.number == 1 && report.holds == ["h2"])
        #expect(host.outbox.last?.kind == .rolledBack(id: "r", receipt: done))
        #expect(host.takeMilestones() == [.moved(rollback: "r"), .ended(rollback: "r", done)])
        report = try #require(give(Self.item(5, .rollback(id: "s"), succeeded: [1, 2], held: [2])))
        #expect(report.receipt == .unaffected(serving: Self.revision(1).reference))
        report = try #require(
            give(Self.item(6, .rollback(id: "t"), succeeded: [1, 2], held: [1, 2], onFailure: .stop))
        )
        #expect(report.receipt == .noTarget(.stop) && report.serving == nil && report.state == .revertFailed)
    }

    @Test mutating func anEarlierLifeOfTheSameHostHasUsedSomeNumbers() {
        host.outcomesStored(through: 40)
        _ = give(Self.item(1, .converge, 1))
        #expect(host.outbox.map(\.sequence) == [41, 42] && host.newestOutcome == 42)
    }

    @Test mutating func whatIsRemovedIsForgottenOnceItIsToldAndWhatIsNotMentionedGoesOn() throws {
        var report = try #require(give(Self.item(1, .stage, 1)))
        #expect(report.state == .staged && report.serving == nil && report.goal?.number == 1)
        report = try #require(give(Self.item(2, .converge, 1)))
        let nothing = Assignment(version: AssignmentVersion(epoch: 1, generation: 3), items: [])
        host.take(nothing, at: now)
        #expect(host.reports == [report])
        report = try #require(give(Self.item(4, .remove)))
        #expect(report.state == .removed && report.good.isEmpty)
        host.take(nothing, at: now)
        #expect(host.reports.count == 1)
        host.outcomesStored(through: host.newestOutcome)
        #expect(host.reports.isEmpty)
    }

    @Test func theReportSaysWhenWhatWasPassed() {
        var times = RollbackTimes()
        var other = RollbackTimes()
        for milliseconds in stride(from: Int64(100), to: 0, by: -1) {
            times.note(.received(rollback: "r"), at: Instant(milliseconds: milliseconds))
        }
        other.note(.ended(rollback: "r", .pinned), at: Instant(milliseconds: 7))
        times.merge(other)
        let report = RollbackReport(times)
        #expect(report.received.first == 1 && report.received.p95 == 95 && report.received.last == 100)
        #expect(report.moved.count == 0 && report.moved.p95 == nil)
        #expect(report.receipts == ["pinned": 1] && report.ended.last == 7)
    }

    @Test(arguments: ["soon", "2h", ""]) func anImpossibleTimeIsRefused(text: String) {
        #expect(throws: (any Error).self) { try SwarmHosts.parse(["--start-time", text]) }
    }
}
