import Fleet
import Testing

@testable import FleetPlanning

/// Where rollbacks end: hosts that cannot go, holds that are lifted, clocks that step.
@Suite struct RollbackLimitTests {
    /// A fleet that serves the last of so many revisions and has served the others.
    private func served(_ hosts: Int, revisions: Int = 2) -> PlanningFleet {
        var fleet = PlanningFleet(hosts: hosts)
        fleet.settle()
        for number in 1..<revisions {
            fleet.apply(number + 1)
            fleet.settle()
        }
        #expect(fleet.serving == Array(repeating: revisions, count: hosts))
        return fleet
    }

    @Test func theLaterRollbackIsTheNewerThoughTheClockHasStepped() throws {
        var fleet = served(3, revisions: 3)
        let first = fleet.rollBack()
        fleet.plan()
        fleet.now = Instant(milliseconds: fleet.now.milliseconds - 60_000)
        let rolledBack = fleet.rollBack()
        let second = try #require(rolledBack)
        let plan = fleet.plan()
        #expect(plan.entries.filter { $0.rollback == first }.map(\.receipt.kind) == [.failed, .failed, .failed])
        #expect(fleet.hosts.map { $0.entry?.rollback } == [second, second, second])
        #expect(fleet.settle() < 30)
        #expect(fleet.serving == [1, 1, 1])
    }

    @Test func aHoldThatIsLiftedUnderWayLeavesNobodyInTheRollback() throws {
        var fleet = served(2)
        let rolledBack = fleet.rollBack()
        let id = try #require(rolledBack)
        fleet.plan()
        fleet.liftHolds(of: id)
        #expect(fleet.settle() < 20)
        #expect(fleet.receipts == ["failed", "failed"])
        #expect(fleet.hosts.map { $0.item?.order } == [.converge, .converge])
        #expect(fleet.serving == [1, 1])
    }
}
