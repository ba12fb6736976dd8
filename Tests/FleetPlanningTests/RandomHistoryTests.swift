import Fleet
import FleetTestSupport
import Testing

@testable import FleetPlanning

/// Seeded random histories: operators, failures and hosts that come and go. The seed is printed with each failure.
@Suite struct RandomHistoryTests {
    @Test(arguments: 0..<300)
    func nothingForbiddenHappensAndEverythingEnds(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var fleet = PlanningFixture(hosts: Int.random(in: 1...5, using: &random))
        var version = 1
        for _ in 0..<80 {
            switch Int.random(in: 0..<13, using: &random) {
            case 0:
                version += 1
                if Bool.random(using: &random) { fleet.badVersions.insert(version) }
                fleet.apply(version)
            case 1: fleet.rollBack()
            case 2: if let last = fleet.picture.holds.indices.last { fleet.picture.holds.remove(at: last) }
            case 3:
                let index = Int.random(in: 0..<fleet.picture.hosts.count, using: &random)
                let host = fleet.picture.hosts[index]
                fleet.picture.hosts[index].unreachableSince = host.unreachableSince == nil ? fleet.now : nil
            case 12:
                let index = Int.random(in: 0..<fleet.picture.hosts.count, using: &random)
                fleet.picture.hosts[index].isSelected.toggle()
            case 4...7: fleet.work(Int.random(in: 0..<fleet.picture.hosts.count, using: &random))
            default:
                let plan = fleet.plan()
                check(plan, fleet.picture, seed: seed)
            }
        }
        for index in fleet.picture.hosts.indices { fleet.picture.hosts[index].unreachableSince = nil }
        fleet.picture.hosts[0].isSelected = true
        #expect(fleet.settle() < 60, "seed \(seed): it never ends")
        #expect(
            fleet.picture.rollout?.state.isTerminal ?? true,
            "seed \(seed): the rollout never ends: \(fleet.summary)"
        )
        let again = fleet.plan()
        #expect(again.items.values.allSatisfy { $0.number > 0 }, "seed \(seed)")
        let numbers = fleet.picture.hosts.map(\.item?.number)
        fleet.plan()
        #expect(fleet.picture.hosts.map(\.item?.number) == numbers, "seed \(seed): planning twice changes something")
    }

    private func check(_ plan: DeploymentPlan, _ picture: DeploymentPicture, seed: UInt64) {
        for item in plan.items.values {
            if let revision = item.revision?.reference {
                #expect(picture.holds.condemning(revision) == nil, "seed \(seed): a condemned revision was assigned")
            }
        }
        if let rollout = plan.rollout, rollout.state == .progressing, rollout.wave == 0 {
            let moved = plan.items.values.count { $0.revision?.digest == rollout.revision.digest }
            let settled = picture.settled?.digest == rollout.revision.digest
            #expect(moved <= 1 || settled, "seed \(seed): more than one host in the first wave")
        }
        #expect(plan.succeeded.count == Set(plan.succeeded).count, "seed \(seed): a revision stands twice")
    }
}
