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
        fleet.stuckHosts = []
        fleet.pinned = []
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
        for host in fleet.hosts where host.isSelected {
            #expect(
                host.entry?.receipt.isTerminal ?? true,
                "seed \(seed): \(host.id) never ends its rollback: \(fleet.summary)"
            )
            guard host.item?.order == .converge, let settled = fleet.picture.settled(on: host.id),
                !DeploymentMachine(fleet.picture).hasFailed(host, settled)
            else { continue }
            #expect(host.item?.revision?.digest == settled.digest, "seed \(seed): \(host.id) was left behind")
        }
    }

    private func act(_ fleet: inout PlanningFleet, _ version: inout Int, _ random: inout SeededGenerator, seed: UInt64)
    {
        let number = Int.random(in: 1...fleet.hosts.count, using: &random)
        switch Int.random(in: 0..<30, using: &random) {
        case 0:
            version += 1
            if Bool.random(using: &random) { fleet.badVersions.insert(version) }
            fleet.apply(version)
        case 1: rollBack(&fleet, version, &random)
        case 2:
            let lifted = fleet.picture.holds.compactMap(\.rollback).randomElement(using: &random)
            if let lifted, Bool.random(using: &random) {
                fleet.lift(lifted, asks: Bool.random(using: &random))
            } else {
                fleet.edit { _ = $0.holds.popLast() }
            }
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
        case 19: fleet.pinned.formSymmetricDifference([PlanningFleet.id(number)])
        case 20: fleet.stuckHosts.formSymmetricDifference([PlanningFleet.id(number)])
        default:
            let before = fleet.hosts
            let plan = fleet.plan()
            check(plan, before, fleet, seed: seed)
        }
    }

    private func rollBack(_ fleet: inout PlanningFleet, _ version: Int, _ random: inout SeededGenerator) {
        let some = (1...fleet.hosts.count).filter { _ in Bool.random(using: &random) }
        switch Int.random(in: 0..<6, using: &random) {
        case 0: fleet.hold(Int.random(in: 1...version, using: &random))
        case 1: fleet.rollBack(hosts: some)
        case 2: fleet.rollBack(.rolling, onFailure: .stop)
        case 3: fleet.rollBack(to: fleet.picture.succeeded.randomElement(using: &random).map { Int($0.number) })
        case 4: fleet.rehearse(some)
        default: fleet.rollBack()
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
        for (host, item) in plan.items {
            #expect(item.holds == fleet.picture.holds(on: host), "seed \(seed): \(host) is told of other holds")
            if let revision = item.revision?.reference {
                #expect(
                    item.holds.condemning(revision) == nil,
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
        checkPace(plan, fleet, seed: seed)
        let words = fleet.words.filter { $0 != "-" }
        if let rollout = fleet.rollout, rollout.state.isForward {
            #expect(words.count == rollout.size, "seed \(seed): the list has lost a host")
        }
    }

    /// Of a fast rollback at most half of the hosts are told to go and have not ended; a rolling one keeps its budget.
    private func checkPace(_ plan: DeploymentPlan, _ fleet: PlanningFleet, seed: UInt64) {
        for order in fleet.picture.rollbacks where !order.drill {
            let entries = fleet.hosts.compactMap { host in host.entry.map { (host, $0) } }
                .filter { $0.1.rollback == order.rollback }
            guard
                plan.entries.contains(where: {
                    $0.rollback == order.rollback && $0.turn == .go && $0.since == fleet.now
                })
            else { continue }
            let scope = entries.filter { host, entry in
                if case .unaffected = entry.receipt { return false }
                return entry.receipt.isTerminal || host.unreachableSince == nil
            }
            let going = entries.filter { host, entry in
                guard !entry.receipt.isTerminal, entry.turn == .go, host.unreachableSince == nil else { return false }
                return host.currentReport != nil || fleet.now < entry.since + PlanningTimes.silent
            }
            let most =
                order.strategy == .fast
                ? (scope.count + 1) / 2 : fleet.picture.policy.rollout.maxInFlight.hosts(of: scope.count)
            let told = going.filter { $0.1.since == fleet.now && $0.0.currentReport == nil }
            #expect(
                going.count <= max(most, 1) || told.isEmpty,
                "seed \(seed): \(going.count) of \(scope.count) hosts go back at a time: \(fleet.summary)"
            )
        }
    }
}
