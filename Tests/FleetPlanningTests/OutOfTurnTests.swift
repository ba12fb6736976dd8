import Fleet
import Testing

@testable import FleetPlanning

/// Nobody begins, tries again or is asked again when it is not their turn: found by the simulator.
@Suite struct OutOfTurnTests {
    @Test func aHostThatIsReadyAlreadyIsHeardWithoutBeingAskedAgain() throws {
        var fleet = PlanningFleet(hosts: 3)
        fleet.plan()
        fleet.plan()
        fleet.work(1)
        let item = fleet.host(1)?.item
        #expect(item?.order == .stage)
        try fleet.perform(.cancel)
        try fleet.perform(.retry)
        #expect(fleet.rollout?.state.isForward == true)
        #expect(fleet.host(1)?.item == item)
        let plan = fleet.plan()
        #expect(plan.items["h001"].map { $0.order == .converge } ?? (fleet.host(1)?.item == item))
        fleet.plan()
        #expect(fleet.host(1)?.target?.asked == .go)
    }

    @Test func whatIsBroughtUpToDateIsNotTriedAgain() {
        var fleet = PlanningFleet(hosts: 3)
        fleet.settle()
        #expect(fleet.rollout?.state == .succeeded)
        fleet.report(2) { report in
            report.state = .reverted
            report.serving = nil
            report.failure = ReplicaFailure(kind: .transition, state: .starting)
        }
        let other = PlanningFleet.revision(9).reference
        let hold = Hold(id: "x", deployment: "d", revision: other, actor: "ada", reason: "wrong", since: fleet.now)
        fleet.edit { $0.holds.append(hold) }
        let plan = fleet.plan()
        #expect(plan.items.keys.sorted() == ["h001", "h003"])
    }

    /// It was removed since, and makes ready what is wanted like any new host: it does not stay ready for ever.
    @Test func aHostThatFailedAndIsSelectedAgainGoes() {
        var policy = PlanningFleet.quick
        policy.maxFailed = .count(1)
        var fleet = PlanningFleet(hosts: 3, policy: policy)
        fleet.settle()
        fleet.apply(2)
        for _ in 0..<8 {
            for number in 1...2 { fleet.work(number) }
            if fleet.host(3)?.item?.order == .stage {
                fleet.work(3)
            } else if fleet.host(3)?.target?.asked == .go {
                fleet.say(3, .reverted, failure: ReplicaFailure(kind: .transition, state: .switching))
            }
            fleet.plan()
        }
        #expect(fleet.rollout?.state == .succeeded)
        #expect(fleet.serving == [2, 2, 1])
        fleet.edit { $0.hosts[2].isSelected = false }
        fleet.settle()
        #expect(fleet.host(3)?.item == nil)
        fleet.take(.report(host: "h003", nil))
        fleet.edit { $0.hosts[2].isSelected = true }
        fleet.settle()
        #expect(fleet.serving == [2, 2, 2])
    }

    @Test func whatPausesItBeginsNothing() throws {
        var fleet = PlanningFleet(hosts: 10)
        fleet.stuckFetches = ["h002", "h003", "h004"]
        for _ in 0..<3 {
            fleet.plan()
            for number in 1...4 { fleet.work(number) }
        }
        #expect(fleet.rollout?.wave == 1)
        // In one step three fetches have run out of time and another host is ready for its turn.
        fleet.say(5, .staged)
        fleet.plan(after: PlanningTimes.fetch)
        #expect(fleet.rollout?.pause?.cause == .excluded)
        #expect(fleet.host(5)?.item?.order == .stage)
        try fleet.perform(.resume)
        fleet.plan()
        #expect(fleet.host(5)?.item?.order == .converge)
    }

