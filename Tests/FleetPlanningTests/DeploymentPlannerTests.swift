import Fleet
import Testing

@testable import FleetPlanning

@Suite struct DeploymentPlannerTests {
    @Test func oneHostGoesFirstThenTheRest() {
        var fleet = PlanningFixture(hosts: 3)
        fleet.plan()
        #expect(fleet.picture.hosts.map { $0.item?.revision?.number } == [1, nil, nil])
        fleet.work(0)
        fleet.plan()
        #expect(fleet.picture.hosts.map { $0.item?.revision?.number } == [1, 1, 1])
        #expect(fleet.picture.rollout?.state == .progressing)
        #expect(fleet.settle() < 60)
        #expect(fleet.picture.rollout?.state == .succeeded)
        #expect(fleet.picture.succeeded.map(\.number) == [1])
        #expect(fleet.serving == [1, 1, 1])
    }

    @Test func aFailureOnTheFirstHostTouchesNobodyElse() {
        var fleet = PlanningFixture(hosts: 3)
        _ = fleet.settle()
        fleet.badVersions = [2]
        fleet.apply(2)
        var touched: Set<String> = []
        for _ in 1...20 {
            fleet.plan()
            for index in fleet.picture.hosts.indices {
                if fleet.picture.hosts[index].item?.revision?.number == 2 {
                    touched.insert(fleet.picture.hosts[index].id)
                }
                fleet.work(index)
            }
        }
        #expect(touched == ["h1"])
        #expect(fleet.picture.rollout?.state == .aborted)
        #expect(fleet.picture.rollout?.reason.contains("golden probe") == true)
        #expect(fleet.serving == [1, 1, 1])
        #expect(fleet.plan().explanations.contains { $0.why.contains("spec not rolled out") })
    }

    @Test func aFirstDeploymentThatFailsLeavesNothing() {
        var fleet = PlanningFixture(hosts: 2)
        fleet.badVersions = [1]
        #expect(fleet.settle() < 60)
        #expect(fleet.picture.rollout?.state == .aborted)
        #expect(fleet.serving == [0, 0])
        #expect(fleet.picture.succeeded.isEmpty)
    }

    @Test func aRollbackReturnsEveryHostAndLiftingMovesNothing() {
        var fleet = PlanningFixture(hosts: 3)
        _ = fleet.settle()
        fleet.apply(2)
        _ = fleet.settle()
        #expect(fleet.serving == [2, 2, 2])
        fleet.rollBack()
        let plan = fleet.plan()
        #expect(plan.items.values.allSatisfy { $0.order == .rollback(id: $0.holds[0].id) })
        #expect(fleet.settle() < 60)
        #expect(fleet.serving == [1, 1, 1])
        #expect(fleet.picture.wanted?.number == 1)
        fleet.picture.holds = []
        #expect(fleet.settle() < 60)
        #expect(fleet.serving == [1, 1, 1])
        #expect(fleet.plan().explanations.contains { $0.why.contains("spec not rolled out") })
        fleet.picture.isRolloutAsked = true
        fleet.plan()
        fleet.picture.isRolloutAsked = false
        #expect(fleet.settle() < 60)
        #expect(fleet.serving == [2, 2, 2])
    }

    @Test func aRollbackDuringARolloutCancelsIt() {
        var fleet = PlanningFixture(hosts: 3)
        _ = fleet.settle()
        fleet.apply(2)
        fleet.work(0)
        fleet.plan()
        fleet.rollBack()
        #expect(fleet.settle() < 60)
        #expect(fleet.picture.rollout?.state == .cancelled)
        #expect(fleet.serving == [1, 1, 1])
    }

    @Test func aRollbackWithoutATargetKeepsServingAndSaysSo() {
        var fleet = PlanningFixture(hosts: 2)
        _ = fleet.settle()
        fleet.rollBack()
        #expect(fleet.settle() < 60)
        #expect(fleet.serving == [1, 1])
        #expect(fleet.plan().explanations.contains { $0.why.contains("goes on serving what is condemned") })
    }

    @Test func anUnreachableHostIsLeftOutAndFollowsOnReturn() {
        var fleet = PlanningFixture(hosts: 3)
        fleet.picture.hosts[0].unreachableSince = fleet.now
        #expect(fleet.settle() < 60)
        #expect(fleet.picture.rollout?.state == .succeeded)
        #expect(fleet.serving == [0, 1, 1])
        #expect(fleet.plan().explanations.contains { $0.why.contains("h1 cannot be reached") })
        fleet.picture.hosts[0].unreachableSince = nil
        #expect(fleet.settle() < 60)
        #expect(fleet.serving == [1, 1, 1])
        #expect(fleet.plan().explanations.isEmpty)
    }

