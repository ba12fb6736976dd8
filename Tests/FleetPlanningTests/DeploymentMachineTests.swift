import Fleet
import Testing

@testable import FleetPlanning

@Suite struct DeploymentMachineTests {
    @Test func oneHostGoesFirstThenTheRest() {
        var fleet = PlanningFleet(hosts: 3)
        fleet.plan()
        // The others fetch while the first one proves the revision.
        #expect(fleet.hosts.map { $0.item?.order } == [.stage, .stage, .stage])
        for number in 1...3 { fleet.work(number) }
        fleet.plan()
        #expect(fleet.hosts.map { $0.item?.order } == [.converge, .stage, .stage])
        fleet.work(1)
        fleet.plan()
        #expect(fleet.hosts.map { $0.item?.order } == [.converge, .converge, .converge])
        #expect(fleet.rollout?.state == .progressing)
        #expect(fleet.settle() < 60)
        #expect(fleet.rollout?.state == .succeeded)
        #expect(fleet.picture.succeeded.map(\.number) == [1])
        #expect(fleet.serving == [1, 1, 1])
    }

    @Test func aFailureOnTheFirstHostTouchesNobodyElse() {
        var fleet = PlanningFleet(hosts: 3)
        _ = fleet.settle()
        fleet.badVersions = [2]
        fleet.apply(2)
        var touched: Set<String> = []
        for _ in 1...20 {
            fleet.plan()
            for index in fleet.hosts.indices {
                let item = fleet.hosts[index].item
                if item?.order == .converge, item?.revision?.number == 2 { touched.insert(fleet.hosts[index].id) }
                fleet.work(index + 1)
            }
        }
        #expect(touched == ["h001"])
        #expect(fleet.rollout?.state == .aborted)
        #expect(fleet.rollout?.reason.contains("golden probe") == true)
        #expect(fleet.serving == [1, 1, 1])
        #expect(fleet.explanations.contains { $0.why.contains("spec not rolled out") })
    }

    @Test func aFirstDeploymentThatFailsLeavesNothing() {
        var fleet = PlanningFleet(hosts: 2)
        fleet.badVersions = [1]
        #expect(fleet.settle() < 60)
        #expect(fleet.rollout?.state == .aborted)
        #expect(fleet.serving == [0, 0])
        #expect(fleet.picture.succeeded.isEmpty)
    }

    @Test func aRollbackReturnsEveryHostAndLiftingMovesNothing() throws {
        var fleet = PlanningFleet(hosts: 3)
        _ = fleet.settle()
        fleet.apply(2)
        _ = fleet.settle()
        #expect(fleet.serving == [2, 2, 2])
        let rollback = fleet.rollBack()
        let id = try #require(rollback)
        let plan = fleet.plan()
        #expect(plan.items.count == 3)
        for item in plan.items.values {
            guard case .rollback(id, _) = item.order else {
                Issue.record("\(item.order)")
                continue
            }
        }
        #expect(fleet.settle() < 60)
        #expect(fleet.serving == [1, 1, 1])
        #expect(fleet.picture.wanted?.number == 1)
        fleet.edit { $0.holds = [] }
        #expect(fleet.settle() < 60)
        #expect(fleet.serving == [1, 1, 1])
        #expect(fleet.explanations.contains { $0.why.contains("spec not rolled out") })
        try fleet.perform(.retry)
        #expect(fleet.settle() < 60)
        #expect(fleet.serving == [2, 2, 2])
    }

    @Test func aRollbackDuringARolloutCancelsIt() {
        var fleet = PlanningFleet(hosts: 3)
        _ = fleet.settle()
        fleet.apply(2)
        fleet.work(1)
        fleet.plan()
        fleet.rollBack()
        #expect(fleet.settle() < 60)
        #expect(fleet.rollout?.state == .cancelled)
        #expect(fleet.serving == [1, 1, 1])
    }

    @Test func aRollbackWithoutATargetKeepsServingAndSaysSo() {
        var fleet = PlanningFleet(hosts: 2)
        _ = fleet.settle()
        fleet.rollBack()
        #expect(fleet.settle() < 60)
        #expect(fleet.serving == [1, 1])
        #expect(fleet.explanations.contains { $0.why.contains("goes on serving what is condemned") })
    }

    @Test func anUnreachableHostIsLeftOutAndFollowsOnReturn() {
        var fleet = PlanningFleet(hosts: 6)
        fleet.setDark(1)
        #expect(fleet.settle() < 60)
        #expect(fleet.rollout?.state == .succeeded)
        #expect(fleet.serving == [0, 1, 1, 1, 1, 1])
        #expect(fleet.explanations.contains { $0.why.contains("h001 cannot be reached") })
        fleet.setDark(1, false)
        #expect(fleet.settle() < 60)
        #expect(fleet.serving == [1, 1, 1, 1, 1, 1])
        #expect(fleet.explanations.isEmpty)
    }

    @Test func aPersonIsAskedBeforeAFifthIsLeftOut() throws {
        var fleet = PlanningFleet(hosts: 3)
        fleet.setDark(2)
        fleet.settle()
        #expect(fleet.rollout?.state == .paused)
        #expect(fleet.rollout?.pause?.cause == .excluded)
        #expect(fleet.explanations.contains { $0.why.contains("1 of 3 hosts are excluded") })
        try fleet.perform(.resume)
        fleet.settle()
        #expect(fleet.rollout?.state == .succeeded)
        #expect(fleet.serving == [1, 0, 1])
    }

    @Test func aNewerContentSupersedes() {
        var fleet = PlanningFleet(hosts: 3)
        fleet.plan()
        let first = fleet.rollout?.id
        fleet.apply(2)
        #expect(fleet.rollout?.id != first)
        #expect(fleet.settle() < 60)
        #expect(fleet.serving == [2, 2, 2])
        #expect(fleet.picture.succeeded.map(\.number) == [2])
    }

