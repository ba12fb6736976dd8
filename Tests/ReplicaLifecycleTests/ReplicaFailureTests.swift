import Fleet
import ReplicaLifecycle
import Testing

/// Why a transition failed, as rules read it.
@Suite struct ReplicaFailureTests {
    @Test(
        arguments: [
            (ReplicaBench.Fault.start, TargetState.starting), (.crashBeforeReady, .starting), (.notReady, .starting),
            (.probe, .probing), (.unreadyWhileObserved, .observing),
        ],
        ReplicaBench.Mode.allCases
    )
    func aTransitionSaysWhereItFailed(fault: (ReplicaBench.Fault, TargetState), mode: ReplicaBench.Mode) {
        var bench = served(mode)
        bench.faults[2] = fault.0
        bench.give(bench.item(9, .converge, 2, succeeded: [1]))
        let failure = ReplicaFailure(kind: .transition, state: fault.1)
        while bench.step() {
            let isOver = bench.report.state == .reverting || bench.report.state.isTerminal
            #expect(bench.report.failure == (isOver ? failure : nil))
        }
        #expect(bench.machine.state == .reverted)
        bench.restartAgent(reboot: true)
        bench.settle()
        #expect(bench.report.failure == failure, "it outlives a restart")
        bench.give(bench.item(10, .converge, 3, succeeded: [1]))
        #expect(bench.report.failure == nil, "another goal has not failed")
    }

    @Test func aSwitchThatFails() {
        var bench = served(.besideSwitched)
        bench.give(bench.item(9, .converge, 2, succeeded: [1]))
        bench.run(until: .switching)
        bench.switchFaults = 1
        bench.settle()
        #expect(bench.report.failure == ReplicaFailure(kind: .transition, state: .switching))
    }

    @Test(arguments: [AssignmentItem.Order.converge, .stage], ReplicaFailure.Kind.allCases)
    func stagingKeepsItsKind(order: AssignmentItem.Order, kind: ReplicaFailure.Kind) {
        var bench = served()
        bench.give(bench.item(9, order, 2, succeeded: [1]))
        let digest = ReplicaBench.revision(2).digest
        bench.take(bench.machine.stagingFailed(digest, kind, cause: "no", at: bench.now))
        #expect(bench.machine.state == .reverted && bench.report.reason == "no")
        #expect(bench.report.failure == ReplicaFailure(kind: kind, state: .staging))
        #expect(bench.outcomes.last == .reverted(cause: "no"))
        // What was refused to stage is tried when it is told to move.
        bench.pending = []
        bench.give(bench.item(10, order == .stage ? .converge : .stage, 2, succeeded: [1]))
        bench.settle()
        #expect(bench.machine.state == (order == .stage ? .verified : .staged))
        #expect(bench.report.failure == nil)
    }

    @Test func whatStandsInTheWayByTheTimeItIsToldToMove() {
        var bench = served()
        bench.give(bench.item(9, .stage, 2, succeeded: [1]))
        bench.settle()
        bench.faults[2] = .check
        bench.give(bench.item(10, .converge, 2, succeeded: [1]))
        bench.settle()
        #expect(bench.machine.state == .reverted && bench.started == [1] && bench.servingNumber == 1)
        #expect(bench.report.failure == ReplicaFailure(kind: .refused, state: .staged))
        #expect(bench.report.reason == "no memory is left")
    }

    @Test func aFirstRevisionThatCannotBeStaged() {
        var bench = ReplicaBench()
        bench.faults[1] = .staging
        bench.give(bench.item(1, .stage, 1))
        bench.settle()
        #expect(bench.machine.state == .revertFailed)
        #expect(bench.report.failure == ReplicaFailure(kind: .fetch, state: .staging))
    }

    @Test(arguments: [AssignmentItem.Order.converge, .stage])
    func stagingThatIsTriedAgainSaysWhatFailedMeanwhile(order: AssignmentItem.Order) {
        var bench = served()
        bench.faults[2] = .staging
        bench.give(bench.item(9, order, 2, succeeded: [1, 2]))
        while !bench.pending.isEmpty { _ = bench.step() }
        #expect(bench.machine.state == .staging)
        #expect(bench.report.failure == ReplicaFailure(kind: .fetch, state: .staging))
        bench.faults = [:]
        bench.settle()
        #expect(bench.report.failure == nil)
        #expect(bench.machine.state == (order == .stage ? .staged : .verified))
    }

    @Test func aCandidateThatTheAgentsDeathTookBack() {
        var bench = served()
        bench.give(bench.item(9, .converge, 2, succeeded: [1]))
        bench.run(until: .probing)
        bench.restartAgent(reboot: true)
        bench.settle()
        #expect(bench.machine.state == .reverted)
        #expect(bench.report.failure == ReplicaFailure(kind: .transition, state: .starting))
    }

    @Test func aRollbackThatFails() {
        var bench = served()
        bench.give(bench.item(8, .converge, 2, succeeded: [1, 2]))
        bench.settle()
        bench.faults[1] = .probe
        bench.give(bench.item(9, .rollback(id: "r"), nil, succeeded: [1, 2], held: [2]))
        bench.settle()
        #expect(bench.report.failure == ReplicaFailure(kind: .transition, state: .probing))
    }

    /// A host that serves revision 1, which is good.
    private func served(_ mode: ReplicaBench.Mode = .recreateBound) -> ReplicaBench {
        var bench = ReplicaBench(mode: mode)
        bench.give(bench.item(1, .converge, 1, succeeded: [1]))
        bench.settle()
        return bench
    }
}
