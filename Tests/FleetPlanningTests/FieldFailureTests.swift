import Fleet
import Testing

@testable import FleetPlanning

/// What went wrong in other systems, each by its name.
@Suite struct FieldFailureTests {
    @Test func aWaveDoesNotAdvanceOnDelivered() {
        var fleet = PlanningFleet(hosts: 4)
        fleet.plan()
        for number in 1...4 { fleet.work(number) }
        fleet.plan()
        for state in [TargetState.pending, .staging, .staged, .starting, .probing, .switching, .observing] {
            fleet.say(1, state)
            fleet.plan()
            #expect(fleet.rollout?.wave == 0, "\(state)")
            #expect(fleet.hosts.count { $0.item?.order == .converge } == 1, "\(state)")
        }
        fleet.work(1)
        fleet.plan()
        #expect(fleet.rollout?.wave == 1)
    }

    @Test func aHostThatDiesInMidUpdateDoesNotStayInProgress() {
        var fleet = PlanningFleet(
            hosts: 30,
            policy: RolloutPolicy(waves: [.count(10), .percent(100)], maxFailed: .count(1))
        )
        fleet.plan()
        for number in 1...30 { fleet.work(number) }
        fleet.plan()
        // Three are in flight; one of them dies.
        #expect(fleet.words.count { $0 == "moving" } == 3)
        fleet.say(1, .starting)
        fleet.setDark(1)
        let due = fleet.now + .seconds(600)
        let plan = fleet.plan(after: .seconds(50))
        #expect(plan.wakeAt == due)
        for number in 2...3 { fleet.say(number, .starting) }
        fleet.plan(after: .seconds(549))
        #expect(fleet.words[0] == "moving")
        fleet.plan(after: .seconds(1))
        #expect(fleet.words[0] == "presumed failed")
        // The first wave bears no failure.
        #expect(fleet.rollout?.state == .aborting)
        #expect(fleet.rollout?.reason.contains("h001") == true)
        fleet.settle()
        #expect(fleet.rollout?.state == .aborted)
        #expect(fleet.rollout?.reason.contains("h001") == true)
    }

    @Test func aPresumedFailureIsReplacedByTheHostsOwnOutcome() {
        var fleet = PlanningFleet(
            hosts: 10,
            policy: RolloutPolicy(waves: [.count(1), .percent(100)], maxFailed: .count(1))
        )
        fleet.settle(limit: 4)
        while fleet.rollout?.wave == 0 {
            fleet.plan()
            for number in 1...10 { fleet.work(number) }
        }
        fleet.plan()
        guard let moving = fleet.words.firstIndex(of: "moving") else {
            Issue.record("nobody moves: \(fleet.summary)")
            return
        }
        fleet.setDark(moving + 1)
        fleet.plan(after: .seconds(600))
        #expect(fleet.words[moving] == "presumed failed")
        #expect(fleet.rollout?.state == .progressing)
        fleet.setDark(moving + 1, false)
        fleet.work(moving + 1)
        fleet.plan()
        #expect(fleet.words[moving] == "verified")
        fleet.settle()
        #expect(fleet.rollout?.state == .succeeded)
        #expect(fleet.rollout?.reason == "verified on 10 of 10 hosts")
    }

    @Test func offlineTwoEditsAndBackIsNotStale() {
        var fleet = PlanningFleet(hosts: 10)
        fleet.settle()
        fleet.setDark(7)
        fleet.apply(2)
        fleet.settle()
        fleet.apply(3)
        fleet.settle()
        #expect(fleet.serving == [3, 3, 3, 3, 3, 3, 1, 3, 3, 3])
        fleet.setDark(7, false)
        fleet.settle()
        #expect(fleet.serving == Array(repeating: 3, count: 10))
    }

    @Test func aHealedLinkDoesNotUpdateAFifthOfTheFleetAtOnce() {
        var fleet = PlanningFleet(
            hosts: 50,
            policy: RolloutPolicy(waves: [.count(1), .percent(100)], maxInFlight: .percent(10))
        ) {
            $0 % 5 == 0 ? "ulm" : "lyon"
        }
        fleet.settle()
        #expect(fleet.serving == Array(repeating: 1, count: 50))
        for number in stride(from: 5, through: 50, by: 5) { fleet.setDark(number) }
        fleet.apply(2)
        fleet.settle()
        #expect(fleet.rollout?.state == .succeeded)
        for number in stride(from: 5, through: 50, by: 5) { fleet.setDark(number, false) }
        var most = 0
        for _ in 0..<60 {
            fleet.plan()
            let moving = fleet.hosts.filter { $0.site == "ulm" && $0.report?.serving?.number == 1 }
                .count { $0.item?.order == .converge && $0.item?.revision?.number == 2 }
            most = max(most, moving)
            for number in 1...50 { fleet.work(number) }
        }
        // A tenth of the ten hosts of that site.
        #expect(most == 1)
        #expect(fleet.serving == Array(repeating: 2, count: 50))
    }

    @Test func hostsThatJoinInMidRolloutGetWhatIsSettled() {
        var fleet = PlanningFleet(hosts: 3)
        fleet.settle()
        fleet.apply(2)
        fleet.plan()
        for number in 4...9 {
            let id = PlanningFleet.id(number)
            fleet.take(.host(DeploymentPicture.Host(id: id, name: id, isSelected: true)))
        }
        for _ in 0..<3 {
            fleet.plan()
            for number in 4...9 { fleet.work(number) }
            for host in fleet.hosts.suffix(6) { #expect(host.item?.revision?.number ?? 1 == 1) }
        }
        #expect(fleet.serving.suffix(6) == [1, 1, 1, 1, 1, 1])
        #expect(fleet.rollout?.size == 3)
        fleet.settle()
        #expect(fleet.serving == Array(repeating: 2, count: 9))
    }

    @Test func nothingIsAcceptedWithoutASign() {
        var fleet = PlanningFleet(hosts: 5)
        for number in 1...5 { fleet.setDark(number) }
        fleet.plan()
        #expect(fleet.rollout?.state == .preflight)
        let words = fleet.explanations.first { $0.why.contains("has not begun") }
        #expect(words?.why.contains("none of the 5 hosts of the list can take it now") == true)
        #expect(words?.next != nil)
        #expect(words?.since != nil)
        for number in 1...5 { fleet.setDark(number, false) }
        fleet.settle()
        #expect(fleet.rollout?.state == .succeeded)
    }

    @Test func aProgressDeadlineDoesNotTripAtNight() {
        var fleet = PlanningFleet(hosts: 3)
        fleet.settle()
        fleet.apply(2)
        fleet.work(1)
        fleet.plan()
        #expect(fleet.words[0] == "moving")
        let morning = fleet.now + .seconds(12 * 3600)
        fleet.calendar = OpenTimes(
            periods: [
                .init(from: .init(milliseconds: 0), closedBecause: "outside its maintenance windows"),
                .init(from: morning),
            ],
            horizon: nil
        )
        for number in 1...3 { fleet.work(number) }
        let plan = fleet.plan(after: .seconds(60))
        #expect(plan.wakeAt == morning)
        #expect(fleet.rollout?.reason.contains("it opens at \(morning)") == true)
        fleet.plan(after: .seconds(8 * 3600))
        #expect(fleet.rollout?.state == .baking)
        #expect(fleet.rollout?.pause == nil)
        #expect(fleet.words == ["verified", "staged", "staged"])
        fleet.plan(after: .seconds(4 * 3600))
        #expect(fleet.rollout?.wave == 1)
        fleet.settle()
        #expect(fleet.rollout?.state == .succeeded)
    }
}
