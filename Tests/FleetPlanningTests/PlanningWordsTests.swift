import Fleet
import Testing

@testable import FleetPlanning

/// The small words that rollouts are made of.
@Suite struct PlanningWordsTests {
    @Test(arguments: [
        ("10%", 1, 1, 0), ("10%", 25, 3, 2), ("100%", 7, 7, 7), ("5%", 20, 1, 1), ("5%", 19, 1, 0), ("3", 2, 2, 2),
        ("0%", 10, 1, 0), ("0", 10, 0, 0),
    ])
    func amountsAreRoundedAsTheDesignSays(text: String, size: Int, hosts: Int, tolerated: Int) throws {
        let amount = try #require(Amount(text))
        #expect(amount.hosts(of: size) == hosts)
        #expect(amount.tolerated(of: size) == tolerated)
        #expect(amount.description == text)
    }

    @Test(arguments: ["", "%", "-1", "1.5", "101%", "1 0", "ten"])
    func otherAmountsAreNone(text: String) {
        #expect(Amount(text) == nil)
    }

    @Test(arguments: [(1, [1]), (2, [1, 2]), (10, [1, 5, 10]), (1000, [10, 100, 500, 1000])])
    func emptyWavesAreDropped(size: Int, ends: [Int]) {
        #expect(RolloutPolicy().waveEnds(of: size) == ends)
    }

    @Test func wavesAreSpreadOverSites() {
        var fleet = PlanningFleet(hosts: 12, policy: RolloutPolicy(waves: [.count(3), .percent(100)])) { "s\($0 % 3)" }
        fleet.plan()
        let first = fleet.hosts.filter { $0.target?.wave == 0 }.map(\.site)
        #expect(Set(first) == ["s0", "s1", "s2"])
    }

    @Test func aDarkHostThatWasNeverToldAnythingIsSpokenOf() {
        var fleet = PlanningFleet(hosts: 6)
        fleet.setDark(6)
        fleet.settle()
        #expect(fleet.rollout?.state == .succeeded)
        #expect(fleet.host(6)?.item == nil)
        let said = fleet.explanations.filter { $0.why.hasPrefix("h006 cannot be reached") }
        #expect(said.count == 1 && said.first?.next != nil)
    }

    @Test func openTimesKnowWhatIsNext() {
        func at(_ seconds: Int64) -> Instant { Instant(milliseconds: seconds * 1000) }
        let times = OpenTimes(
            periods: [
                .init(from: at(0), closedBecause: "outside its maintenance windows"), .init(from: at(10)),
                .init(from: at(20), closedBecause: "frozen: the fair"), .init(from: at(30)),
            ],
            horizon: at(40)
        )
        #expect(!times.isOpen(at: at(9)))
        #expect(times.isOpen(at: at(10)))
        #expect(times.closedBecause(at: at(25)) == "frozen: the fair")
        #expect(times.nextOpening(after: at(0)) == at(10))
        #expect(times.nextOpening(after: at(12)) == at(12))
        #expect(times.nextChange(after: at(12)) == at(20))
        #expect(times.nextChange(after: at(31)) == at(40))
        #expect(!times.isOpen(at: at(41)))
        #expect(OpenTimes.always.nextChange(after: at(0)) == nil)
    }

    @Test func anActiveClockCountsWhileItRuns() {
        func at(_ seconds: Int64) -> Instant { Instant(milliseconds: seconds * 1000) }
        var clock = ActiveClock()
        clock.set(running: true, at: at(10))
        #expect(clock.value(at: at(15)) == .seconds(5))
        #expect(clock.instant(of: .seconds(60)) == at(70))
        clock.set(running: false, at: at(20))
        #expect(clock.value(at: at(100)) == .seconds(10))
        #expect(clock.instant(of: .seconds(60)) == nil)
        clock.set(running: true, at: at(100))
        #expect(clock.value(at: at(90)) == .seconds(10))
        #expect(clock.instant(of: .seconds(60)) == at(150))
    }

    /// Its hold was lifted, and nothing moves it by itself: that is said.
    @Test func aHostThatStayedInARollbackIsSpokenOf() {
        var fleet = PlanningFleet(hosts: 2)
        fleet.settle()
        fleet.apply(2)
        fleet.settle()
        #expect(fleet.explanations.isEmpty)
        fleet.edit { picture in
            picture.hosts[0].item?.order = .rollback(id: "b")
            let number = picture.hosts[0].item?.number ?? 0
            picture.hosts[0].report?.item = number
            picture.hosts[0].report?.serving = PlanningFleet.revision(1).reference
        }
        #expect(fleet.explanations.contains { $0.why.contains("h001 stayed on revision 1 in rollback b") })
    }

    // MARK: What a newer rollout waits for

    /// A fleet of which the first host is on its way to revision 2, slowly, when revision 3 is written.
    private static func overtaken(hosts: Int, settled: Bool = true) -> PlanningFleet {
        let policy = RolloutPolicy(waves: [.percent(100)], maxInFlight: .count(1))
        var fleet = PlanningFleet(hosts: hosts, policy: policy)
        if settled {
            fleet.settle()
            fleet.apply(2)
        } else {
            fleet.edit { $0.written = PlanningFleet.revision(2) }
            fleet.plan()
        }
        fleet.work(1)
        fleet.plan()
        fleet.say(1, .starting, reason: "nobody listens on port 8000")
        fleet.apply(3)
        fleet.plan()
        return fleet
    }