    /// What a host had made ready may be gone after a rollback: it makes it ready again before it goes.
    @Test func aRollbackTakesThePlaceOfAnOrderToStage() throws {
        var fleet = PlanningFleet(hosts: 2, policy: RolloutPolicy(waves: [.percent(100)], maxFailed: .count(0)))
        fleet.settle()
        fleet.apply(2)
        fleet.settle()
        fleet.calendar = OpenTimes(
            periods: [
                .init(from: .init(milliseconds: 0), closedBecause: "frozen: the fair"),
                .init(from: fleet.now + .seconds(7200)),
            ],
            horizon: nil
        )
        fleet.apply(3)
        for number in 1...2 { fleet.work(number) }
        fleet.plan()
        #expect(fleet.hosts.allSatisfy { $0.target?.state == .staged })
        let now = fleet.now
        fleet.edit { picture in
            let hold = Hold(
                id: "b-2",
                deployment: "d",
                revision: PlanningFleet.revision(2).reference,
                actor: "ada",
                reason: "wrong",
                since: now,
                rollback: "b"
            )
            picture.holds.append(hold)
            picture.rollbacks.append(RollbackOrder(rollback: "b", deployment: "d", at: now))
        }
        fleet.settle()
        #expect(fleet.serving == [1, 1])
        #expect(fleet.rollout?.state == .preflight)
        #expect(fleet.hosts.allSatisfy { $0.item?.order == .stage && $0.target?.state == .staged })
        fleet.plan(after: .seconds(7200))
        fleet.settle()
        #expect(fleet.serving == [3, 3])
    }

    /// It had everything ready, its agent was started anew, and then it refused: it starts again what it serves, and says both.
    @Test func aHostThatRefusesAfterAllIsNotToldToGo() {
        var fleet = PlanningFleet.underWay(hosts: 10)
        for number in 2...10 { fleet.work(number) }
        fleet.plan()
        #expect(fleet.words[1] == "staged")
        let failure = ReplicaFailure(kind: .refused, state: .staging)
        fleet.say(2, .starting, reason: "not enough memory is free", failure: failure)
        fleet.work(1)
        fleet.plan()
        fleet.work(1)
        for _ in 0..<3 { fleet.plan() }
        #expect(fleet.rollout?.wave == 1)
        #expect(fleet.host(2)?.item?.order == .stage)
        #expect(fleet.words[1] == "excluded")
    }

    /// The store is a backup in which the host stands staged; it has moved on since, under an item that is not known here.
    @Test func aHostThatSpeaksOfAnotherItemIsNotReady() {
        var fleet = PlanningFleet.underWay(hosts: 4)
        for number in 2...4 { fleet.work(number) }
        fleet.plan()
        #expect(fleet.words[1] == "staged")
        let other = PlanningFleet.revision(9).reference
        fleet.report(2) {
            $0.item = 99
            $0.state = .verified
            $0.goal = other
            $0.serving = other
        }
        fleet.work(1)
        fleet.plan()
        fleet.work(1)
        for _ in 0..<3 { fleet.plan() }
        #expect(fleet.rollout?.wave == 1)
        #expect(fleet.words == ["verified", "staging", "moving", "moving"], "\(fleet.summary)")
        fleet.work(2)
        fleet.plan()
        #expect(fleet.words[1] == "moving")
    }

    /// Nothing is wanted, and hosts serve what served before; then a hold is lifted, and something is wanted again: they wait
    /// for their turn, and being told of the holds is none.
    @Test func aLiftedHoldMovesNobodyAtOnceWhereNothingWasWanted() {
        var fleet = PlanningFleet(hosts: 5, policy: RolloutPolicy(waves: [.percent(100)], maxInFlight: .count(1)))
        fleet.settle()
        fleet.hold(1)
        fleet.settle()
        #expect(fleet.hosts.allSatisfy { $0.item?.order == .converge && $0.item?.revision == nil })
        let other = PlanningFleet.revision(9).reference
        for number in 1...5 {
            fleet.report(number) {
                $0.state = .verified
                $0.serving = other
            }
        }
        fleet.plan()
        fleet.edit { $0.holds = [] }
        // A person's transaction admits nobody.
        var machine = DeploymentMachine(fleet.picture)
        var none: SiteLedger?
        let plan = machine.plan(at: fleet.now, calendar: .always, sites: &none, freshRollout: "x")
        #expect(plan.items.isEmpty, "\(plan.words)")
        fleet.plan()
        #expect(fleet.hosts.allSatisfy { $0.item?.order == .stage }, "\(fleet.summary)")
        fleet.settle()
        #expect(fleet.serving == [1, 1, 1, 1, 1])
    }

