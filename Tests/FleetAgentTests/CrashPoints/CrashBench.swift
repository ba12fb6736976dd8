import Fleet
import Glibc
import ReplicaLifecycle

@testable import FleetAgent

/// Runs a transition, ends it at every point, and finds what is not as DESIGN §1 promises.
struct CrashBench {
    /// How an agent ends.
    enum Ending: Hashable {
        case agentDied(DiskLoss)
        case powerCut(DiskLoss)

        static let all = DiskLoss.ofAgent.map(Ending.agentDied) + DiskLoss.all.map(Ending.powerCut)
    }

    let scenario: CrashScenario

    /// The transition without an end: every point of it, and what is there afterwards.
    func points() async throws -> (points: [SimulatedHost.Point], after: SimulatedHost.World) {
        let host = SimulatedHost()
        try await setUp(host)
        try await transition(host)
        return (host.points, host.world)
    }

    /// Every point at which the agent that follows an ending may end in its turn.
    func points(after ending: Ending, at point: SimulatedHost.Point) async -> [SimulatedHost.Point] {
        guard let world = point.world.after(ending) else { return [] }
        let host = SimulatedHost(world)
        host.record()
        _ = await problems(host)
        return host.points
    }

    /// What is wrong at the end of the transition when one of its calls is refused, and after a power cut that then takes
    /// everything that was not made durable.
    func problems(_ world: SimulatedHost.World, refusing refusal: SimulatedHost.Refusal) async throws -> [String] {
        let host = SimulatedHost(world)
        host.refuse(refusal)
        let agent = try await transition(host)
        host.refuse(nil)
        let problems = truths(host.world, agent) + outcomes(host.world)
        let world = host.world
        guard problems.isEmpty, let cut = world.after(.powerCut(.everything)) ?? world.after(.powerCut(.nothing)) else {
            return problems
        }
        return await self.problems(SimulatedHost(cut)).map { "after a power cut: \($0)" }
    }

    /// Everything that comes before the transition; the agent is then started anew.
    func setUp(_ host: SimulatedHost) async throws {
        let agent = try SimulatedAgent(host, plan: scenario.plan)
        await agent.run()
        for item in scenario.before {
            host.with { $0.controller.want(item) }
            await agent.converse()
        }
    }

    /// The transition; its agent lives on.
    @discardableResult func transition(_ host: SimulatedHost) async throws -> SimulatedAgent {
        if scenario.steps.count == 1 { host.record() }
        // What a disk refuses once ends an agent at its start; it is started again.
        let agent = try (try? SimulatedAgent(host, plan: plan)) ?? SimulatedAgent(host, plan: plan)
        await agent.run()
        await agent.converse()
        for (index, step) in scenario.steps.enumerated() {
            // What leads there is the transition of another scenario.
            if index == scenario.steps.count - 1 { host.record() }
            host.with { $0.controller.want(step.item) }
            await agent.converse(effects: step.effects)
        }
        return agent
    }

    /// What is wrong after the agent ended at a point, was started again, and came to rest: first without the
    /// controller, then with it. `nil` when this ending is the same as a simpler one.
    func problems(_ point: SimulatedHost.Point, _ ending: Ending) async -> [String]? {
        guard let world = point.world.after(ending) else { return nil }
        return await problems(SimulatedHost(world))
    }

    /// The same from a host on which no agent runs.
    func problems(_ host: SimulatedHost) async -> [String] {
        do {
            let agent = try SimulatedAgent(host, plan: plan)
            await agent.run()
            var problems = truths(host.world, agent, allowed: Set(scenario.others.map { $0 }))
                .map { "without the controller: \($0)" }
            await agent.converse()
            let asked = host.world.controller.assignment.items.first?.number ?? 0
            for step in scenario.steps where step.item.number > asked {
                host.with { $0.controller.want(step.item) }
                await agent.converse()
            }
            problems += truths(host.world, agent) + outcomes(host.world)
            return problems
        } catch {
            return ["the agent does not start: \(error)"]
        }
    }

    private var plan: ReplicaPlan {
        var plan = scenario.plan
        plan.faults.merge(scenario.faults) { _, new in new }
        return plan
    }

    /// What must hold at every moment of the transition, where the endpoint is switched: clients reach something, and
    /// nothing that was not proven.
    func gaps(_ points: [SimulatedHost.Point]) -> [String] {
        guard plan.way == .switched else { return [] }
        return points.compactMap { point in
            let reached = plan.answering(point.world)
            if let reached, !point.world.answered.contains(reached.digest) {
                return "before \(point.before): clients reach revision \(reached.number), which was never proven"
            }
            guard scenario.served != nil, scenario.end != nil, reached == nil else { return nil }
            return "before \(point.before): clients reach nothing"
        }
    }

