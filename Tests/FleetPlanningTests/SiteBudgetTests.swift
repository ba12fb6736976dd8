import Fleet
import Testing

@testable import FleetPlanning

/// So many hosts of a site fetch at a time, whatever hosts do unasked and rollouts leave behind: found by the simulator.
@Suite struct SiteBudgetTests {
    private static let policy = RolloutPolicy(waves: [.percent(100)], maxFailed: .count(0))

    /// Three hosts at one site with one slot, which serve 1; the first was fetching 2 when somebody pinned it, the second
    /// fetches 3 in its place.
    private func pinned() -> PlanningFleet {
        var fleet = PlanningFleet(hosts: 8, policy: Self.policy)
        fleet.settle()
        fleet.ledger = SiteLedger(limit: 1)
        fleet.apply(2)
        fleet.plan()
        #expect(fleet.host(1)?.item?.order == .stage)
        fleet.say(1, .pending)
        let pin = LocalPin(actor: "bob", reason: "a look", since: fleet.now)
        fleet.report(1) { $0.pin = pin }
        fleet.plan()
        #expect(fleet.host(2)?.item?.order == .stage)
        fleet.say(2, .staging, reason: "fetching")
        fleet.apply(3)
        fleet.plan()
        fleet.say(2, .staging, reason: "fetching")
        fleet.plan()
        #expect(fleet.host(2)?.item?.revision?.number == 3)
        return fleet
    }

    /// Somebody lets a host go, and it fetches at once what it was told before.
    @Test func aHostThatFetchesUnaskedBeginsNothingElseBesideTheOthers() {
        var fleet = pinned()
        fleet.report(1) {
            $0.pin = nil
            $0.state = .staging
            $0.reason = "fetching"
        }
        fleet.plan()
        #expect(fleet.ledger?.taken(at: "") == 2)
        #expect(fleet.host(1)?.item?.order == .stage)
        // It makes ready what it serves, which ends what it fetches.
        #expect(fleet.host(1)?.item?.revision?.number == 1)
        fleet.work(1)
        fleet.plan()
        #expect(fleet.ledger?.taken(at: "") == 1)
        #expect(fleet.host(1)?.item?.revision?.number == 1)
        fleet.work(2)
        fleet.plan()
        #expect(fleet.host(1)?.item?.revision?.number == 3)
        let turns = fleet.settle()
        #expect(turns < 60)
        #expect(fleet.serving == Array(repeating: 3, count: 8))
    }

    /// One that serves nothing has nothing else to make ready: it goes on until its site is within its budget again.
    @Test func aHostThatServesNothingWaitsForASlot() {
        var fleet = pinned()
        fleet.report(1) {
            $0.pin = nil
            $0.serving = nil
            $0.state = .staging
            $0.reason = "fetching"
        }
        fleet.plan()
        #expect(fleet.host(1)?.item?.revision?.number == 2)
        fleet.work(2)
        fleet.plan()
        #expect(fleet.host(1)?.item?.revision?.number == 3)
        let turns = fleet.settle()
        #expect(turns < 60)
        #expect(fleet.serving == Array(repeating: 3, count: 8))
    }

    /// Fetches that a rollout has given up and the next one finds again.
    @Test func whatWasGivenUpIsNotBegunAgainBesideTheOthers() throws {
        var fleet = PlanningFleet(hosts: 8, policy: Self.policy)
        fleet.settle()
        fleet.ledger = SiteLedger(limit: 1)
        fleet.apply(2)
        fleet.plan()
        fleet.say(1, .staging, reason: "fetching")
        fleet.plan()
        fleet.plan(after: PlanningTimes.fetch)
        #expect(fleet.host(1)?.target?.isSetAside == true)
        #expect(fleet.host(2)?.item?.order == .stage)
        fleet.say(2, .staging, reason: "fetching")
        fleet.plan()
        fleet.apply(3)
        #expect(fleet.ledger?.taken(at: "") == 2)
        #expect(fleet.hosts.allSatisfy { $0.item?.revision?.number != 3 })
        let turns = fleet.settle()
        #expect(turns < 60)
        #expect(fleet.serving == Array(repeating: 3, count: 8))
    }

    @Test func aSiteBeyondItsBudgetTellsWhoWaitsWhenItIsWithinIt() {
        var ledger = SiteLedger(limit: 1)
        ledger.hold(site: "s", host: "a", deployment: "d")
        ledger.hold(site: "s", host: "b", deployment: "e")
        let isRefused = !ledger.take(site: "s", host: "a", deployment: "d")
        #expect(isRefused)
        #expect(ledger.waiting.isEmpty)
        ledger.release(host: "b", deployment: "e")
        #expect(ledger.waiting == ["d"])
        let isAdmitted = ledger.take(site: "s", host: "a", deployment: "d")
        #expect(isAdmitted)
    }

    /// What it does of an older order ends first: it keeps its slot until it has fetched.
    @Test(arguments: [TargetState.stoppingOld, .removing])
    func whoeverHasToEndSomethingFirstKeepsItsSlot(state: TargetState) {
        var fleet = PlanningFleet(hosts: 3, policy: Self.policy)
        fleet.settle()
        fleet.ledger = SiteLedger(limit: 1)
        fleet.apply(2)
        fleet.plan()
        #expect(fleet.host(1)?.item?.order == .stage)
        fleet.say(1, state, reason: "its connections may go on")
        fleet.plan()
        #expect(fleet.ledger?.taken(at: "") == 1)
        #expect(fleet.host(2)?.item?.revision?.number == 1 && fleet.host(3)?.item?.revision?.number == 1)
    }

    /// What serves dies beside it, again and again: that fetches nothing.
    @Test func whoeverStartsWhatItServesAgainHoldsNoSlot() {
        var fleet = PlanningFleet(hosts: 3, policy: Self.policy)
        fleet.settle()
        fleet.ledger = SiteLedger(limit: 1)
        fleet.apply(2)
        fleet.plan()
        fleet.say(1, .starting, reason: "killed by signal 9")
        fleet.plan()
        #expect(fleet.host(2)?.item?.revision?.number == 2)
    }
}