    /// It had refused the same order before, and was not asked anew: what it said then pauses the rollout before anybody moves.
    @Test func whatWasRefusedBeforePausesWhatWouldMove() {
        var policy = PlanningFleet.quick
        policy.waves = [.count(1), .count(2), .percent(100)]
        var fleet = PlanningFleet(hosts: 4, policy: policy)
        fleet.settle()
        fleet.apply(2)
        fleet.plan()
        fleet.work(1)
        fleet.work(2)
        fleet.plan()
        #expect(fleet.host(1)?.target?.asked == .go && fleet.host(2)?.target?.state == .staged)
        // The third was to stage it for an older rollout, and refused.
        let item = fleet.host(2)?.item
        fleet.edit { picture in
            picture.hosts[2].item = item
            picture.hosts[2].item?.number = 77
            picture.hosts[2].report?.item = 77
            picture.hosts[2].report?.goal = item?.revision?.reference
            picture.hosts[2].report?.state = .reverted
            picture.hosts[2].report?.failure = ReplicaFailure(kind: .refused, state: .staging)
        }
        fleet.work(1)
        let plan = fleet.plan()
        #expect(fleet.rollout?.state == .paused && fleet.rollout?.pause?.cause == .excluded)
        #expect(!plan.items.values.contains { $0.order == .converge })
    }

    /// After a restore: its order is older than what it has done since, and leads where it serves.
    @Test func whoeverIsAtRestWhereItIsToldToBeDoesNotMove() throws {
        var policy = PlanningFleet.quick
        policy.waves = [.percent(100)]
        policy.maxInFlight = .count(1)
        var fleet = PlanningFleet(hosts: 3, policy: policy)
        fleet.settle()
        fleet.apply(2)
        for _ in 0..<6 {
            for number in 1...3 { fleet.work(number) }
            fleet.plan()
        }
        fleet.edit { picture in
            for index in picture.hosts.indices {
                picture.hosts[index].report?.item = 99
                picture.hosts[index].report?.state = .reverted
                picture.hosts[index].report?.goal = PlanningFleet.revision(9).reference
                picture.hosts[index].target?.asked = .go
                picture.hosts[index].target?.state = .pending
            }
            picture.succeeded = picture.succeeded.filter { $0.number == 1 }
            picture.rollout?.state = .progressing
        }
        try fleet.perform(.abort)
        fleet.plan()
        #expect(fleet.serving == [2, 2, 2] && fleet.rollout?.state == .aborting)
        // Those that have not answered have the places of the others.
        #expect(fleet.hosts.count { $0.item?.revision?.number == 1 } <= 1)
    }

    /// A rollback took it where it is, and its hold is lifted: it stays, and is told so.
    @Test func whoeverIsLeftHearsThatAHoldIsLifted() throws {
        var fleet = PlanningFleet.rolledBack(hosts: 2)
        #expect(fleet.serving == [1, 1] && fleet.host(1)?.item?.holds.count == 1)
        // Its own target was another than what was wanted, so that it has got no order since.
        fleet.edit { picture in
            for index in picture.hosts.indices {
                let id = picture.hosts[index].entry?.rollback ?? ""
                picture.hosts[index].item?.order = .rollback(id: id, turn: .go)
                picture.hosts[index].item?.revision = nil
            }
            PlanningFleet.lift(&picture)
        }
        fleet.settle()
        #expect(fleet.serving == [1, 1])
        #expect(fleet.hosts.allSatisfy { $0.item?.holds.isEmpty == true })
    }