    @Test func aRolloutThatEndsWhereAnotherStartsIsStored() throws {
        var fleet = PlanningFleet(hosts: 3)
        fleet.settle()
        fleet.apply(2)
        try fleet.perform(.pause)
        fleet.rollBack()
        let old = fleet.rollout?.id
        fleet.edit { picture in
            picture.revisions.append(picture.written)
            picture.written = PlanningFleet.revision(3)
        }
        let plan = fleet.plan()
        #expect(plan.isNewRollout)
        #expect(plan.overtaken?.id == old)
        #expect(plan.overtaken?.state == .cancelled)
    }

    @Test func removalStaysUntilEveryHostHasSaidSo() {
        var fleet = PlanningFleet(hosts: 2)
        _ = fleet.settle()
        fleet.edit { $0.isRemoving = true }
        fleet.setDark(1 + 1)
        #expect(fleet.settle() < 60)
        #expect(!fleet.plan().isRemoved)
        #expect(fleet.explanations.contains { $0.why.contains("h002 has not stopped it yet") })
        fleet.setDark(1 + 1, false)
        #expect(fleet.settle() < 60)
        #expect(fleet.plan().isRemoved)
    }

    @Test func whatARemovalWaitsForIsTold() {
        var fleet = PlanningFleet(hosts: 1)
        _ = fleet.settle()
        fleet.edit { $0.isRemoving = true }
        fleet.plan()
        fleet.say(1, .removing, reason: "process 7 does not end")
        #expect(fleet.explanations.map(\.why) == ["h001 has not stopped it yet: process 7 does not end"])
    }

    @Test func nobodyToRunOnIsSaid() {
        var fleet = PlanningFleet(hosts: 0)
        #expect(fleet.plan().rollout == nil)
        #expect(fleet.explanations.contains { $0.why.contains("no host matches") })
    }

    @Test func aRollbackPressedDuringAnAbortCondemnsTheCandidate() {
        var fleet = PlanningFleet(hosts: 3)
        _ = fleet.settle()
        fleet.badVersions = [2]
        fleet.apply(2)
        fleet.work(1)
        fleet.plan()
        fleet.work(1)
        fleet.plan()
        #expect(fleet.rollout?.state == .aborting)
        #expect(fleet.picture.condemnable?.number == 2)
        fleet.rollBack()
        #expect(fleet.settle() < 60)
        #expect(fleet.serving == [1, 1, 1])
    }

    @Test func anAbortEndsThoughAHostCannotGoBack() {
        var fleet = PlanningFleet(hosts: 3)
        _ = fleet.settle()
        fleet.apply(2)
        fleet.work(1)
        fleet.plan()
        fleet.work(1)
        fleet.plan()
        fleet.stuckHosts = ["h001"]
        fleet.badVersions = [2]
        for number in 2...3 { fleet.work(number) }
        fleet.plan()
        #expect(fleet.settle() < 60)
        #expect(fleet.rollout?.state == .aborted)
        #expect(fleet.rollout?.reason.contains("they follow on return or say why they cannot: h001") == true)
        fleet.stuckHosts = []
        fleet.apply(3)
        #expect(fleet.settle() < 60)
        #expect(fleet.serving == [3, 3, 3])
    }

    @Test(arguments: 0..<3)
    func aHostThatIsDeselectedLeavesTheRollout(index: Int) {
        var fleet = PlanningFleet(hosts: 3)
        fleet.plan()
        fleet.edit { $0.hosts[index].isSelected = false }
        #expect(fleet.settle() < 60)
        #expect(fleet.rollout?.state == .succeeded)
        #expect(fleet.words.count { $0 == "verified" } == 2)
        #expect(fleet.serving.enumerated().allSatisfy { $0.element == ($0.offset == index ? 0 : 1) })
    }

    @Test func aRolloutWithoutHostsIsCancelled() {
        var fleet = PlanningFleet(hosts: 1)
        fleet.plan()
        fleet.edit { $0.hosts[0].isSelected = false }
        #expect(fleet.settle() < 60)
        #expect(fleet.rollout?.state == .cancelled)
    }

    @Test func aModelThatStoppedBeingReadyIsExplained() {
        var fleet = PlanningFleet(hosts: 1)
        _ = fleet.settle()
        #expect(fleet.explanations.isEmpty)
        fleet.report(1) { $0.reason = "the model is not ready: 503" }
        #expect(fleet.explanations.contains { $0.why.contains("h001 was verified, but: the model is not ready") })
    }

    @Test func aFailedRollbackIsExplained() {
        var fleet = PlanningFleet(hosts: 1)
        _ = fleet.settle()
        fleet.rollBack()
        fleet.plan()
        fleet.work(1)
        fleet.report(1) { report in
            report.state = .reverted
            report.receipt = .failed(cause: "the port is taken", serving: nil)
        }
        #expect(fleet.explanations.contains { $0.why.contains("h001 could not go back: the port is taken") })
    }

    /// After a restore: the host says that it is pinned, and the controller has asked nothing of it yet.
    @Test func aPinIsToldWhereNothingWasAskedYet() {
        var fleet = PlanningFleet(hosts: 1)
        let pin = LocalPin(actor: "eve", reason: "a look", since: fleet.now)
        let report = ReplicaReport(
            deployment: "d",
            name: "wine",
            item: 9,
            goal: nil,
            state: .reverted,
            since: fleet.now,
            serving: PlanningFleet.revision(2).reference,
            pin: pin
        )
        fleet.take(.report(host: "h001", report))
        #expect(fleet.explanations.contains { $0.why.contains("h001 is \(pin.text)") })
    }
}
