import Fleet
import ReplicaLifecycle
import Testing

/// Nothing is wanted any more, and nothing ever succeeded: a host goes back to what served before (DESIGN §1), and stays there.
@Suite struct ReplicaNothingWantedTests {
    /// Revision 1 serves, verified; its rollout was overtaken.
    private static func provisional(_ mode: ReplicaBench.Mode) -> ReplicaBench {
        var bench = ReplicaBench(mode: mode)
        bench.give(bench.item(1, .converge, 1))
        bench.settle()
        return bench
    }

    @Test(arguments: ReplicaBench.Mode.allCases, [TargetState.stoppingOld, .starting, .probing, .observing, .verified])
    func whatServedBeforeServesAgain(mode: ReplicaBench.Mode, state: TargetState) {
        var bench = Self.provisional(mode)
        bench.give(bench.item(2, .converge, 2))
        bench.run(until: state)
        bench.give(bench.item(3, .converge, nil))
        bench.settle()
        #expect(bench.servingNumber == 1)
        #expect(bench.violations.isEmpty)
    }

    /// Neither a restart of the agent nor news of holds turns round who is on the way to what served before.
    @Test(arguments: ReplicaBench.Mode.allCases, [true, false])
    func whoeverIsOnTheWayHomeArrives(mode: ReplicaBench.Mode, restarts: Bool) {
        for state in [TargetState.starting, .probing, .observing] {
            var bench = Self.provisional(mode)
            bench.give(bench.item(2, .converge, 2))
            bench.settle()
            bench.give(bench.item(3, .converge, nil))
            bench.run(until: state)
            if restarts {
                bench.restartAgent(reboot: false)
            } else {
                bench.give(bench.item(4, .converge, nil, held: [9]))
            }
            bench.settle()
            #expect(bench.servingNumber == 1 && bench.machine.state == .verified, "\(state)")
            #expect(bench.violations.isEmpty)
        }
    }

    @Test(arguments: ReplicaBench.Mode.allCases) func newsOfHoldsMovesNothing(mode: ReplicaBench.Mode) {
        var bench = Self.provisional(mode)
        bench.give(bench.item(2, .converge, 2))
        bench.settle()
        bench.give(bench.item(3, .converge, nil))
        bench.settle()
        #expect(bench.servingNumber == 1)
        bench.give(bench.item(4, .converge, nil, held: [2]))
        bench.settle()
        #expect(bench.servingNumber == 1 && bench.report.item == 4 && bench.machine.state == .verified)
        bench.restartAgent(reboot: true)
        bench.settle()
        bench.give(bench.item(5, .converge, nil))
        bench.settle()
        #expect(bench.servingNumber == 1 && bench.machine.state == .verified)
    }

    @Test(arguments: ReplicaBench.Mode.allCases) func whatWasTakenBackStops(mode: ReplicaBench.Mode) {
        var bench = Self.provisional(mode)
        bench.give(bench.item(2, .converge, nil))
        bench.settle()
        #expect(bench.servingNumber == nil && bench.processes.isEmpty)
    }

    @Test(arguments: ReplicaBench.Mode.allCases) func whatWentBackIsNotKeptWhenItIsCondemned(mode: ReplicaBench.Mode) {
        var bench = Self.provisional(mode)
        bench.give(bench.item(2, .converge, 2))
        bench.settle()
        bench.give(bench.item(3, .converge, nil))
        bench.settle()
        bench.give(bench.item(4, .rollback(id: "r"), nil, held: [1], onFailure: .stop))
        bench.settle()
        #expect(bench.servingNumber == nil)
    }
}
