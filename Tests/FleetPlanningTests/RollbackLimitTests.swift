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

    // MARK: Turns

    @Test func aHostThatHasEverythingReadyTakesThePlaceOfOneThatCannotFetch() {
        var fleet = served(4)
        fleet.rollBack()
        fleet.plan()
        #expect(fleet.turns == ["go", "go", "wait", "wait"])
        fleet.say(1, .staging, reason: "no such file", failure: .init(kind: .fetch, state: .staging))
        fleet.say(2, .starting)
        fleet.say(3, .staging)
        fleet.work(4)
        fleet.plan()
        #expect(fleet.turns == ["go", "go", "wait", "go"])
        // It goes as soon as it can.
        #expect(fleet.settle() < 20)
        #expect(fleet.serving == [1, 1, 1, 1])
    }

    @Test func aHostThatFetchesForLongGivesItsPlaceUp() throws {
        var fleet = served(2)
        fleet.rollBack()
        let told = fleet.plan()
        fleet.say(1, .staging)
        fleet.work(2)
        let due = fleet.now + PlanningTimes.fetch
        #expect(told.items.count == 2)
        #expect(fleet.plan(after: .seconds(100)).wakeAt == due)
        #expect(fleet.turns == ["go", "wait"])
        fleet.plan(after: .seconds(20))
        #expect(fleet.turns == ["go", "go"])
    }

    /// An older controller told it, and its time of day was ahead.
    @Test func nobodyWaitsForATimeThatIsNotThereYet() {
        var fleet = served(2)
        fleet.rollBack()
        fleet.plan()
        #expect(fleet.turns == ["go", "wait"])
        fleet.work(2)
        let ahead = fleet.now + .seconds(7200)
        fleet.edit { $0.hosts[0].entry?.since = ahead }
        fleet.plan()
        #expect(fleet.turns == ["go", "go"])
        #expect(fleet.settle() < 20)
        #expect(fleet.serving == [1, 1])
    }

    // MARK: Nowhere to go

    @Test(arguments: [AssignmentItem.OnFailure.keepServing, .stop])
    func aHostWithoutAWayBackOfItsOwnGoesWhereEverybodyElseIs(onFailure: AssignmentItem.OnFailure) {
        var fleet = served(3, revisions: 3)
        fleet.good["h003"] = [PlanningFleet.revision(3).reference]
        fleet.rollBack(onFailure: onFailure)
        #expect(fleet.settle() < 30)
        #expect(fleet.receipts == ["done", "done", "noTarget"])
        #expect(fleet.serving == [2, 2, 2])
        #expect(!fleet.explanations.contains { $0.why.contains("h003") })
    }

    @Test func itTriesThatOnceAndInAWindow() {
        var fleet = served(3, revisions: 3)
        fleet.good["h003"] = [PlanningFleet.revision(3).reference]
        fleet.stuckHosts = ["h003"]
        fleet.calendar = OpenTimes(periods: [.init(from: .init(milliseconds: 0), closedBecause: "shut")], horizon: nil)
        fleet.rollBack()
        #expect(fleet.settle() < 30)
        #expect(fleet.host(3)?.item?.order == .stage)
        fleet.calendar = .always
        #expect(fleet.settle() < 30)
        #expect(fleet.host(3)?.item?.order == .converge)
        #expect(fleet.host(3)?.report?.state == .reverted)
        for _ in 0..<3 { #expect(fleet.plan(after: .seconds(600)).items.isEmpty) }
        #expect(fleet.serving == [2, 2, 3])
    }

    /// Hosts that could not go back are told of another hold: they have not begun anything, and nobody is turned round.
    @Test func newsOfHoldsMovesNobodyWhoCouldNotGoBack() {
        var fleet = served(3)
        fleet.stuckHosts = ["h001", "h002", "h003"]
        fleet.rollBack()
        let turns = fleet.settle()
        #expect(turns < 30 && fleet.receipts == ["failed", "failed", "failed"])
        fleet.hold(9)
        for _ in 0..<3 { fleet.plan() }
        #expect(fleet.hosts.allSatisfy { $0.item?.order != .converge }, "\(fleet.summary)")
        fleet.settle()
        #expect(fleet.serving == [2, 2, 2])
    }

    /// The hold is lifted while hosts wait for their turn, and something else is settled: they have not begun, and take turns.
    @Test func whoWaitsForItsTurnIsNotTurnedRound() throws {
        var fleet = served(6, revisions: 3)
        fleet.edit { $0.policy.rollout.maxInFlight = .count(1) }
        let rolledBack = fleet.rollBack(.rolling)
        let id = try #require(rolledBack)
        fleet.plan()
        for number in 1...6 where fleet.host(number)?.entry?.turn != .go { fleet.work(number) }
        fleet.plan()
        #expect(fleet.turns.filter { $0 == "go" }.count == 1)
        fleet.liftHolds(of: id)
        fleet.hold(3)
        let plan = fleet.plan()
        let told = plan.items.values.filter { $0.order == .converge }
        #expect(told.count <= 1, "\(plan.words)")
        let turns = fleet.settle()
        #expect(turns < 60 && fleet.serving == Array(repeating: 2, count: 6), "\(fleet.summary)")
    }

    // MARK: Taken back for some hosts

    @Test func undoingForSomeHostsIsARolloutToo() throws {
        var fleet = served(3)
        let rolledBack = fleet.rollBack(hosts: [1])
        let id = try #require(rolledBack)
        fleet.settle()
        #expect(fleet.serving == [1, 2, 2])
        fleet.lift(id, asks: true)
        #expect(fleet.rollout?.state.isForward == true)
        #expect(fleet.settle() < 40)
        #expect(fleet.rollout?.state == .succeeded)
        #expect(fleet.serving == [2, 2, 2])
    }

    @Test func liftingForSomeHostsMovesNobodyBeforeAPersonSaysSo() throws {
        var fleet = served(3)
        let rolledBack = fleet.rollBack(hosts: [1])
        let id = try #require(rolledBack)
        fleet.settle()
        fleet.liftHolds(of: id)
        #expect(fleet.settle() < 20)
        #expect(fleet.serving == [1, 2, 2])
        let why = "h001 was rolled back from revision 2, and the hold was lifted since"
        #expect(fleet.explanations.map(\.why) == [why])
        try fleet.perform(.retry)
        #expect(fleet.settle() < 40)
        #expect(fleet.serving == [2, 2, 2])
        #expect(fleet.explanations.isEmpty)
    }

    /// A rollout that is over leaves no order behind, on hosts that stay where they are either.
    @Test func whoIsLeftKeepsNoOrderOfARolloutThatIsOver() throws {
        var fleet = served(3)
        let rolledBack = fleet.rollBack(hosts: [1])
        let id = try #require(rolledBack)
        fleet.settle()
        fleet.liftHolds(of: id)
        fleet.settle()
        fleet.calendar = OpenTimes(periods: [.init(from: .init(milliseconds: 0), closedBecause: "shut")], horizon: nil)
        fleet.apply(3)
        fleet.settle()
        #expect(fleet.host(1)?.item?.revision?.number == 3)
        try fleet.perform(.cancel)
        #expect(fleet.settle() < 20)
        #expect(fleet.host(1)?.item?.order == .stage)
        #expect(fleet.host(1)?.item?.revision?.number == 1)
        #expect(fleet.serving == [1, 2, 2])
        #expect(fleet.explanations.contains { $0.why.hasPrefix("h001 was rolled back from revision 2") })
    }

    /// A restored store knows nothing of what a host was told, and the host says that it has failed.
    @Test func aHostThatFailedIsSpokenOfWithoutAnItem() {
        var fleet = served(3)
        fleet.say(2, .revertFailed, reason: "killed", failure: ReplicaFailure(kind: .transition, state: .observing))
        fleet.report(2) { $0.serving = nil }
        fleet.edit { $0.hosts[1].item = nil }
        #expect(fleet.plan().items.isEmpty)
        #expect(fleet.explanations.contains { $0.why.hasPrefix("h002 has tried revision 2 and gone back") })
    }
}
