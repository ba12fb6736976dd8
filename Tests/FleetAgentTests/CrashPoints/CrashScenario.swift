import Fleet
import Testing

/// One transition, and what is true of it whenever it is cut off.
struct CrashScenario: Sendable, CustomTestStringConvertible {
    /// One thing that the controller asks for.
    struct Step: Sendable {
        var item: AssignmentItem
        /// How many things are done about it before the next step comes.
        var effects = Int.max
    }

    var name: String
    var plan: ReplicaPlan
    /// What was asked for, and came to rest, before.
    var before: [AssignmentItem] = []
    /// The transition.
    var steps: [Step]
    /// What goes wrong from the transition on.
    var faults: [UInt64: ReplicaPlan.Fault] = [:]
    /// What served before.
    var served: UInt64?
    /// What serves when nothing is cut off.
    var end: UInt64?
    /// What may serve besides, once it has answered as it should, as long as the controller is not heard.
    var others: Set<UInt64> = []
    /// What was good before, and stays so.
    var good: [UInt64] = []

    var testDescription: String { name }

    /// The items of which exactly one outcome arrives; the last one, if nothing is said.
    var items: [UInt64] = []

    /// Whether the transition ends with an outcome: what waits staged has none.
    var hasOutcome = true

    var ending: [UInt64] { items.isEmpty ? steps.suffix(1).map(\.item.number) : items }

    /// Every transition that a host goes through, in every way.
    static func all() throws -> [CrashScenario] { try ReplicaPlan.Way.allCases.flatMap { try all($0) } }

    private static func all(_ way: ReplicaPlan.Way) throws -> [CrashScenario] {
        let plan = try ReplicaPlan(way)
        let first = plan.item(1, .converge, 1)
        let one = [first, plan.item(2, .converge, 1, succeeded: [1])]
        let update = plan.item(3, .converge, 2, succeeded: [1])
        let two = one + [update, plan.item(4, .converge, 2, succeeded: [1, 2])]
        let back = plan.item(5, .rollback(id: "r"), nil, succeeded: [1, 2], held: [2])
        func transition(_ name: String, _ before: [AssignmentItem], _ items: AssignmentItem...) -> CrashScenario {
            let steps = items.map { Step(item: $0) }
            return CrashScenario(name: "\(way): \(name)", plan: plan, before: before, steps: steps)
        }
        var all = [
            transition("first deployment", [], first).expecting(end: 1),
            transition("failed first deployment", [], first).expecting(faults: [1: .wrongAnswer]),
            transition("update", one, update).expecting(served: 1, end: 2, good: [1]),
            transition("update whose rollout succeeds", one, update, two[3])
                .expecting(served: 1, end: 2, good: [1], items: [3, 4]),
            transition("update to a wrong version", one, update)
                .expecting(served: 1, end: 1, good: [1], faults: [2: .wrongAnswer]),
            transition("update to a version that dies", one, update)
                .expecting(served: 1, end: 1, good: [1], faults: [2: .dies]),
            transition("convergence outside a rollout", one, plan.item(3, .converge, 2, succeeded: [1, 2]))
                .expecting(served: 1, end: 2, good: [1]),
            transition("aborted update", one + [update], plan.item(4, .converge, 1, succeeded: [1]))
                .expecting(served: 2, end: 1, good: [1]),
            transition("rollback", two, back).expecting(served: 2, end: 1, good: [1, 2]),
            transition("rollback to a version that fails now", two, back)
                .expecting(served: 2, end: 2, good: [1, 2], faults: [1: .wrongAnswer]),
            transition(
                "rollback that waits for its turn",
                two,
                plan.item(5, .rollback(id: "r", turn: .wait), nil, succeeded: [1, 2], held: [2]),
                plan.item(6, .rollback(id: "r"), nil, succeeded: [1, 2], held: [2])
            )
            .expecting(served: 2, end: 1, good: [1, 2], items: [5, 6]),
            transition("removal", one, plan.item(3, .remove)).expecting(served: 1, good: [1]),
        ]
        var failed = transition(
            "rollback of a failed update",
            one + [update],
            plan.item(4, .rollback(id: "r"), nil, succeeded: [1], held: [2])
        )
        failed.plan.faults = [2: .wrongAnswer]
        all.append(failed.expecting(served: 1, end: 1, good: [1]))
        var collection = transition("collection", one + [update], plan.item(4, .converge, 3, succeeded: [1]))
        collection.plan.faults = [2: .wrongAnswer]
        all.append(collection.expecting(served: 1, end: 3, good: [1]))
        for effects in way == .recreate ? [2, 4, 6] : [3, 6, 9] {
            var early = transition(
                "rollback \(effects) effects into an update",
                one,
                update,
                plan.item(4, .rollback(id: "r"), nil, succeeded: [1], held: [2])
            )
            early.steps[0].effects = effects
            early.others = [2]
            all.append(early.expecting(served: 1, end: 1, good: [1]))
        }
        all += staging(plan, one, update)
        // The rest is the same as where one follows the other.
        let own = ["update", "update to a wrong version", "aborted update", "rollback"].map { "\(way): \($0)" }
        return way == .bound ? all.filter { own.contains($0.name) || $0.steps.count > 1 } : all
    }

    /// What is staged by order, and what then becomes of it.
    private static func staging(
        _ plan: ReplicaPlan,
        _ one: [AssignmentItem],
        _ update: AssignmentItem
    ) -> [CrashScenario] {
        let stage = plan.item(3, .stage, 2, succeeded: [1])
        func transition(_ name: String, _ items: AssignmentItem...) -> CrashScenario {
            CrashScenario(name: "\(plan.way): \(name)", plan: plan, before: one, steps: items.map { Step(item: $0) })
        }
        var staged = transition("staging", stage).expecting(served: 1, end: 1, good: [1])
        staged.hasOutcome = false
        let moved = plan.item(4, .converge, 2, succeeded: [1])
        var wrong = transition("staging, and a move to a wrong version", stage, moved)
        wrong = wrong.expecting(served: 1, end: 1, good: [1], faults: [2: .wrongAnswer])
        var beside = transition("staging 4 effects into an update", update, plan.item(4, .stage, 3, succeeded: [1]))
        beside.steps[0].effects = 4
        return [
            staged, transition("staging, and the move", stage, moved).expecting(served: 1, end: 2, good: [1]), wrong,
            beside.expecting(served: 1, end: 2, good: [1], items: [3]),
        ]
    }

    private func expecting(
        served: UInt64? = nil,
        end: UInt64? = nil,
        good: [UInt64] = [],
        faults: [UInt64: ReplicaPlan.Fault] = [:],
        items: [UInt64] = []
    ) -> CrashScenario {
        var copy = self
        copy.served = served
        copy.end = end
        copy.good = good
        copy.faults = faults
        copy.items = items
        return copy
    }
}