    /// It had been told to make ready what it is not to serve before a person says so.
    @Test func whoeverIsLeftIsSpokenOfWhateverItHasReady() {
        var fleet = PlanningFleet.rolledBack(hosts: 2)
        fleet.edit { picture in
            picture.hosts[0].item?.order = .stage
            picture.hosts[0].item?.revision = PlanningFleet.revision(2)
            picture.hosts[0].report?.goal = PlanningFleet.revision(2).reference
            picture.hosts[0].report?.state = .staged
            PlanningFleet.lift(&picture)
        }
        #expect(fleet.explanations.contains { $0.why.contains("h001 was rolled back from revision 2") })
    }

    /// Another hold condemns what it was taken to: it goes to what is wanted, in its turn.
    @Test func whoeverIsLeftOnWhatIsCondemnedGoesOn() {
        var fleet = PlanningFleet.rolledBack(hosts: 2)
        let old = PlanningFleet.revision(1).reference
        let now = fleet.now
        fleet.edit { PlanningFleet.lift(&$0) }
        fleet.settle()
        #expect(fleet.serving == [1, 1])
        let hold = Hold(id: "x", deployment: "d", revision: old, actor: "ada", reason: "wrong", since: now)
        fleet.edit { $0.holds = [hold] }
        fleet.settle()
        #expect(fleet.serving == [2, 2])
    }

    /// It waits for its turn, with everything ready, and may be restarted meanwhile.
    @Test func whoeverIsReadyHearsOfHolds() {
        var fleet = PlanningFleet(hosts: 3, policy: PlanningFleet.oneByOne)
        fleet.settle()
        fleet.apply(2)
        for _ in 0..<3 {
            for number in 2...3 { fleet.work(number) }
            fleet.plan()
        }
        #expect(fleet.host(3)?.item?.order == .stage && fleet.host(3)?.target?.state == .staged)
        let other = PlanningFleet.revision(9).reference
        let hold = Hold(id: "x", deployment: "d", revision: other, actor: "ada", reason: "wrong", since: fleet.now)
        fleet.edit { $0.holds = [hold] }
        fleet.plan()
        #expect(fleet.host(3)?.item?.holds == [hold] && fleet.host(3)?.item?.order == .stage)
        let turns = fleet.settle()
        #expect(turns < 60 && fleet.serving == [2, 2, 2])
    }

    /// Who tried another version at a new endpoint and went back is at the old one still: it moves in its turn, though it
    /// serves what is wanted.
    @Test func whoWentBackIsNotAtTheNewEndpoint() {
        let policy = RolloutPolicy(waves: [.percent(100)], maxInFlight: .count(1), maxFailed: .count(3))
        var fleet = PlanningFleet(hosts: 3, policy: policy)
        fleet.edit { $0.endpoint = Endpoint(port: 8080, to: "http") }
        fleet.settle()
        fleet.edit { $0.endpoint = Endpoint(port: 9080, to: "http") }
        fleet.badVersions = [2]
        fleet.apply(2)
        fleet.settle()
        #expect(fleet.serving == [1, 1, 1])
        fleet.edit { picture in
            picture.revisions.append(picture.written)
            picture.written = PlanningFleet.revision(1)
            picture.written.number = 3
            picture.freshRequest = "ada"
        }
        for _ in 0..<20 {
            fleet.plan()
            let moving = fleet.hosts.filter { host in
                host.item?.order == .converge && host.item?.endpoint != host.report?.endpoint
            }
            #expect(moving.count <= 1, "\(fleet.summary)")
            for number in 1...3 { fleet.work(number) }
        }
        #expect(fleet.hosts.allSatisfy { $0.report?.endpoint?.port == 9080 })
    }