    @Test func aNewerContentSupersedes() {
        var fleet = PlanningFixture(hosts: 3)
        fleet.plan()
        let first = fleet.picture.rollout?.id
        fleet.apply(2)
        #expect(fleet.picture.rollout?.id != first)
        #expect(fleet.settle() < 60)
        #expect(fleet.serving == [2, 2, 2])
        #expect(fleet.picture.succeeded.map(\.number) == [2])
    }

    @Test func removalStaysUntilEveryHostHasSaidSo() {
        var fleet = PlanningFixture(hosts: 2)
        _ = fleet.settle()
        fleet.picture.isRemoving = true
        fleet.picture.hosts[1].unreachableSince = fleet.now
        #expect(fleet.settle() < 60)
        #expect(!fleet.plan().isRemoved)
        #expect(fleet.plan().explanations.contains { $0.why.contains("h2 has not stopped it yet") })
        fleet.picture.hosts[1].unreachableSince = nil
        #expect(fleet.settle() < 60)
        #expect(fleet.plan().isRemoved)
    }

    @Test func nobodyToRunOnIsSaid() {
        var fleet = PlanningFixture(hosts: 1)
        fleet.picture.hosts = []
        #expect(fleet.plan().rollout == nil)
        #expect(fleet.plan().explanations.contains { $0.why.contains("no host matches") })
    }

    @Test func aRollbackPressedDuringAnAbortCondemnsTheCandidate() {
        var fleet = PlanningFixture(hosts: 3)
        _ = fleet.settle()
        fleet.badVersions = [2]
        fleet.apply(2)
        fleet.work(0)
        fleet.plan()
        #expect(fleet.picture.rollout?.state == .aborting)
        #expect(fleet.picture.condemnable?.number == 2)
        fleet.rollBack()
        #expect(fleet.settle() < 60)
        #expect(fleet.serving == [1, 1, 1])
    }

    @Test func anAbortEndsThoughAHostCannotGoBack() {
        var fleet = PlanningFixture(hosts: 3)
        _ = fleet.settle()
        fleet.apply(2)
        fleet.work(0)
        fleet.plan()
        fleet.stuckHosts = ["h1"]
        fleet.badVersions = [2]
        #expect(fleet.settle() < 60)
        #expect(fleet.picture.rollout?.state == .aborted)
        #expect(fleet.picture.rollout?.reason.contains("could not go back and still serve it: h1") == true)
        fleet.stuckHosts = []
        fleet.apply(3)
        #expect(fleet.settle() < 60)
        #expect(fleet.serving == [3, 3, 3])
    }

    @Test(arguments: 0..<3)
    func aHostThatIsDeselectedLeavesTheRollout(index: Int) {
        var fleet = PlanningFixture(hosts: 3)
        fleet.plan()
        fleet.picture.hosts[index].isSelected = false
        #expect(fleet.settle() < 60)
        #expect(fleet.picture.rollout?.state == .succeeded)
        #expect(fleet.picture.rollout?.targets.count == 2)
        #expect(fleet.serving.enumerated().allSatisfy { $0.element == ($0.offset == index ? 0 : 1) })
    }

    @Test func aRolloutWithoutHostsIsCancelled() {
        var fleet = PlanningFixture(hosts: 1)
        fleet.plan()
        fleet.picture.hosts[0].isSelected = false
        #expect(fleet.settle() < 60)
        #expect(fleet.picture.rollout?.state == .cancelled)
    }

    @Test func aModelThatStoppedBeingReadyIsExplained() {
        var fleet = PlanningFixture(hosts: 1)
        _ = fleet.settle()
        #expect(fleet.plan().explanations.isEmpty)
        fleet.picture.hosts[0].report?.reason = "the model is not ready: 503"
        #expect(fleet.plan().explanations.contains { $0.why.contains("h1 was verified, but: the model is not ready") })
    }

    @Test func aFailedRollbackIsExplained() {
        var fleet = PlanningFixture(hosts: 1)
        _ = fleet.settle()
        fleet.rollBack()
        fleet.plan()
        fleet.work(0)
        fleet.picture.hosts[0].report?.state = .reverted
        fleet.picture.hosts[0].report?.receipt = .failed(cause: "the port is taken", serving: nil)
        #expect(fleet.plan().explanations.contains { $0.why.contains("h1 could not go back: the port is taken") })
    }
}
