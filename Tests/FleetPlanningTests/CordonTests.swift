import Fleet
import FleetPlanning
import Testing

/// A cordoned host: nothing new begins there, and nothing is taken from it.
@Suite struct CordonTests {
    private static let cordon = Cordon(actor: "eve", reason: "its disk", since: Instant(milliseconds: 1))

    private static func cordon(_ number: Int, _ isCordoned: Bool = true, in fleet: inout PlanningFleet) {
        fleet.edit { picture in
            for index in picture.hosts.indices where picture.hosts[index].id == PlanningFleet.id(number) {
                picture.hosts[index].cordon = isCordoned ? cordon : nil
            }
        }
    }

    @Test func aRolloutLeavesItOutAndItFollowsWhenItIsFree() {
        var fleet = PlanningFleet(hosts: 3)
        fleet.settle()
        #expect(fleet.serving == [1, 1, 1])
        Self.cordon(1, in: &fleet)
        fleet.apply(2)
        fleet.settle()
        #expect(fleet.rollout?.state == .succeeded && fleet.rollout?.size == 2, "\(fleet.summary)")
        #expect(fleet.serving == [1, 2, 2], "\(fleet.summary)")
        let why = fleet.explanations.map(\.why)
        #expect(why == ["h001 is cordoned by eve: its disk; nothing new moves there"], "\(why)")
        #expect(fleet.explanations.first?.next == "muster host uncordon h001")
        Self.cordon(1, false, in: &fleet)
        fleet.settle()
        #expect(fleet.serving == [2, 2, 2] && fleet.explanations.isEmpty, "\(fleet.summary)")
    }

    @Test func inTheMiddleOfARolloutWhoHasNotBegunStays() {
        var policy = PlanningFleet.quick
        policy.waves = [.count(1), .percent(100)]
        var fleet = PlanningFleet(hosts: 3, policy: policy)
        fleet.settle()
        fleet.apply(2)
        fleet.plan()
        // One has made it ready already, and one moves.
        for number in 1...3 { fleet.work(number) }
        fleet.plan()
        #expect(fleet.words == ["moving", "staged", "staged"], "\(fleet.words)")
        Self.cordon(1, in: &fleet)
        Self.cordon(3, in: &fleet)
        fleet.settle()
        #expect(fleet.rollout?.state == .succeeded, "\(fleet.summary)")
        #expect(fleet.serving == [2, 2, 1], "who moves ends it: \(fleet.summary)")
        Self.cordon(1, false, in: &fleet)
        Self.cordon(3, false, in: &fleet)
        fleet.settle()
        #expect(fleet.serving == [2, 2, 2], "\(fleet.summary)")
    }

    @Test func noRolloutBeginsWhereAllAreCordoned() {
        var fleet = PlanningFleet(hosts: 2)
        fleet.settle()
        for number in 1...2 { Self.cordon(number, in: &fleet) }
        fleet.apply(2)
        fleet.settle()
        #expect(fleet.serving == [1, 1] && fleet.rollout?.revision.number == 1, "\(fleet.summary)")
        let first = fleet.explanations.first?.why
        #expect(
            first == "every host that the selector 'site=lyon' takes is cordoned, so no rollout begins",
            "\(first ?? "")"
        )
        for number in 1...2 { Self.cordon(number, false, in: &fleet) }
        fleet.settle()
        #expect(fleet.serving == [2, 2] && fleet.rollout?.state == .succeeded, "\(fleet.summary)")
    }

    @Test func aNewDeploymentDoesNotBeginThere() {
        var fleet = PlanningFleet(hosts: 2)
        Self.cordon(2, in: &fleet)
        fleet.settle()
        #expect(fleet.serving == [1, 0] && fleet.host(2)?.item == nil, "\(fleet.summary)")
    }

    @Test func aRemovalReachesIt() {
        var fleet = PlanningFleet(hosts: 2)
        fleet.settle()
        Self.cordon(2, in: &fleet)
        fleet.edit { $0.isRemoving = true }
        fleet.settle()
        #expect(fleet.serving == [0, 0], "\(fleet.summary)")
    }

    /// Nor does one that a rollout has left on what nobody wants: it would be taken back there.
    @Test func nobodyRehearsesThere() {
        var fleet = PlanningFleet(hosts: 3)
        fleet.settle()
        fleet.apply(2)
        fleet.settle()
        fleet.report(3) { $0.serving = PlanningFleet.revision(1).reference }
        fleet.plan()
        let item = fleet.host(3)?.item
        fleet.rehearse([1, 3])
        Self.cordon(1, in: &fleet)
        fleet.plan()
        #expect(fleet.receipts == ["failed", "-", "failed"], "\(fleet.summary)")
        #expect(fleet.host(1)?.item?.revision?.number == 2 && fleet.host(3)?.item == item, "\(fleet.summary)")
    }

    @Test func aHoldReachesIt() {
        var fleet = PlanningFleet(hosts: 2)
        fleet.settle()
        fleet.apply(2)
        fleet.settle()
        Self.cordon(2, in: &fleet)
        fleet.hold(2)
        fleet.settle()
        #expect(fleet.serving == [1, 1], "\(fleet.summary)")
    }

    @Test func aRollbackReachesIt() {
        var fleet = PlanningFleet(hosts: 2)
        fleet.settle()
        fleet.apply(2)
        fleet.settle()
        Self.cordon(2, in: &fleet)
        fleet.rollBack()
        fleet.settle()
        #expect(fleet.serving == [1, 1], "\(fleet.summary)")
    }
}
