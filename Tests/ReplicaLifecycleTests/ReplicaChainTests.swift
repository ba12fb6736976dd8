import Fleet
import ReplicaLifecycle
import Testing

/// The recreate chain, step by step, and what ends it.
@Suite struct ReplicaChainTests {
    @Test func aFirstRevisionIsProven() {
        var bench = ReplicaBench()
        bench.give(bench.item(1, .converge, 1))
        var states = [bench.machine.state]
        while bench.step() { if states.last != bench.machine.state { states.append(bench.machine.state) } }
        #expect(states == [.staging, .starting, .probing, .observing, .verified])
        #expect(bench.servingNumber == 1)
        #expect(bench.report.provisional?.number == 1)
        #expect(bench.report.good.isEmpty)
        #expect(bench.outcomes == [.serving(ReplicaBench.revision(1).reference), .verified])
    }

    @Test func aSecondReplacesItAndIsPromotedWhenItsRolloutSucceeded() {
        var bench = proven()
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        var states: [TargetState] = []
        while bench.step() { if states.last != bench.machine.state { states.append(bench.machine.state) } }
        #expect(states == [.stoppingOld, .starting, .probing, .observing, .verified])
        #expect(bench.report.previous?.number == 1)
        #expect(bench.report.provisional?.number == 2)
        bench.give(bench.item(4, .converge, 2, succeeded: [1, 2]))
        bench.settle()
        #expect(bench.report.good.map(\.number) == [1, 2])
        #expect(bench.report.provisional == nil)
        #expect(bench.machine.state == .verified)
        #expect(bench.report.item == 4)
        #expect(bench.started == [1, 2])
    }

    @Test(arguments: [
        ReplicaBench.Fault.start, .crashBeforeReady, .notReady, .probe, .unreadyWhileObserved,
    ])
    func aCandidateThatFailsLeavesWhatServed(fault: ReplicaBench.Fault) {
        var bench = proven()
        bench.faults[2] = fault
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        bench.settle()
        #expect(bench.machine.state == .reverted)
        #expect(bench.servingNumber == 1)
        #expect(bench.report.good.map(\.number) == [1])
        #expect(bench.report.reason?.isEmpty == false)
        let isReverted = bench.outcomes.contains { if case .reverted = $0 { true } else { false } }
        #expect(isReverted)
        // It is not tried again by itself, nor for a change elsewhere in the item.
        let before = bench.started
        bench.give(bench.item(4, .converge, 2, succeeded: [1]))
        bench.settle()
        #expect(bench.started == before)
    }

    @Test func aHostThatRefusesTouchesNothing() {
        var bench = proven()
        bench.faults[2] = .staging
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        bench.settle()
        #expect(bench.machine.state == .reverted)
        #expect(bench.report.reason == "port 8080 is taken")
        #expect(bench.started == [1])
        #expect(bench.running?.revision.number == 1)
    }

    @Test func aFirstRevisionThatFailsLeavesNothing() {
        var bench = ReplicaBench()
        bench.faults[1] = .probe
        bench.give(bench.item(1, .converge, 1))
        bench.settle()
        #expect(bench.machine.state == .revertFailed)
        #expect(bench.running == nil)
        #expect(bench.servingNumber == nil)
        #expect(bench.report.provisional == nil)
        bench.give(bench.item(2, .converge, nil))
        bench.settle()
        #expect(bench.machine.state == .pending)
    }

    @Test func anAbortedRolloutGoesBackToWhatServed() {
        var bench = proven()
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        bench.settle()
        bench.give(bench.item(4, .converge, 1, succeeded: [1]))
        #expect(bench.report.provisional == nil)
        bench.settle()
        #expect(bench.machine.state == .verified)
        #expect(bench.servingNumber == 1)
        #expect(bench.report.good.map(\.number) == [1])
        #expect(bench.report.provisional == nil)
    }

    @Test func anAbortedFirstRolloutStopsTheReplica() {
        var bench = ReplicaBench()
        bench.give(bench.item(1, .converge, 1))
        bench.settle()
        bench.give(bench.item(2, .converge, nil))
        bench.settle()
        #expect(bench.running == nil)
        #expect(bench.servingNumber == nil)
        #expect(bench.machine.state == .pending)
    }

    @Test(arguments: [TargetState.staging, .stoppingOld, .starting, .probing, .observing])
    func anAbortInMidTransitionGoesBack(state: TargetState) {
        var bench = proven()
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        bench.run(until: state)
        #expect(bench.machine.state == state)
        bench.give(bench.item(4, .converge, 1, succeeded: [1]))
        bench.settle()
        #expect(bench.machine.state == .verified)
        #expect(bench.servingNumber == 1)
        #expect(bench.report.provisional == nil)
    }

    @Test(arguments: [TargetState.staging, .stoppingOld, .starting, .probing, .observing])
    func aNewerCandidateOvertakes(state: TargetState) {
        var bench = proven()
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        bench.run(until: state)
        bench.give(bench.item(4, .converge, 3, succeeded: [1]))
        bench.settle()
        #expect(bench.machine.state == .verified)
        #expect(bench.servingNumber == 3)
        #expect(bench.report.provisional?.number == 3)
        #expect(bench.report.good.map(\.number) == [1])
    }

