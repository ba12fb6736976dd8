import Fleet
import Testing

@testable import FleetPlanning

/// The rules of DESIGN §8 on what people, guards and a freeze say to a rollout.
@Suite struct RolloutCommandTests {
    @Test func aSkippedHostIsLeftAsItIsUntilTheRolloutIsOver() throws {
        var fleet = PlanningFleet.underWay(hosts: 10)
        // It has been asked to stage already: it is told to stay with what it serves.
        try fleet.perform(.skip(host: "h003"), reason: "in the workshop")
        var turns = 0
        while fleet.rollout?.state.isTerminal == false, turns < 60 {
            turns += 1
            fleet.plan()
            guard fleet.rollout?.state.isForward == true else { break }
            let item = fleet.host(3)?.item
            #expect(item?.order == .converge && item?.revision?.number == 1, "turn \(turns)")
            for number in 1...10 { fleet.work(number) }
        }
        #expect(fleet.rollout?.reason == "verified on 9 of 10 hosts; 1 were left out and follow when they can")
        fleet.settle()
        #expect(fleet.serving == Array(repeating: 2, count: 10))
        #expect(throws: RolloutRefusal.self) { try fleet.perform(.skip(host: "h003")) }
    }

    @Test func skippingAHostThatIsNotThereNamesTheNearest() {
        var fleet = PlanningFleet.underWay(hosts: 3)
        do throws(RolloutRefusal) {
            try fleet.perform(.skip(host: "h03"))
            Issue.record("it was accepted")
        } catch {
            #expect(error.next.contains("h003"))
        }
    }

    @Test func promoteFullOpensAllWavesButFinishesNone() throws {
        var fleet = PlanningFleet.underWay(
            hosts: 10,
            policy: RolloutPolicy(
                waves: [.count(1), .count(2), .percent(100)],
                maxInFlight: .percent(100),
                bake: .seconds(900)
            )
        )
        for _ in 0..<3 {
            for number in 1...10 { fleet.work(number) }
            fleet.plan()
        }
        #expect(fleet.rollout?.state == .baking)
        try fleet.perform(.promote(full: true))
        fleet.plan()
        #expect(fleet.rollout?.wave == 2)
        #expect(fleet.rollout?.state == .progressing)
        for _ in 0..<6 {
            for number in 1...10 { fleet.work(number) }
            fleet.plan()
        }
        #expect(fleet.rollout?.state == .succeeded)
    }

    @Test func retryNeedsSomethingToRetry() throws {
        var fleet = PlanningFleet.underWay(hosts: 3)
        #expect(throws: RolloutRefusal.self) { try fleet.perform(.retry) }
        try fleet.perform(.abort)
        fleet.settle()
        try fleet.perform(.retry)
        fleet.settle()
        #expect(fleet.rollout?.state == .succeeded)
        #expect(fleet.rollout?.actor == "ada")
        #expect(throws: RolloutRefusal.self) { try fleet.perform(.retry) }
    }

    @Test func guardsAreHeard() throws {
        for (verdict, state) in [
            (GuardVerdict.fail(reason: "error rate"), Rollout.State.aborting),
            (.inconclusive(reason: "no metrics"), .paused),
        ] {
            var fleet = PlanningFleet.underWay(
                hosts: 3,
                policy: RolloutPolicy(waves: [.count(1), .percent(100)], bake: .seconds(60))
            )
            for _ in 0..<3 {
                for number in 1...3 { fleet.work(number) }
                fleet.plan()
            }
            fleet.take(.guards(verdict))
            fleet.plan(after: .seconds(61))
            #expect(fleet.rollout?.state == state)
        }
    }

    @Test func nothingMovesWhileTheControllerIsFrozen() throws {
        var fleet = PlanningFleet.underWay(hosts: 3)
        for number in 1...3 { fleet.work(number) }
        fleet.edit { $0.isFrozen = true }
        let plan = fleet.plan()
        #expect(plan.items.isEmpty)
        #expect(fleet.rollout?.pause?.cause == .restored)
        fleet.rollBack()
        fleet.edit { $0.isRemoving = true }
        #expect(fleet.plan().items.isEmpty)
        #expect(throws: RolloutRefusal.self) { try fleet.perform(.resume) }
        fleet.edit { picture in
            picture.isRemoving = false
            picture.isFrozen = false
            picture.holds = []
        }
        fleet.plan()
        #expect(fleet.rollout?.pause?.cause == .restored)
        try fleet.perform(.resume)
        fleet.settle()
        #expect(fleet.serving == [2, 2, 2])
    }
}