    /// What must hold whenever the host has come to rest.
    func truths(
        _ world: SimulatedHost.World,
        _ agent: SimulatedAgent,
        allowed others: Set<UInt64?> = []
    ) -> [String] {
        var problems: [String] = []
        func check(_ isTrue: Bool, _ problem: @autoclosure () -> String) { if !isTrue { problems.append(problem()) } }
        let record =
            agent.remembered.replicas[ReplicaPlan.deployment] ?? ReplicaRecord(deployment: ReplicaPlan.deployment)
        let running = world.processes.values.map(\.ticket.revision)
        let allowed = Set([scenario.served, scenario.end]).union(others)
        check(plan.answering(world) == running.first, "clients reach \(text(plan.answering(world)))")
        check(running.count <= 1, "\(running.map(\.number)) run")
        check(allowed.contains(running.first?.number), "revision \(running.first?.number ?? 0) runs")
        check(running.allSatisfy { world.answered.contains($0.digest) }, "what runs was never proven")
        check(
            record.standing == running.first,
            "\(running.map(\.number)) run, the journal says \(text(record.standing))"
        )
        check(record.serving == running.first, "\(running.map(\.number)) run, serving is \(text(record.serving))")
        let reported = agent.board.replica(ReplicaPlan.deployment)
        check(reported?.serving == running.first, "reported as serving is \(text(reported?.serving))")
        check(record.passage == nil, "a passage to \(text(record.passage?.goal)) is left")

        let item = world.controller.assignment.items.first
        let isRemoved = item?.order == .remove && running.isEmpty
        let succeeded = Set(item?.succeeded.map(\.digest) ?? []).union(scenario.good.map { plan.revision($0).digest })
        for good in record.good {
            check(world.answered.contains(good.digest), "good \(good.number) was never proven")
            check(succeeded.contains(good.digest), "good \(good.number) has not succeeded")
        }
        for number in scenario.good where !isRemoved {
            check(record.good.contains { $0.number == number }, "good \(number) is forgotten")
        }
        if let provisional = record.provisional {
            check(world.answered.contains(provisional.digest), "provisional \(provisional.number) was never proven")
            check(!record.good.contains { $0.digest == provisional.digest }, "provisional is good as well")
        }
        if let previous = record.previous {
            check(world.answered.contains(previous.digest), "previous \(previous.number) was never proven")
            check(previous.digest != record.standing?.digest, "previous is what stands")
        }
        if let staged = reported?.state == .staged ? reported?.goal : nil {
            check(record.protectedRevisions.contains(staged), "staged \(staged.number) is not protected")
            check(
                plan.isWhole(plan.revision(staged.number), world.disk),
                "files of staged \(staged.number) are missing"
            )
        }
        if let standing = record.standing {
            let isKept = record.good.contains { $0.digest == standing.digest } || record.provisional == standing
            check(isKept, "\(standing.number) stands, and is neither good nor provisional")
        }
        for kept in Set([record.standing, record.previous, record.wayBack].compactMap { $0 }) {
            check(record.revision(kept) != nil, "the bytes of revision \(kept.number) are not in the journal")
            let revision = plan.revision(kept.number)
            check(plan.isHere(revision, world.disk), "blobs of revision \(kept.number) are missing")
            check(plan.isWhole(revision, world.disk), "files of revision \(kept.number) are missing")
        }
        return problems
    }

    /// What must have arrived.
    private func outcomes(_ world: SimulatedHost.World) -> [String] {
        var problems: [String] = []
        let running = world.processes.values.first?.ticket.revision
        var ends = scenario.ending.flatMap { world.controller.ends(of: $0) }
        // What the disk refused has ended all the same.
        if !scenario.hasOutcome { ends.removeAll(where: isRefusal) }
        if ends.count != (scenario.hasOutcome ? 1 : 0) {
            problems.append("items \(scenario.ending) ended \(ends.count) times: \(ends)")
        }
        if let end = ends.first, !isTrue(end, running) {
            problems.append("it ended as \(end), and revision \(running?.number ?? 0) runs")
        }
        let told = world.controller.outcomes.last { if case .serving = $0.kind { true } else { false } }
        if told?.revision != running { problems.append("told as serving is \(text(told?.revision))") }
        return problems
    }

    /// What the transition proves, when nothing goes wrong.
    private var verified: RevisionReference? {
        let items = scenario.steps.map(\.item).filter { $0.revision != nil && scenario.ending.contains($0.number) }
        return items.last?.revision?.reference
    }

    private func isRefusal(_ end: HostOutcome.Kind) -> Bool {
        if case .reverted(let cause) = end { cause.hasPrefix("cannot ") } else { false }
    }

    private func isTrue(_ end: HostOutcome.Kind, _ running: RevisionReference?) -> Bool {
        switch end {
        case .verified:
            running != nil && running == verified
        case .reverted: running?.number == scenario.served && running != nil
        case .revertFailed, .removed: running == nil
        case .rolledBack(_, .done(let serving)): running == serving
        case .rolledBack(_, .unaffected(let serving)): running == serving
        case .rolledBack(_, .failed(_, let serving)): running == serving
        case .rolledBack, .serving, .local: false
        }
    }

    private func text(_ reference: RevisionReference?) -> String { reference.map { "\($0.number)" } ?? "nothing" }
}

extension SimulatedHost.World {
    /// What the next agent finds; `nil` when it is the same as with nothing lost.
    func after(_ ending: CrashBench.Ending) -> Self? {
        var world = self
        switch ending {
        case .agentDied(let loss):
            guard let disk = disk.afterAgentDied(losing: loss) else { return nil }
            world.disk = disk
        case .powerCut(let loss):
            guard let disk = disk.afterPowerCut(losing: loss) else { return nil }
            world.disk = disk
            world.processes = [:]
            // Until an agent fills it, the table rejects.
            world.table = world.table.mapValues { _ in 0 }
            world.boot += 1
        }
        return world
    }
}