    @Test func anotherPortIsAnotherPassage() {
        var bench = proven()
        bench.give(bench.item(3, .converge, 1, succeeded: [1], port: 9090))
        bench.settle()
        #expect(bench.started == [1, 1])
        #expect(bench.machine.state == .verified)
        #expect(bench.report.good.map(\.number) == [1])
    }

    @Test func aRemovalStopsAndForgets() {
        var bench = proven()
        bench.give(bench.item(3, .remove))
        #expect(bench.machine.state == .removing)
        bench.settle()
        #expect(bench.machine.state == .removed)
        #expect(bench.machine.isRemoved)
        #expect(bench.running == nil)
        #expect(bench.outcomes.last == .removed)
        #expect(bench.report.good.isEmpty)
    }

    @Test(arguments: [false, true])
    func aRemovalThatIsOvertakenForgetsNothing(restarted: Bool) {
        var bench = proven()
        bench.give(bench.item(3, .remove))
        bench.give(bench.item(4, .converge, 1, succeeded: [1]))
        #expect(bench.machine.state == .removing)
        if restarted { bench.restartAgent(reboot: false) }
        bench.settle()
        #expect(bench.machine.state == .verified)
        #expect(bench.servingNumber == 1)
        #expect(bench.report.good.map(\.number) == [1])
        #expect(!bench.outcomes.contains(.removed))
    }

    @Test func whatIsBeingStoppedIsSaid() {
        var bench = proven()
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        bench.run(until: .stoppingOld)
        bench.take(bench.machine.connectionsCounted(attempt: 1, 7, at: bench.now))
        let expected =
            "process 1 of revision 1 is being stopped: 7 connections may go on until they end, "
            + "at most for its runtime's `stop.drain`"
        #expect(bench.report.reason == expected)
    }

    @Test func whatDiesIsStartedAgainWithGrowingWaits() {
        var bench = proven()
        var waits: [Int64] = []
        for _ in 0..<7 {
            bench.crash()
            #expect(bench.servingNumber == nil)
            let due = bench.machine.deadline ?? bench.now
            waits.append((due - bench.now).milliseconds / 1000)
            bench.settle()
            #expect(bench.servingNumber == 1)
            #expect(bench.machine.state == .verified)
        }
        #expect(waits == [10, 20, 40, 80, 160, 300, 300])
        #expect(bench.report.instance?.restarts == 7)
        bench.now = bench.now + .seconds(301)
        bench.crash()
        #expect((bench.machine.deadline ?? bench.now) - bench.now == .seconds(10))
    }

    @Test func aCrashWhileStagingDoesNotStopTheTransition() {
        var bench = proven()
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        bench.crash()
        bench.settle()
        #expect(bench.servingNumber == 2)
        #expect(bench.machine.state == .verified)
    }

    @Test(arguments: ReplicaBench.Mode.allCases) func whatDoesNotEndIsSaidUntilItDoes(mode: ReplicaBench.Mode) {
        var bench = ReplicaBench(mode: mode)
        bench.give(bench.item(1, .converge, 1))
        bench.settle()
        bench.give(bench.item(2, .converge, 2, succeeded: [1]))
        while !bench.pending.contains(.stop(attempt: 1, ReplicaBench.revision(1), .long)), bench.step() {}
        let before = bench.pending
        bench.take(bench.machine.stopOverdue(attempt: 1, cause: "process 1 does not end", at: bench.now))
        #expect(bench.pending == before, "nothing is started in its place")
        #expect(bench.report.reason == "process 1 does not end")
        bench.settle()
        #expect(bench.servingNumber == 2)
        #expect(bench.report.reason == nil)
    }

    @Test(arguments: ReplicaBench.Mode.allCases) func whatDoesNotEndDoesNotHideWhatFailed(mode: ReplicaBench.Mode) {
        var bench = ReplicaBench(mode: mode)
        bench.give(bench.item(1, .converge, 1))
        bench.settle()
        bench.give(bench.item(2, .converge, 2, succeeded: [1]))
        while !bench.pending.contains(.probe(attempt: 2, ReplicaBench.revision(2))), bench.step() {}
        bench.take(bench.machine.probeFailed(attempt: 2, cause: "expected 0, got 1", at: bench.now))
        let failed = bench.report.reason
        #expect(failed?.contains("expected 0, got 1") == true)
        bench.take(bench.machine.stopOverdue(attempt: 2, cause: "process 2 does not end", at: bench.now))
        #expect(bench.report.reason == failed.map { "\($0); process 2 does not end" })
    }

    @Test func lateWordsAreDropped() {
        var bench = proven()
        let before = bench.report
        bench.take(bench.machine.processExited(attempt: 99, cause: "old", at: bench.now))
        bench.take(bench.machine.probeFailed(attempt: 1, cause: "late", at: bench.now))
        bench.take(bench.machine.staged(ReplicaBench.revision(7).digest, update: .recreate, at: bench.now))
        bench.take(bench.machine.timerFired(at: bench.now))
        #expect(bench.report == before)
        #expect(bench.pending.isEmpty)
    }

    /// Revision 1 serves, and its rollout has succeeded.
    private func proven() -> ReplicaBench {
        var bench = ReplicaBench()
        bench.give(bench.item(1, .converge, 1))
        bench.settle()
        bench.give(bench.item(2, .converge, 1, succeeded: [1]))
        bench.settle()
        return bench
    }
}