    /// Nobody found a way back, and the order named another endpoint: when it is undone they move there in their turn.
    @Test func whoeverCouldNotGoBackIsNotAtTheNewEndpoint() {
        var fleet = PlanningFleet(hosts: 4, policy: PlanningFleet.oneByOne)
        fleet.settle()
        fleet.rollBack()
        fleet.edit { $0.endpoint = Endpoint(port: 9090, to: "http") }
        fleet.settle()
        #expect(fleet.serving == [1, 1, 1, 1] && fleet.receipts.allSatisfy { $0 == "noTarget" })
        fleet.edit { picture in
            picture.holds = []
            picture.rollbacks = []
        }
        let plan = fleet.plan()
        #expect(plan.items.count { $0.value.order == .converge } <= 1)
    }

    /// The rollback is taken back, and something else is wanted than what they left: all of them were told to turn round there.
    @Test func whoeverGoesBackArrivesBeforeItGoesElsewhere() {
        var fleet = PlanningFleet(hosts: 4, policy: PlanningFleet.oneByOne)
        fleet.settle()
        for version in 2...3 {
            fleet.apply(version)
            fleet.settle()
        }
        fleet.rollBack()
        fleet.plan()
        for number in 1...2 { fleet.say(number, .starting) }
        #expect(fleet.turns.prefix(2) == ["go", "go"])
        fleet.edit { picture in
            picture.holds = []
            picture.rollbacks = []
            picture.succeeded = [3, 2, 1].map { PlanningFleet.revision($0).reference }
        }
        let plan = fleet.plan()
        #expect(plan.items["h001"] == nil && plan.items["h002"] == nil)
        let turns = fleet.settle()
        #expect(turns < 60 && fleet.serving == [1, 1, 1, 1])
    }

    /// It failed on the way back, and the hold was lifted: what it says of that is all that is known, and it is not asked again.
    @Test func whoeverCouldNotGoBackIsNotAskedAgain() {
        var fleet = PlanningFleet(hosts: 2)
        fleet.settle()
        fleet.apply(2)
        fleet.settle()
        let id = fleet.rollBack() ?? ""
        fleet.plan()
        let serving = fleet.host(1)?.report?.serving
        for number in 1...2 {
            let item = fleet.host(number)?.item?.number ?? 0
            fleet.report(number) { report in
                report.item = item
                report.state = .reverted
                report.goal = PlanningFleet.revision(1).reference
                report.receipt = .failed(cause: "expected 0, got 1", serving: serving)
                report.failure = ReplicaFailure(kind: .transition, state: .probing)
            }
        }
        fleet.plan()
        #expect(fleet.receipts == ["failed", "failed"] && fleet.host(1)?.entry?.rollback == id)
        fleet.edit { $0.holds = [] }
        let turns = fleet.settle()
        #expect(turns < 60 && fleet.serving == [2, 2])
        #expect(fleet.hosts.allSatisfy { $0.report?.state == .reverted })
    }

    /// It cannot have the files of a target that nobody wants any more: it is free for what is wanted, and keeps nobody's place.
    @Test func whoeverStillGetsReadyIsFreeWhenItsRollbackIsOver() {
        var fleet = PlanningFleet(hosts: 3, policy: PlanningFleet.oneByOne)
        fleet.settle()
        for version in 2...3 {
            fleet.apply(version)
            fleet.settle()
        }
        fleet.rollBack()
        fleet.plan()
        #expect(fleet.turns.first == "go")
        fleet.say(1, .staging, reason: "its files cannot be had")
        fleet.edit { picture in
            picture.holds = []
            picture.rollbacks = []
            picture.succeeded = [3, 2, 1].map { PlanningFleet.revision($0).reference }
        }
        fleet.plan()
        #expect(fleet.host(1)?.item?.order == .stage)
        let turns = fleet.settle()
        #expect(turns < 90 && fleet.serving == [1, 1, 1])
    }
}
