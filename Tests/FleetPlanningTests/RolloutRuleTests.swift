import Fleet
import Testing

@testable import FleetPlanning

/// The rules of DESIGN §8 one by one.
@Suite struct RolloutRuleTests {
    /// A fleet whose first revision has settled everywhere and whose second is on its way.
    private func underWay(
        hosts: Int,
        policy: RolloutPolicy = PlanningFleet.quick,
        site: (Int) -> String = { _ in "" }
    ) -> PlanningFleet {
        var fleet = PlanningFleet(hosts: hosts, policy: PlanningFleet.quick, site: site)
        fleet.settle()
        fleet.edit { $0.policy.rollout = policy }
        fleet.apply(2)
        return fleet
    }

    // MARK: Budgets

    @Test(arguments: [1, 2, 5])
    func noMoreThanMaxInFlightMove(limit: Int) {
        var fleet = underWay(
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
        var fleet = underWay(hosts: 20, policy: RolloutPolicy(waves: [.percent(100)], maxInFlight: .count(3)))
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
        var fleet = underWay(
            hosts: 10,
            policy: RolloutPolicy(waves: [.count(1), .count(3), .count(6), .percent(100)], maxInFlight: .percent(100))
        )
        fleet.plan()
        #expect(fleet.words == ["staging", "staging", "staging"] + Array(repeating: "waiting", count: 7))
    }

    // MARK: Clocks

    @Test(arguments: [
        (TargetState.pending, 600 as Int64), (.starting, 600), (.probing, 300), (.switching, 60), (.observing, 330),
    ])
    func aStepThatTakesTooLongIsAFailure(state: TargetState, seconds: Int64) {
        var fleet = underWay(hosts: 3)
        for number in 1...3 { fleet.work(number) }
        fleet.plan()
        fleet.say(1, state)
        let plan = fleet.plan()
        #expect(fleet.words[0] == "moving")
        guard let wakeAt = plan.wakeAt else {
            Issue.record("nothing wakes it")
            return
        }
        fleet.plan(after: Span(milliseconds: (wakeAt - fleet.now).milliseconds - 1))
        #expect(fleet.words[0] == "moving")
        fleet.plan(after: Span(milliseconds: 2))
        #expect(fleet.rollout?.state == .aborting, "\(fleet.summary)")
        #expect(fleet.host(1)?.target?.failure?.contains("\(Span.seconds(seconds))") == true)
        // It is sent back: the host said nothing of a failure.
        #expect(fleet.host(1)?.item?.revision?.number == 1)
    }

    @Test func aFetchWithoutProgressIsExcludedAndOneWithProgressIsNot() {
        var fleet = underWay(hosts: 3)
        for number in 2...3 { fleet.work(number) }
        for turn in 1...5 {
            fleet.say(1, .staging)
            fleet.report(1) { $0.fetchedBytes = Int64(turn) }
            fleet.plan(after: .seconds(100))
            #expect(fleet.words[0] == "staging")
        }
        fleet.plan(after: .seconds(119))
        #expect(fleet.words[0] == "staging")
        fleet.plan(after: .seconds(2))
        #expect(fleet.words[0] == "excluded")
        #expect(fleet.rollout?.pause?.cause == .excluded)
    }

    @Test func aPauseStopsTheClocks() throws {
        var fleet = underWay(hosts: 3)
        for number in 1...3 { fleet.work(number) }
        fleet.plan()
        fleet.say(1, .probing)
        fleet.plan()
        try fleet.perform(.pause, reason: "a look at the graphs")
        fleet.plan(after: .seconds(3600))
        #expect(fleet.words[0] == "moving")
        #expect(fleet.rollout?.pause?.actor == "ada")
        #expect(throws: RolloutRefusal.self) { try fleet.perform(.pause) }
        try fleet.perform(.resume)
        fleet.plan(after: .seconds(299))
        #expect(fleet.words[0] == "moving")
        fleet.plan(after: .seconds(2))
        #expect(fleet.rollout?.state == .aborting)
    }

    @Test func aFailureIsHeardInAPause() throws {
        var fleet = underWay(hosts: 3)
        for number in 1...3 { fleet.work(number) }
        fleet.plan()
        try fleet.perform(.pause)
        fleet.say(1, .reverted, reason: "wrong answer", failure: .init(kind: .transition, state: .probing))
        fleet.plan()
        #expect(fleet.rollout?.state == .aborting)
    }

    @Test func aHostInMidTransitionEndsItBeforeANewerRolloutAsksIt() {
        var fleet = underWay(hosts: 3, policy: RolloutPolicy(waves: [.percent(100)], maxInFlight: .count(1)))
        for number in 1...3 { fleet.work(number) }
        fleet.plan()
        fleet.say(1, .observing)
        fleet.apply(3)
        for number in 2...3 { fleet.work(number) }
        fleet.plan()
        #expect(fleet.host(1)?.item?.revision?.number == 2)
        #expect(fleet.hosts.dropFirst().allSatisfy { $0.item?.order == .stage })
        fleet.work(1)
        fleet.settle()
        #expect(fleet.serving == [3, 3, 3])
    }

    @Test func anHourWithoutANewHostPauses() {
        var fleet = underWay(
            hosts: 10,
            policy: RolloutPolicy(waves: [.percent(100)], unreachable: .wait(.seconds(90_000)))
        )
        for number in 2...10 { fleet.setDark(number) }
        fleet.work(1)
        fleet.plan()
        fleet.work(1)
        fleet.plan()
        #expect(fleet.words[0] == "verified")
        fleet.plan(after: .seconds(3598))
        #expect(fleet.rollout?.state == .progressing)
        fleet.plan(after: .seconds(3))
        #expect(fleet.rollout?.pause?.cause == .stalled)
    }

    @Test func aBakeLastsItsTimeAndPromoteEndsIt() throws {
        var fleet = underWay(hosts: 3, policy: RolloutPolicy(waves: [.count(1), .percent(100)], bake: .seconds(300)))
        for _ in 0..<3 {
            for number in 1...3 { fleet.work(number) }
            fleet.plan()
        }
        #expect(fleet.rollout?.state == .baking)
        fleet.plan(after: .seconds(290))
        #expect(fleet.rollout?.wave == 0)
        fleet.plan(after: .seconds(10))
        #expect(fleet.rollout?.wave == 1)
        for _ in 0..<6 {
            for number in 1...3 { fleet.work(number) }
            fleet.plan()
        }
        #expect(fleet.rollout?.state == .baking)
        try fleet.perform(.promote(full: false))
        #expect(fleet.rollout?.state == .succeeded)
    }

    // MARK: Failures and exclusions

    @Test func laterWavesBearSoManyFailures() {
        var fleet = underWay(
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
        var fleet = underWay(hosts: 30)
        fleet.say(4, .reverted, reason: "sha256 differs", failure: .init(kind: .digest, state: .staging))
        fleet.plan()
        #expect(fleet.rollout?.pause?.cause == .digest)
        #expect(fleet.rollout?.reason.contains("h004: sha256 differs") == true)
    }

    @Test func aHostThatRefusesIsExcludedAndTheRestGoOn() {
        var fleet = underWay(hosts: 10)
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
        var fleet = underWay(
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

    @Test func aFirstHostThatGoesDarkIsReplaced() {
        var fleet = underWay(hosts: 10)
        fleet.setDark(1)
        fleet.settle()
        #expect(fleet.rollout?.state == .succeeded)
        #expect(fleet.serving == [1] + Array(repeating: 2, count: 9))
    }

    // MARK: People

    @Test func aSkippedHostIsLeftAsItIsUntilTheRolloutIsOver() throws {
        var fleet = underWay(hosts: 10)
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
        var fleet = underWay(hosts: 3)
        do throws(RolloutRefusal) {
            try fleet.perform(.skip(host: "h03"))
            Issue.record("it was accepted")
        } catch {
            #expect(error.next.contains("h003"))
        }
    }

    @Test func promoteFullOpensAllWavesButFinishesNone() throws {
        var fleet = underWay(
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
        var fleet = underWay(hosts: 3)
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
            var fleet = underWay(
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
        var fleet = underWay(hosts: 3)
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

    // MARK: Removal

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
