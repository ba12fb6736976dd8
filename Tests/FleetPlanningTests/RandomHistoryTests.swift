import Fleet
import FleetTestSupport
import Testing

@testable import FleetPlanning

/// Seeded random histories: operators, failures, clocks, and hosts that come and go. The fixture makes each plan twice: by the
/// machine that was told of every change, and by one made anew. The seed is printed with each failure.
@Suite struct RandomHistoryTests {
    @Test(arguments: 0..<300)
    func nothingForbiddenHappensAndEverythingEnds(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let count = Int.random(in: 1...12, using: &random)
        let policy = RolloutPolicy(
            waves: Bool.random(using: &random)
                ? [.count(1), .percent(100)] : [.percent(10), .percent(50), .percent(100)],
            maxInFlight: .count(Int.random(in: 1...4, using: &random)),
            bake: .seconds(Int64.random(in: 0...20, using: &random)),
            maxFailed: .count(Int.random(in: 0...2, using: &random)),
            unreachable: [.exclude, .fail, .wait(.seconds(60))].randomElement(using: &random) ?? .exclude
        )
        var fleet = PlanningFleet(hosts: count, policy: policy) { "s\($0 % 3)" }
        fleet.ledger = SiteLedger(limit: Int.random(in: 1...3, using: &random))
        var version = 1
        for _ in 0..<120 { act(&fleet, &version, &random, seed: seed) }
        fleet.badVersions = []
        fleet.stuckFetches = []
        fleet.calendar = .always
        for number in 1...fleet.hosts.count { fleet.setDark(number, false) }
        for _ in 0..<20 where fleet.rollout?.state.isTerminal == false {
            if fleet.rollout?.pause != nil { try? fleet.perform(.resume) }
            if fleet.rollout?.pause != nil { try? fleet.perform(.abort) }
            fleet.plan(after: .seconds(30))
            fleet.settle()
        }
        if fleet.rollout?.state.isTerminal == false { try? fleet.perform(.abort) }
        #expect(fleet.settle() < 100, "seed \(seed): it never ends: \(fleet.summary)")
        #expect(
            fleet.rollout?.state.isTerminal ?? true,
            "seed \(seed): the rollout never ends: \(fleet.summary)"
        )
        #expect(fleet.plan().isEmpty, "seed \(seed): planning twice changes something: \(fleet.summary)")
        let settled = fleet.picture.settled
        for host in fleet.hosts where host.isSelected && host.item?.order == .converge && settled != nil {
            #expect(host.item?.revision?.digest == settled?.digest, "seed \(seed): \(host.id) was left behind")
        }
    }

    private func act(_ fleet: inout PlanningFleet, _ version: inout Int, _ random: inout SeededGenerator, seed: UInt64)
    {
        let number = Int.random(in: 1...fleet.hosts.count, using: &random)
        switch Int.random(in: 0..<26, using: &random) {
        case 0:
            version += 1
            if Bool.random(using: &random) { fleet.badVersions.insert(version) }
            fleet.apply(version)
        case 1: fleet.rollBack()
        case 2: fleet.edit { _ = $0.holds.popLast() }
        case 3: fleet.setDark(number, fleet.host(number)?.unreachableSince == nil)
        case 4:
            var host = fleet.hosts[number - 1]
            host.isSelected.toggle()
            fleet.take(.host(host))
        case 5: fleet.stuckFetches.formSymmetricDifference([PlanningFleet.id(number)])
        case 6: fleet.say(number, .starting)
        case 7: fleet.say(number, .reverted, reason: "no room", failure: .init(kind: .refused, state: .staging))
        case 8: try? fleet.perform(commands.randomElement(using: &random) ?? .pause)
        case 9: try? fleet.perform(.resume)
        case 10: try? fleet.perform(.skip(host: PlanningFleet.id(number)))
        case 11: fleet.plan(after: .seconds(Int64.random(in: 60...900, using: &random)))
        case 12:
            let closed = OpenTimes(
                periods: [.init(from: .init(milliseconds: 0), closedBecause: "frozen")],
                horizon: nil
            )
            fleet.calendar = fleet.calendar == .always ? closed : .always
        case 13:
            let host = DeploymentPicture.Host(
                id: PlanningFleet.id(fleet.hosts.count + 1),
                name: PlanningFleet.id(fleet.hosts.count + 1),
                isSelected: true,
                site: "s\(number % 3)"
            )
            fleet.take(.host(host))
        case 14...18: fleet.work(number)
        default:
            let before = fleet.hosts
            let plan = fleet.plan()
            check(plan, before, fleet, seed: seed)
        }
    }

    private let commands: [RolloutCommand] = [
        .pause, .promote(full: false), .promote(full: true), .abort, .cancel, .retry, .pause, .pause,
    ]

    private func check(
        _ plan: DeploymentPlan,
        _ before: [DeploymentPicture.Host],
        _ fleet: PlanningFleet,
        seed: UInt64
    ) {
        for item in plan.items.values {
            if let revision = item.revision?.reference {
                #expect(
                    fleet.picture.holds.condemning(revision) == nil,
                    "seed \(seed): a condemned revision was assigned"
                )
            }
        }
        if let rollout = fleet.rollout, rollout.state.isForward {
            let due = Set(fleet.hosts.filter { ($0.target?.wave ?? .max) <= rollout.wave }.map(\.id))
            for (host, item) in plan.items where item.order == .converge {
                let isCandidate = item.revision?.digest == rollout.revision.digest
                #expect(!isCandidate || due.contains(host), "seed \(seed): \(host) moved before its wave")
            }
        }
        let words = fleet.words.filter { $0 != "-" }
        if let rollout = fleet.rollout, rollout.state.isForward {
            #expect(words.count == rollout.size, "seed \(seed): the list has lost a host")
        }
    }
}