    @Test(arguments: [true, false])
    func aHostThatEndsWhatWasBegunBeforeIsSaidToDoThat(settled: Bool) throws {
        var fleet = Self.overtaken(hosts: 1, settled: settled)
        let words = fleet.explanations.map(\.why)
        #expect(!words.contains { $0.contains("slot") }, "\(words)")
        let said = fleet.explanations.first { $0.why.hasPrefix("h001 waits for") }
        #expect(
            said?.why
                == "h001 waits for what was begun there before this rollout: it is still on the way to revision 2",
            "\(words)"
        )
        #expect(said?.next == "muster rollout abort wine --reason … ends that; then muster rollout retry wine")
        #expect(words.contains("h001 is starting the model server: nobody listens on port 8000"), "\(words)")
        #expect(fleet.rollout?.reason == "wave 1 of 1 waits for 1 host to end what was begun there before")
        // What it says to do does it.
        try fleet.perform(.abort)
        fleet.plan()
        #expect(fleet.host(1)?.item?.revision?.number == (settled ? 1 : nil), "\(fleet.summary)")
        fleet.settle()
        #expect(fleet.rollout?.state == .aborted && fleet.serving == [settled ? 1 : 0], "\(fleet.summary)")
        try fleet.perform(.retry)
        fleet.settle()
        #expect(fleet.serving == [3] && fleet.explanations.isEmpty, "\(fleet.summary)")
    }

    @Test func whoeverWaitsForTheirTurnBehindItIsToldApart() {
        var fleet = Self.overtaken(hosts: 3)
        #expect(fleet.rollout?.reason == "wave 1 of 1", "the others stage: \(fleet.summary)")
        for number in 2...3 { fleet.work(number) }
        fleet.plan()
        #expect(fleet.rollout?.reason == "wave 1 of 1 waits for 1 host to end what was begun there before")
        let words = fleet.explanations.map(\.why)
        #expect(words.contains { $0.hasPrefix("h001 waits for what was begun there before") }, "\(words)")
        #expect(words.contains("h002 and h003 wait for a turn to move: at most 1 at a time"), "\(words)")
        fleet.settle()
        #expect(fleet.serving == [3, 3, 3] && fleet.rollout?.reason == "verified on 3 of 3 hosts")
    }

    /// No abort of the rollout ends what it did not begin and everybody wants.
    @Test func aHostOnItsWayToWhatIsSettledIsNotToBeEnded() {
        var fleet = PlanningFleet(hosts: 1)
        fleet.settle()
        fleet.say(1, .starting, reason: "exit status 1; it is started again at 10:00")
        fleet.apply(2)
        fleet.plan()
        let said = fleet.explanations.first { $0.why.contains("before this rollout") }
        #expect(said?.why.hasSuffix("it is still on the way to revision 1") == true, "\(fleet.explanations)")
        #expect(said?.next == "muster describe host h001")
    }

    /// It dies again and again: that never ends, and what is to take its place does not wait for it. Nor do others.
    @Test func aHostThatStartsAgainIsToldWhatIsNext() {
        let policy = RolloutPolicy(waves: [.count(1), .count(2), .percent(100)], maxInFlight: .count(1))
        var fleet = PlanningFleet(hosts: 3, policy: policy)
        fleet.settle()
        for number in [1, 3] {
            fleet.report(number) {
                $0.state = .starting
                $0.reason = "exit status 1; it is started again at 10:00"
                $0.serving = nil
                $0.endpoint = nil
                $0.startsAgain = true
            }
        }
        fleet.apply(2)
        fleet.plan()
        #expect(fleet.host(1)?.item?.order == .stage && fleet.host(3)?.item?.order == .converge, "\(fleet.summary)")
        fleet.work(1)
        fleet.plan()
        #expect(fleet.words[0] == "moving", "the third takes nobody's place: \(fleet.summary)")
        fleet.settle()
        #expect(fleet.serving == [2, 2, 2] && fleet.rollout?.state == .succeeded, "\(fleet.summary)")
    }

    /// Its new port is another program's: what it was told cannot begin, and need not before the next does, at another port.
    @Test func aHostThatIsHeldUpIsToldWhatIsNext() {
        var fleet = PlanningFleet(hosts: 1)
        fleet.edit { $0.endpoint = Endpoint(port: 8080, to: "http") }
        fleet.settle()
        fleet.edit { $0.endpoint = Endpoint(port: 9080, to: "http") }
        fleet.plan()
        let failure = ReplicaFailure(kind: .refused, state: .staging)
        fleet.say(1, .staging, reason: "port 9080 is taken; it is tried again at 10:00", failure: failure)
        #expect(fleet.host(1)?.item?.order == .converge, "\(fleet.summary)")
        fleet.edit { $0.endpoint = Endpoint(port: 9081, to: "http") }
        fleet.apply(2)
        fleet.plan()
        #expect(fleet.host(1)?.item?.order == .stage && fleet.host(1)?.item?.revision?.number == 2, "\(fleet.summary)")
        fleet.settle()
        #expect(fleet.serving == [2] && fleet.host(1)?.report?.endpoint?.port == 9081, "\(fleet.summary)")
    }

    /// A window is closed: what it has already it does not fetch.
    @Test func aHostThatIsThereWaitsForNoSlot() {
        var fleet = PlanningFleet(hosts: 2)
        fleet.settle()
        fleet.apply(2)
        fleet.calendar = OpenTimes(
            periods: [.init(from: .init(milliseconds: 0), closedBecause: "frozen: the fair")],
            horizon: nil
        )
        fleet.plan()
        fleet.edit { picture in
            picture.hosts[0].report?.serving = PlanningFleet.revision(2).reference
            picture.hosts[0].item = nil
            picture.hosts[0].target?.asked = .nothing
        }
        let words = fleet.explanations.map(\.why)
        #expect(words.contains { $0.hasPrefix("h001 waits for an opening: it is frozen: the fair") }, "\(words)")
    }
}
