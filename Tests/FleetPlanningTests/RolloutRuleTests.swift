import Fleet
import Testing

@testable import FleetPlanning

/// The rules of DESIGN §8 on how many hosts may do what at a time, in a rollout and outside of one.
@Suite struct RolloutRuleTests {
    @Test(arguments: [1, 2, 5])
    func noMoreThanMaxInFlightMove(limit: Int) {
        var fleet = PlanningFleet.underWay(
            hosts: 20,
            policy: RolloutPolicy(waves: [.percent(50), .percent(100)], maxInFlight: .count(limit))
        )
        var most = 0
        for _ in 0..<80 {
            fleet.plan()
            most = max(most, fleet.words.count { $0 == "moving" })
            for number in 1...20 { fleet.work(number) }
        }
        #expect(most == limit)
        #expect(fleet.rollout?.state == .succeeded)
    }

    @Test func anAbortTakesBackNoMoreThanMaxInFlightAtATime() throws {
        var fleet = PlanningFleet.underWay(
            hosts: 20,
            policy: RolloutPolicy(waves: [.percent(100)], maxInFlight: .count(3))
        )
        while fleet.words.count(where: { $0 == "verified" }) < 12 {
            fleet.plan()
            for number in 1...20 { fleet.work(number) }
        }
        try fleet.perform(.abort)
        var most = 0
        for _ in 0..<40 {
            fleet.plan()
            let moving = fleet.hosts.count { host in
                host.item?.order == .converge && host.currentReport == nil
                    && host.report?.serving?.digest != host.item?.revision?.digest
            }
            most = max(most, moving)
            for number in 1...20 { fleet.work(number) }
        }
        #expect(most == 3)
        #expect(fleet.rollout?.state == .aborted)
        #expect(fleet.serving == Array(repeating: 1, count: 20))
    }

    @Test func aSiteStagesSoManyAtATimeAcrossDeployments() {
        var ledger = SiteLedger(limit: 2)
        let taken = [("lyon", "a", "one"), ("lyon", "b", "two"), ("lyon", "c", "two"), ("ulm", "d", "two")].map {
            ledger.take(site: $0.0, host: $0.1, deployment: $0.2)
        }
        #expect(taken == [true, true, false, true])
        #expect(ledger.waiting.isEmpty)
        ledger.release(host: "a", deployment: "one")
        #expect(ledger.waiting == ["two"])
        let freed = ledger.takeFreed(for: "two")
        #expect(freed == ["lyon"])
        #expect(ledger.waiting.isEmpty)
        let isTaken = ledger.take(site: "lyon", host: "c", deployment: "two")
        #expect(isTaken)
        ledger.replace(deployment: "two", holders: ["d": "ulm"])
        #expect(ledger.taken(at: "lyon") == 0)
        #expect(ledger.taken(at: "ulm") == 1)
    }

    @Test func stagingRunsOneWaveAheadAndNoFurther() {
        var fleet = PlanningFleet.underWay(
            hosts: 10,
            policy: RolloutPolicy(waves: [.count(1), .count(3), .count(6), .percent(100)], maxInFlight: .percent(100))
        )
        fleet.plan()
        #expect(fleet.words == ["staging", "staging", "staging"] + Array(repeating: "waiting", count: 7))
    }

    @Test func removalGoesSoManyAtATime() {
        var fleet = PlanningFleet(hosts: 20, policy: RolloutPolicy(waves: [.percent(100)], maxInFlight: .count(4)))
        fleet.settle()
        fleet.edit { $0.isRemoving = true }
        var most = 0
        for _ in 0..<20 {
            fleet.plan()
            most = max(most, fleet.hosts.count { $0.item?.order == .remove && $0.currentReport?.state != .removed })
            for number in 1...20 { fleet.work(number) }
        }
        #expect(most == 4)
        #expect(fleet.hosts.allSatisfy { $0.item == nil })
    }

    @Test func aFetchThatNobodyWantsAnyMoreKeepsItsSlot() {
        var fleet = PlanningFleet(hosts: 3, policy: RolloutPolicy(waves: [.percent(100)], maxInFlight: .percent(100)))
        fleet.ledger = SiteLedger(limit: 1)
        fleet.stuckFetches = ["h002"]
        fleet.plan()
        fleet.work(1)
        fleet.plan()
        fleet.work(2)
        #expect(fleet.host(2)?.report?.state == .staging)
        fleet.apply(2)
        fleet.plan()
        // Its slot is all that there is: it goes on with the candidate there, and nobody else fetches beside it.
        #expect(fleet.host(2)?.item?.revision?.number == 2)
        let fetching = fleet.hosts.filter { host in
            host.item?.order == .stage && host.currentReport?.state != .staged
        }
        #expect(fetching.map(\.id) == ["h002"])
        fleet.stuckFetches = []
        fleet.settle()
        #expect(fleet.serving == [2, 2, 2])
    }

    @Test func slotsAreKnownBeforeTheFirstPlan() {
        var fleet = PlanningFleet(hosts: 2, policy: RolloutPolicy(waves: [.percent(100)]), site: { _ in "lyon" })
        fleet.stuckFetches = ["h001", "h002"]
        fleet.plan()
        fleet.work(1)
        var machine = DeploymentMachine(fleet.picture)
        #expect(machine.holders(at: fleet.now) == ["h001": "lyon", "h002": "lyon"])
        fleet.setDark(1)
        machine = DeploymentMachine(fleet.picture)
        #expect(machine.holders(at: fleet.now + PlanningTimes.dark) == ["h002": "lyon"])
    }

    @Test func anEndpointThatChangedWhileHostsWereStagedMovesNobodyAtOnce() {
        let policy = RolloutPolicy(waves: [.percent(100)], maxInFlight: .count(1))
        var fleet = PlanningFleet(hosts: 3, policy: policy)
        fleet.edit { $0.endpoint = Endpoint(port: 8080, to: "http") }
        fleet.settle()
        #expect(fleet.serving == [1, 1, 1])
        fleet.apply(2)
        fleet.edit { $0.endpoint = Endpoint(port: 9080, to: "http") }
        fleet.calendar = OpenTimes(
            periods: [.init(from: .init(milliseconds: 0), closedBecause: "outside its maintenance windows")],
            horizon: nil
        )
        fleet.plan()
        for number in 1...3 { fleet.work(number) }
        fleet.plan()
        fleet.apply(3)
        fleet.calendar = .always
        fleet.plan()
        #expect(fleet.hosts.count { $0.item?.order == .converge && $0.item?.endpoint?.port == 9080 } <= 1)
        fleet.settle()
        #expect(fleet.serving == [3, 3, 3])
    }

    @Test func goingBackToWhatServedTakesItsTurnToo() {
        var fleet = PlanningFleet(hosts: 4, policy: RolloutPolicy(waves: [.percent(100)], maxInFlight: .count(1)))
        fleet.plan()
        for number in 1...4 { fleet.work(number) }
        #expect(throws: Never.self) { try fleet.perform(.cancel) }
        // Nothing is settled, and a host that serves nothing may go back to what it served: one at a time.
        fleet.plan()
        #expect(fleet.hosts.count { $0.item?.order == .converge } == 1)
        fleet.settle()
        #expect(fleet.hosts.allSatisfy { $0.item?.order == .converge && $0.item?.revision == nil })
    }
}
