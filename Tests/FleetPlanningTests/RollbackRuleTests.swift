import Fleet
import Testing

@testable import FleetPlanning

/// The rules of rollbacks (DESIGN §8), one by one.
@Suite struct RollbackRuleTests {
    /// A fleet that serves revision 2 and has served revision 1.
    private func served(_ hosts: Int, policy: RolloutPolicy = PlanningFleet.quick) -> PlanningFleet {
        var fleet = PlanningFleet(hosts: hosts, policy: policy)
        fleet.settle()
        fleet.apply(2)
        fleet.settle()
        #expect(fleet.serving == Array(repeating: 2, count: hosts))
        return fleet
    }

    private func kinds(_ fleet: PlanningFleet) -> [Receipt.Kind] { fleet.hosts.compactMap { $0.entry?.receipt.kind } }

    // MARK: Fast

    @Test(arguments: [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)])
    func halfOfTheHostsGoAndTheOthersGetReady(size: Int, going: Int) {
        var fleet = served(size)
        fleet.rollBack()
        let plan = fleet.plan()
        #expect(fleet.turns == (0..<size).map { $0 < going ? "go" : "wait" })
        #expect(plan.items.count == size)
        for item in plan.items.values {
            #expect(item.holds.map(\.revision.number) == [2])
            #expect(item.revision == nil)
        }
        for number in 1...size { fleet.work(number) }
        fleet.plan()
        #expect(fleet.turns == Array(repeating: "go", count: size))
        #expect(fleet.settle() < 20)
        #expect(kinds(fleet) == Array(repeating: .done, count: size))
        #expect(fleet.serving == Array(repeating: 1, count: size))
    }

    @Test func anEntrySaysFromWhereToWhereAndWhen() throws {
        var fleet = served(1)
        fleet.rollBack()
        let asked = fleet.plan()
        #expect(asked.entries.map(\.receipt) == [.inProgress(.pending)])
        let told = try #require(fleet.host(1)?.entry)
        #expect(told.itemNumber == fleet.host(1)?.item?.number)
        #expect(told.from?.number == 2)
        fleet.work(1)
        let done = try #require(fleet.plan().entries.first)
        #expect(done.receipt == .done(serving: PlanningFleet.revision(1).reference))
        #expect(done.to?.number == 1)
    }

    @Test func aHostThatDoesNotServeWhatIsCondemnedIsUnaffectedAndStillToldOfTheHold() {
        var fleet = PlanningFleet(hosts: 6)
        fleet.settle()
        fleet.setDark(6)
        fleet.apply(2)
        fleet.settle()
        fleet.setDark(6, false)
        fleet.rollBack()
        fleet.plan()
        #expect(fleet.receipts.last == "unaffected")
        #expect(fleet.settle() < 30)
        #expect(fleet.serving == [1, 1, 1, 1, 1, 1])
        #expect(fleet.host(6)?.item?.holds.map(\.revision.number) == [2])
        #expect(fleet.host(6)?.item?.order == .converge)
    }

    @Test func aSilentHostGivesItsPlaceUpAfterTenSeconds() {
        var fleet = served(2)
        fleet.rollBack()
        fleet.plan()
        #expect(fleet.turns == ["go", "wait"])
        fleet.work(2)
        fleet.plan(after: .seconds(9))
        #expect(fleet.turns == ["go", "wait"])
        fleet.plan(after: .seconds(1))
        #expect(fleet.turns == ["go", "go"])
    }

    @Test func aHostThatNamesItsItemKeepsItsPlace() {
        var fleet = served(2)
        fleet.rollBack()
        fleet.plan()
        fleet.say(1, .starting)
        fleet.plan(after: .seconds(60))
        #expect(fleet.turns == ["go", "wait"])
        #expect(fleet.host(1)?.entry?.receipt == .inProgress(.starting))
    }

    @Test func anUnreachableHostGivesItsPlaceUpAndIsFirstOnReturn() {
        var fleet = served(4)
        fleet.setDark(4)
        fleet.rollBack()
        fleet.plan()
        // Half of the three that can be reached; the other has its item all the same.
        #expect(fleet.turns == ["go", "go", "wait", "wait"])
        #expect(fleet.receipts == ["inProgress", "inProgress", "inProgress", "offline"])
        for number in 1...3 { fleet.say(number, .starting) }
        fleet.setDark(4, false)
        fleet.plan()
        #expect(fleet.turns == ["go", "go", "wait", "wait"])
        fleet.setDark(1)
        fleet.setDark(2)
        fleet.plan()
        #expect(fleet.turns == ["go", "go", "wait", "go"])
        #expect(fleet.receipts == ["offline", "offline", "inProgress", "inProgress"])
    }

    @Test func windowsAndBudgetsHoldNoRollbackUp() {
        var fleet = served(
            4,
            policy: RolloutPolicy(waves: [.percent(100)], maxInFlight: .count(1), maxFailed: .count(0))
        )
        fleet.ledger = SiteLedger(limit: 1)
        fleet.calendar = OpenTimes(periods: [.init(from: .init(milliseconds: 0), closedBecause: "shut")], horizon: nil)
        fleet.rollBack()
        fleet.plan()
        #expect(fleet.turns == ["go", "go", "wait", "wait"])
        #expect(fleet.settle() < 20)
        #expect(fleet.serving == [1, 1, 1, 1])
    }

    // MARK: Rolling

    @Test func aRollingRollbackGoesInWaves() {
        var fleet = served(
            6,
            policy: RolloutPolicy(
                waves: [.count(1), .count(4), .percent(100)],
                maxInFlight: .count(2),
                maxFailed: .count(1)
            )
        )
        fleet.rollBack(.rolling)
        fleet.plan()
        #expect(fleet.hosts.map { $0.entry?.wave } == [0, 1, 1, 1, 2, 2])
        #expect(fleet.turns == ["go", "wait", "wait", "wait", "wait", "wait"])
        fleet.work(1)
        fleet.plan()
        #expect(fleet.turns == ["go", "go", "go", "wait", "wait", "wait"])
        // Nobody waits for a host that cannot be reached.
        for number in [2, 3] { fleet.work(number) }
        fleet.setDark(4)
        fleet.plan()
        #expect(fleet.turns == ["go", "go", "go", "wait", "go", "go"])
    }

    @Test func aRollingRollbackStopsWhereTooManyFailAndFastGoesOn() {
        var fleet = served(
            5,
            policy: RolloutPolicy(waves: [.count(2), .percent(100)], maxInFlight: .count(2), maxFailed: .count(1))
        )
        fleet.stuckHosts = ["h001", "h002"]
        fleet.rollBack(.rolling)
        fleet.settle()
        #expect(fleet.receipts == ["failed", "failed", "inProgress", "inProgress", "inProgress"])
        let why = fleet.explanations.first { $0.why.contains("is paused") }
        #expect(why?.why.contains("2 hosts could not go back") == true)
        #expect(why?.next?.contains("--strategy fast") == true)
        fleet.stuckHosts = []
        fleet.edit { picture in
            picture.rollbacks = picture.rollbacks.map { order in
                var order = order
                order.strategy = .fast
                return order
            }
        }
        #expect(fleet.settle() < 30)
        #expect(fleet.receipts == ["failed", "failed", "done", "done", "done"])
    }

    // MARK: Where to

    @Test func anExplicitTargetGoesWithTheItem() {
        var fleet = served(2)
        fleet.apply(3)
        fleet.settle()
        fleet.rollBack(to: 1)
        let plan = fleet.plan()
        #expect(plan.items.values.allSatisfy { $0.revision?.number == 1 })
        #expect(plan.items.values.allSatisfy { $0.holds.map(\.revision.number).sorted() == [2, 3] })
        #expect(fleet.settle() < 20)
        #expect(fleet.serving == [1, 1])
        #expect(fleet.picture.wanted?.number == 1)
    }

    @Test func someHostsOnlyAndTheOthersAndTheirRolloutGoOn() {
        var fleet = PlanningFleet(
            hosts: 4,
            policy: RolloutPolicy(waves: [.count(2), .percent(100)], maxFailed: .count(0))
        )
        fleet.settle()
        fleet.apply(2)
        for number in 1...4 { fleet.work(number) }
        fleet.plan()
        fleet.rollBack(hosts: [1])
        fleet.plan()
        #expect(fleet.host(1)?.item?.holds.map(\.hosts) == [nil])
        #expect(fleet.host(2)?.item?.holds.isEmpty == true)
        #expect(fleet.settle() < 40)
        #expect(fleet.rollout?.state == .succeeded)
        #expect(fleet.serving == [1, 2, 2, 2])
        #expect(fleet.hosts.dropFirst().allSatisfy { $0.item?.holds.isEmpty == true }, "it is none of their business")
        #expect(fleet.receipts == ["done", "-", "-", "-"] || fleet.receipts == ["unaffected", "-", "-", "-"])
        #expect(fleet.host(1)?.item?.revision?.number == 1)
    }

    // MARK: Hosts that cannot

    @Test(arguments: [AssignmentItem.OnFailure.keepServing, .stop])
    func aFailedTargetDoesWhatWasSaid(onFailure: AssignmentItem.OnFailure) {
        var fleet = served(2)
        fleet.stuckHosts = ["h001"]
        fleet.rollBack(onFailure: onFailure)
        #expect(fleet.settle() < 20)
        #expect(fleet.receipts == ["failed", "done"])
        #expect(fleet.serving == [onFailure == .stop ? 0 : 2, 1])
        #expect(fleet.explanations.contains { $0.why.contains("h001 could not go back: the port is taken") })
    }

    @Test func aPinnedHostFollowsWhenThePinIsTakenBack() {
        var fleet = served(3)
        fleet.pinned = ["h002"]
        fleet.rollBack()
        #expect(fleet.settle() < 20)
        #expect(fleet.receipts == ["done", "pinned", "done"])
        #expect(fleet.serving == [1, 2, 1])
        #expect(fleet.explanations.contains { $0.why.contains("h002 did not follow the rollback") })
        fleet.pinned = []
        #expect(fleet.settle() < 20)
        #expect(fleet.receipts == ["done", "done", "done"])
        #expect(fleet.serving == [1, 1, 1])
    }

    @Test func aHostThatComesLaterAndServesItGetsItsEntryThen() {
        var fleet = served(2)
        fleet.rollBack()
        fleet.settle()
        var late = DeploymentPicture.Host(id: "h003", name: "h003", isSelected: true)
        late.report = fleet.host(1)?.report
        late.report?.serving = PlanningFleet.revision(2).reference
        fleet.take(.host(late))
        fleet.take(.report(host: "h003", late.report))
        fleet.plan()
        #expect(fleet.turns == ["go", "go", "go"])
    }

    // MARK: Several rollbacks

    @Test func aRollbackOfARollbackTakesOverWhoeverIsUnderWay() throws {
        var fleet = served(3)
        fleet.apply(3)
        fleet.settle()
        fleet.setDark(3)
        let first = fleet.rollBack()
        fleet.plan()
        fleet.work(1)
        fleet.plan()
        let second = fleet.rollBack()
        let plan = fleet.plan()
        let over = plan.entries.filter { $0.rollback == first && $0.receipt.isTerminal }
        #expect(over.map(\.name) == ["h002", "h003"])
        #expect(fleet.hosts.allSatisfy { $0.entry?.rollback == second })
        fleet.settle()
        #expect(fleet.receipts == ["done", "done", "offline"])
        fleet.setDark(3, false)
        #expect(fleet.settle() < 20)
        #expect(fleet.serving == [1, 1, 1])
        #expect(fleet.receipts == ["done", "done", "done"])
    }

    @Test func aHoldThatIsLiftedEndsWhatIsUnderWay() throws {
        var fleet = served(2)
        let id = fleet.rollBack()
        fleet.plan()
        fleet.lift(try #require(id))
        fleet.plan()
        #expect(fleet.receipts == ["failed", "failed"])
        #expect(fleet.settle() < 20)
        #expect(fleet.serving == [1, 1])
    }

    @Test func undoingRollsTheWrittenContentOutAgain() throws {
        var fleet = served(3)
        let id = fleet.rollBack()
        fleet.settle()
        fleet.lift(try #require(id), asks: true)
        #expect(fleet.rollout?.state.isForward == true)
        #expect(fleet.settle() < 40)
        #expect(fleet.serving == [2, 2, 2])
        #expect(fleet.explanations.isEmpty)
    }

    // MARK: Without a rollback

    @Test func aHoldMovesHostsUnderTheStandingBudgetOnly() {
        var fleet = served(
            4,
            policy: RolloutPolicy(waves: [.percent(100)], maxInFlight: .count(1), maxFailed: .count(0))
        )
        fleet.hold(2)
        fleet.calendar = OpenTimes(periods: [.init(from: .init(milliseconds: 0), closedBecause: "shut")], horizon: nil)
        fleet.settle()
        #expect(fleet.serving == [2, 2, 2, 2])
        fleet.calendar = .always
        fleet.plan()
        #expect(fleet.hosts.filter { $0.item?.order == .converge && $0.item?.revision?.number == 1 }.count == 1)
        #expect(fleet.receipts == ["-", "-", "-", "-"])
        #expect(fleet.settle() < 40)
        #expect(fleet.serving == [1, 1, 1, 1])
    }

    @Test func aHostThatHasTriedAndGoneBackIsNotRolledForwardBeforeAPersonSaysSo() throws {
        var fleet = PlanningFleet(
            hosts: 3,
            policy: RolloutPolicy(waves: [.count(1), .percent(100)], maxInFlight: .percent(100), maxFailed: .count(1))
        )
        fleet.settle()
        fleet.apply(2)
        for _ in 0..<30 where fleet.rollout?.state.isTerminal == false {
            fleet.plan()
            for number in 1...2 { fleet.work(number) }
            if fleet.host(3)?.item?.order == .stage { fleet.work(3) }
            if fleet.host(3)?.target?.asked == .go {
                fleet.say(3, .reverted, reason: "it died", failure: .init(kind: .transition, state: .observing))
            }
        }
        #expect(fleet.rollout?.state == .succeeded)
        for _ in 0..<3 { #expect(fleet.plan(after: .seconds(600)).items["h003"] == nil) }
        #expect(fleet.serving == [2, 2, 1])
        #expect(fleet.explanations.contains { $0.why.contains("h003 is back on what served before: it died") })
        try fleet.perform(.retry)
        fleet.settle()
        #expect(fleet.serving == [2, 2, 2])
        #expect(fleet.explanations.isEmpty)
    }

    // MARK: Rehearsals

    @Test func aRehearsalGoesThereAndBackInAWindow() {
        var fleet = served(
            4,
            policy: RolloutPolicy(waves: [.percent(100)], maxInFlight: .count(1), maxFailed: .count(0))
        )
        for number in 1...4 { fleet.work(number) }
        fleet.calendar = OpenTimes(periods: [.init(from: .init(milliseconds: 0), closedBecause: "shut")], horizon: nil)
        fleet.rehearse([1, 2])
        fleet.settle()
        #expect(fleet.receipts == ["inProgress", "inProgress", "-", "-"])
        #expect(fleet.explanations.contains { $0.why.contains("for an opening to rehearse the way back") })
        fleet.calendar = .always
        fleet.plan()
        #expect(fleet.turns == ["go", "-", "-", "-"])
        #expect(fleet.host(1)?.item?.revision?.number == 1)
        fleet.work(1)
        fleet.plan()
        #expect(fleet.host(1)?.entry?.provenAt != nil)
        #expect(fleet.host(1)?.item?.revision?.number == 2)
        #expect(fleet.settle() < 30)
        #expect(fleet.receipts == ["done", "done", "-", "-"])
        #expect(fleet.hosts.prefix(2).map { $0.entry?.to?.number } == [1, 1])
        #expect(fleet.serving == [2, 2, 2, 2])
    }

    /// Who waits never begins; who has begun goes home, before its way back is proven and after.
    @Test func aRehearsalThatIsEndedByHandBringsEverybodyHome() {
        var fleet = served(
            3,
            policy: RolloutPolicy(waves: [.percent(100)], maxInFlight: .count(2), maxFailed: .count(0))
        )
        for number in 1...3 { fleet.work(number) }
        fleet.rehearse([1, 2, 3])
        fleet.plan()
        #expect(fleet.turns == ["go", "go", "-"])
        for number in 1...2 { fleet.say(number, .starting) }
        fleet.endRehearsal()
        fleet.plan()
        #expect(fleet.receipts == ["inProgress", "inProgress", "failed"])
        #expect(fleet.hosts.prefix(2).map { $0.item?.revision?.number } == [2, 2])
        #expect(fleet.settle() < 20)
        #expect(fleet.serving == [2, 2, 2])
        let taken = Receipt.failed(cause: "taken back by ada: enough", serving: PlanningFleet.revision(2).reference)
        #expect(fleet.hosts.map { $0.entry?.receipt } == [taken, taken, taken])

        fleet = served(1)
        fleet.work(1)
        fleet.rehearse([1])
        fleet.plan()
        fleet.work(1)
        fleet.plan()
        fleet.endRehearsal()
        #expect(fleet.settle() < 20)
        #expect(fleet.serving == [2])
        #expect(fleet.receipts == ["done"], "it had gone there and was measured")
    }

    // MARK: Words

    @Test func whoeverWaitsSaysWhatFor() {
        var fleet = served(4)
        fleet.setDark(4)
        fleet.rollBack()
        fleet.plan()
        let words = fleet.explanations
        #expect(words.contains { $0.why == "h003 waits for a turn to go back: at most 2 of 3 hosts at a time" })
        #expect(words.contains { $0.why == "h004 cannot be reached; it goes back on return" && $0.since != nil })
        #expect(words.contains { $0.why == "h001 has not acknowledged what is asked of it yet" })
        #expect(words.allSatisfy { $0.next != nil })
    }
}
