import Fleet
import Testing

@testable import FleetPlanning

/// The rules of DESIGN §8 on failures, exclusions and hosts that cannot be reached.
@Suite struct RolloutFailureTests {
    @Test func laterWavesBearSoManyFailures() {
        var fleet = PlanningFleet.underWay(
            hosts: 20,
            policy: RolloutPolicy(
                waves: [.count(1), .percent(100)],
                maxInFlight: .percent(100),
                maxFailed: .percent(10)
            )
        )
        while fleet.rollout?.wave == 0 {
            for number in 1...20 { fleet.work(number) }
            fleet.plan()
        }
        let failure = ReplicaFailure(kind: .transition, state: .probing)
        for number in 5...6 { fleet.say(number, .reverted, reason: "wrong answer", failure: failure) }
        fleet.plan()
        #expect(fleet.rollout?.state == .progressing)
        let kept = fleet.host(5)?.item
        #expect(kept?.revision?.number == 2)
        fleet.say(7, .failed, reason: "wrong answer", failure: failure)
        fleet.plan()
        #expect(fleet.rollout?.state == .aborting)
        #expect(fleet.rollout?.reason.contains("3 hosts failed, and 10% (2) may") == true)
    }

    @Test func aWrongDigestPausesAtOnce() {
        var fleet = PlanningFleet.underWay(hosts: 30)
        fleet.say(4, .reverted, reason: "sha256 differs", failure: .init(kind: .digest, state: .staging))
        fleet.plan()
        #expect(fleet.rollout?.pause?.cause == .digest)
        #expect(fleet.rollout?.reason.contains("h004: sha256 differs") == true)
    }

    @Test func aHostThatRefusesIsExcludedAndTheRestGoOn() {
        var fleet = PlanningFleet.underWay(hosts: 10)
        fleet.refusing = ["h004"]
        fleet.settle()
        #expect(fleet.rollout?.state == .succeeded)
        #expect(fleet.rollout?.reason == "verified on 9 of 10 hosts; 1 were left out and follow when they can")
    }

    @Test func aRolloutThatEveryHostRefusesAsksAPerson() {
        var fleet = PlanningFleet(hosts: 1)
        fleet.refusing = ["h001"]
        fleet.settle()
        #expect(fleet.rollout?.pause?.cause == .unproven)
        #expect(fleet.rollout?.reason.contains("h001: not enough memory") == true)
    }

    @Test func aChangedEndpointMovesSoManyAtATime() {
        var fleet = PlanningFleet(hosts: 6, policy: RolloutPolicy(waves: [.percent(100)], maxInFlight: .count(2)))
        fleet.settle()
        fleet.edit { $0.endpoint = Endpoint(port: 9090, to: "http") }
        var most = 0
        for _ in 0..<20 {
            fleet.plan()
            most = max(
                most,
                fleet.hosts.count { $0.item?.order == .converge && $0.currentReport == nil && $0.item?.endpoint != nil }
            )
            for number in 1...6 { fleet.work(number) }
        }
        #expect(most == 2)
        #expect(fleet.hosts.allSatisfy { $0.item?.endpoint?.port == 9090 })
    }

    @Test func aStandingMoveWaitsForTheWindowAndIsWokenByIt() {
        var fleet = PlanningFleet(hosts: 5)
        fleet.settle()
        fleet.setDark(2)
        fleet.apply(2)
        fleet.settle()
        let opening = fleet.now + .seconds(7200)
        fleet.calendar = OpenTimes(
            periods: [.init(from: .init(milliseconds: 0), closedBecause: "frozen: the fair"), .init(from: opening)],
            horizon: nil
        )
        fleet.setDark(2, false)
        fleet.plan()
        fleet.work(2)
        fleet.plan()
        #expect(fleet.plan().wakeAt == opening)
        #expect(fleet.serving[1] == 1)
        fleet.plan(after: .seconds(7200))
        fleet.settle()
        #expect(fleet.serving[1] == 2)
    }

    @Test func unreachableHostsFailWhereThePolicySaysSo() {
        var fleet = PlanningFleet.underWay(
            hosts: 10,
            policy: RolloutPolicy(waves: [.count(1), .percent(100)], maxFailed: .count(0), unreachable: .fail)
        )
        fleet.setDark(5)
        for _ in 0..<6 {
            fleet.plan()
            for number in 1...10 { fleet.work(number) }
        }
        #expect(fleet.rollout?.state == .aborting || fleet.rollout?.state == .aborted)
        #expect(fleet.host(5)?.target?.failure != nil)
    }

    /// Its turn comes with its wave: a pause of a rollout that has not begun gives nobody a turn.
    @Test func nobodyFailsInAPauseBeforeTheFirstWave() throws {
        var fleet = PlanningFleet(
            hosts: 3,
            policy: RolloutPolicy(waves: [.percent(100)], maxFailed: .count(0), unreachable: .fail)
        )
        fleet.settle()
        let opening = fleet.now + .seconds(7200)
        fleet.calendar = OpenTimes(
            periods: [.init(from: .init(milliseconds: 0), closedBecause: "frozen: the fair"), .init(from: opening)],
            horizon: nil
        )
        fleet.apply(2)
        fleet.plan()
        #expect(fleet.rollout?.state == .preflight)
        try fleet.perform(.pause)
        fleet.setDark(2)
        fleet.plan()
        #expect(fleet.host(2)?.target?.failure == nil)
        fleet.setDark(2, false)
        try fleet.perform(.resume)
        fleet.plan()
        #expect(fleet.rollout?.state == .preflight)
        fleet.plan(after: .seconds(7200))
        fleet.settle()
        #expect(fleet.serving == [2, 2, 2])
    }

    @Test func aFirstHostThatGoesDarkIsReplaced() {
        var fleet = PlanningFleet.underWay(hosts: 10)
        fleet.setDark(1)
        fleet.settle()
        #expect(fleet.rollout?.state == .succeeded)
        #expect(fleet.serving == [1] + Array(repeating: 2, count: 9))
    }
}
