import Fleet
import ReplicaLifecycle
import Testing

@testable import FleetPlanning

/// The rules of DESIGN §8 on time: what runs out, and when no clock runs.
@Suite struct RolloutClockTests {
    @Test(arguments: [
        (TargetState.pending, 660 as Int64), (.starting, 660), (.probing, 360), (.switching, 120), (.observing, 330),
    ])
    func aStepThatTakesTooLongIsAFailure(state: TargetState, seconds: Int64) {
        var fleet = PlanningFleet.underWay(hosts: 3)
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
        var fleet = PlanningFleet.underWay(hosts: 3)
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
        var fleet = PlanningFleet.underWay(hosts: 3)
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
        fleet.plan(after: .seconds(359))
        #expect(fleet.words[0] == "moving")
        fleet.plan(after: .seconds(2))
        #expect(fleet.rollout?.state == .aborting)
    }

    @Test func aFailureIsHeardInAPause() throws {
        var fleet = PlanningFleet.underWay(hosts: 3)
        for number in 1...3 { fleet.work(number) }
        fleet.plan()
        try fleet.perform(.pause)
        fleet.say(1, .reverted, reason: "wrong answer", failure: .init(kind: .transition, state: .probing))
        fleet.plan()
        #expect(fleet.rollout?.state == .aborting)
    }

    @Test func aHostInMidTransitionEndsItBeforeANewerRolloutAsksIt() {
        var fleet = PlanningFleet.underWay(
            hosts: 3,
            policy: RolloutPolicy(waves: [.percent(100)], maxInFlight: .count(1))
        )
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
        var fleet = PlanningFleet.underWay(
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
        var fleet = PlanningFleet.underWay(
            hosts: 3,
            policy: RolloutPolicy(waves: [.count(1), .percent(100)], bake: .seconds(300))
        )
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

    /// A host names the cause when its own clock runs out; the planner's must not be faster.
    @Test func theHostSpeaksFirst() {
        #expect(PlanningTimes.start >= ReplicaTimes.start + PlanningTimes.margin)
        #expect(PlanningTimes.probe >= ReplicaTimes.probe + PlanningTimes.margin)
        #expect(PlanningTimes.switching >= ReplicaTimes.switching + PlanningTimes.margin)
        var fleet = PlanningFleet.underWay(hosts: 3)
        fleet.work(1)
        fleet.plan()
        fleet.say(1, .probing)
        fleet.plan()
        fleet.plan(after: ReplicaTimes.probe + .seconds(30))
        #expect(fleet.words[0] == "moving")
        fleet.say(1, .failed, reason: "the answer was 0.3 instead of 0.9")
        fleet.plan()
        #expect(fleet.host(1)?.target?.failure == "the answer was 0.3 instead of 0.9")
    }

    @Test func aHostWhoseWaveWaitsForAnOpeningIsDeferredUntilThen() throws {
        var fleet = PlanningFleet(hosts: 3)
        fleet.settle()
        let opening = fleet.now + .seconds(3600)
        fleet.calendar = OpenTimes(
            periods: [
                .init(from: .init(milliseconds: 0), closedBecause: "outside its maintenance windows"),
                .init(from: opening),
            ],
            horizon: nil
        )
        fleet.apply(2)
        let rollout = try #require(fleet.rollout)
        func overlay(_ number: Int, at now: Instant) -> RolloutTarget.Overlay? {
            fleet.host(number)?.target?.deferred(by: fleet.calendar, in: rollout, at: now).overlay
        }
        #expect(overlay(1, at: fleet.now) == .deferred(until: opening))
        #expect(overlay(2, at: fleet.now) == nil, "its wave waits for the first one")
        #expect(overlay(1, at: opening) == nil)
        #expect(fleet.host(1)?.target?.overlay == nil, "nothing of it is stored")
        var dark = try #require(fleet.host(1)?.target)
        dark.overlay = .unreachable(since: fleet.now)
        #expect(dark.deferred(by: fleet.calendar, in: rollout, at: fleet.now) == dark)
        dark.overlay = nil
        dark.asked = .go
        #expect(dark.deferred(by: fleet.calendar, in: rollout, at: fleet.now) == dark)
    }

    /// The time of day of the controller before was ahead: its clock goes on now, and not when that time is there.
    @Test(arguments: [-7200, 7200] as [Int64]) func aClockGoesOnThoughTheTimeOfDayWasSet(ahead: Int64) throws {
        var fleet = PlanningFleet.underWay(hosts: 3)
        fleet.plan()
        var picture = fleet.picture
        picture.rollout?.clock = ActiveClock(counted: .seconds(30), runningSince: fleet.now + .seconds(ahead))
        let startedAt = fleet.now
        let now = startedAt + .seconds(5)
        let hasChanged = picture.leaveOutDowntime(before: startedAt, at: now)
        #expect(hasChanged)
        let clock = try #require(picture.rollout?.clock)
        #expect(clock == ActiveClock(counted: .seconds(30), runningSince: startedAt))
        #expect(clock.value(at: now) == .seconds(35))
        let again = picture.leaveOutDowntime(before: startedAt, at: now)
        #expect(!again)
    }

    /// Windows are written in the time of day; planning is told a time that does not jump.
    @Test func openingsAreToldInTheTimeOfPlanning() {
        let day = OpenTimes(
            periods: [
                .init(from: .init(milliseconds: 0), closedBecause: "shut"), .init(from: .init(milliseconds: 9_000_000)),
            ],
            horizon: .init(milliseconds: 99_000_000)
        )
        let told = day.told(toTimeOfDay: .seconds(7200))
        #expect(!told.isOpen(at: .init(milliseconds: 1_799_999)))
        #expect(told.isOpen(at: .init(milliseconds: 1_800_000)))
        #expect(told.nextOpening(after: .init(milliseconds: 0)) == .init(milliseconds: 1_800_000))
        #expect(told.nextChange(after: .init(milliseconds: 1_800_000)) == .init(milliseconds: 91_800_000))
    }
}
