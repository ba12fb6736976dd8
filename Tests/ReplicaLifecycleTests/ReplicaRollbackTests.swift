import Fleet
import ReplicaLifecycle
import Testing

/// Rollbacks: holds, targets, receipts.
@Suite struct ReplicaRollbackTests {
    @Test func aRollbackReturnsToTheNewestGood() {
        var bench = serving(good: [1, 2])
        bench.give(bench.item(9, .rollback(id: "r1"), nil, succeeded: [1, 2], held: [2]))
        bench.settle()
        #expect(bench.servingNumber == 1)
        #expect(bench.report.receipt == .done(serving: ReplicaBench.revision(1).reference))
        #expect(bench.report.good.map(\.number) == [2, 1])
        #expect(bench.machine.state == .verified)
        // What follows it moves nothing.
        bench.give(bench.item(10, .converge, 1, succeeded: [1, 2], held: [2]))
        bench.settle()
        #expect(bench.started == [1, 2, 1])
        #expect(bench.machine.state == .verified)
    }

    @Test func whatDrainsToMakeRoomIsHurriedWhenItIsCondemned() {
        var bench = serving(good: [1])
        bench.give(bench.item(7, .converge, 2, succeeded: [1]))
        bench.run(until: .stoppingOld)
        #expect(bench.pending.contains(.stop(attempt: 1, ReplicaBench.revision(1), .long)))
        bench.give(bench.item(8, .converge, 2, succeeded: [1], held: [1]))
        #expect(bench.pending.contains(.hurry(attempt: 1)))
    }

    @Test func aProvisionalRevisionIsNeverATarget() {
        var bench = serving(good: [1])
        bench.give(bench.item(7, .converge, 2, succeeded: [1]))
        bench.settle()
        bench.give(bench.item(8, .converge, 3, succeeded: [1]))
        bench.settle()
        bench.give(bench.item(9, .rollback(id: "r1"), nil, succeeded: [1], held: [3]))
        bench.settle()
        #expect(bench.servingNumber == 1)
    }

    @Test(arguments: [TargetState.staging, .stoppingOld, .starting, .probing, .observing])
    func aRollbackOvertakesARollout(state: TargetState) {
        var bench = serving(good: [1])
        bench.give(bench.item(7, .converge, 2, succeeded: [1]))
        bench.run(until: state)
        bench.give(bench.item(8, .rollback(id: "r1"), nil, succeeded: [1], held: [2]))
        bench.settle()
        #expect(bench.servingNumber == 1)
        #expect(bench.report.provisional == nil)
        switch bench.report.receipt {
        case .done(let serving)?, .unaffected(.some(let serving))?: #expect(serving.number == 1)
        default: Issue.record("receipt \(String(describing: bench.report.receipt))")
        }
    }

    @Test func aHostThatServesSomethingElseIsUnaffected() {
        var bench = serving(good: [1])
        bench.give(bench.item(7, .rollback(id: "r1"), nil, succeeded: [1], held: [2]))
        bench.settle()
        #expect(bench.report.receipt == .unaffected(serving: ReplicaBench.revision(1).reference))
        #expect(bench.started == [1])
    }

    @Test func withoutATargetItKeepsServingOrStops() {
        var keeping = serving(good: [1])
        keeping.give(keeping.item(7, .rollback(id: "r1"), nil, succeeded: [1], held: [1]))
        keeping.settle()
        #expect(keeping.report.receipt == .noTarget(.keepServing))
        #expect(keeping.servingNumber == 1)
        var stopping = serving(good: [1])
        stopping.give(stopping.item(7, .rollback(id: "r1"), nil, succeeded: [1], held: [1], onFailure: .stop))
        stopping.settle()
        #expect(stopping.report.receipt == .noTarget(.stop))
        #expect(stopping.running == nil)
    }

    @Test func aTargetThatFailsKeepsServingOrStops() {
        var keeping = serving(good: [1, 2])
        keeping.faults[1] = .probe
        keeping.give(keeping.item(9, .rollback(id: "r1"), nil, succeeded: [1, 2], held: [2]))
        keeping.settle()
        #expect(keeping.servingNumber == 2)
        let expected = Receipt.failed(cause: "expected 0, got 1", serving: ReplicaBench.revision(2).reference)
        #expect(keeping.report.receipt == expected)
        keeping.restartAgent(reboot: true)
        keeping.settle()
        #expect(keeping.servingNumber == 2)
        var stopping = serving(good: [1, 2])
        stopping.faults[1] = .probe
        stopping.give(stopping.item(9, .rollback(id: "r1"), nil, succeeded: [1, 2], held: [2], onFailure: .stop))
        stopping.settle()
        #expect(stopping.running == nil)
        #expect(stopping.report.receipt == .failed(cause: "expected 0, got 1", serving: nil))
    }

    @Test(arguments: ReplicaBench.Mode.allCases, [false, true])
    func aCandidateThatFailsGoesBackToWhatARollbackHadToKeep(mode: ReplicaBench.Mode, losesAgent: Bool) {
        var bench = serving(good: [1], mode)
        bench.give(bench.item(7, .rollback(id: "r1"), nil, succeeded: [1], held: [1]))
        bench.settle()
        #expect(bench.report.receipt == .noTarget(.keepServing))
        bench.faults[2] = .probe
        bench.give(bench.item(8, .converge, 2, succeeded: [1], held: [1]))
        if losesAgent {
            bench.run(until: .starting)
            bench.restartAgent(reboot: true)
        }
        bench.settle()
        #expect(bench.machine.state == .reverted)
        #expect(bench.servingNumber == 1)
        // It may be started on its own still.
        bench.restartAgent(reboot: true)
        bench.settle()
        #expect(bench.servingNumber == 1)
    }

    @Test func aCandidateThatFailsDoesNotTryATargetThatFailedInsteadOfWhatIsKept() {
        var bench = serving(good: [1, 2])
        bench.faults = [1: .probe, 3: .probe]
        bench.give(bench.item(9, .rollback(id: "r1"), nil, succeeded: [1, 2], held: [2]))
        bench.settle()
        bench.give(bench.item(10, .converge, 3, succeeded: [1, 2], held: [2]))
        bench.settle()
        #expect(bench.servingNumber == 2)
        #expect(bench.started == [1, 2, 1, 2, 3, 2])
    }

    @Test func aCandidateThatFailsGoesBackToWhatAPinHadKept() {
        var bench = serving(good: [1])
        bench.take(bench.machine.pinned(LocalPin(actor: "ada", reason: "look", since: bench.now), at: bench.now))
        bench.give(bench.item(7, .rollback(id: "r1"), nil, succeeded: [1], held: [1]))
        bench.settle()
        #expect(bench.report.receipt == .pinned)
        bench.faults[2] = .probe
        bench.give(bench.item(8, .converge, 2, succeeded: [1], held: [1]))
        bench.take(bench.machine.unpinned(at: bench.now))
        bench.settle()
        #expect(bench.started == [1, 2, 1])
        #expect(bench.servingNumber == 1)
    }

    @Test func whatIsKeptStaysWhenNothingIsWanted() {
        var bench = ReplicaBench()
        bench.give(bench.item(1, .converge, 1))
        bench.settle()
        bench.give(bench.item(2, .rollback(id: "r1"), nil, held: [1]))
        bench.settle()
        bench.give(bench.item(3, .converge, nil, held: [1]))
        bench.settle()
        #expect(bench.servingNumber == 1)
    }

    @Test func aCandidateThatFailsLeavesNothingThatNoReceiptKeeps() {
        var condemned = serving(good: [1])
        condemned.faults[2] = .probe
        condemned.give(condemned.item(7, .converge, 2, succeeded: [1]))
        condemned.run(until: .probing)
        condemned.give(condemned.item(8, .converge, 2, succeeded: [1], held: [1]))
        condemned.settle()
        #expect(condemned.running == nil)
        var stopping = serving(good: [1])
        stopping.faults[2] = .probe
        stopping.give(stopping.item(7, .rollback(id: "r1"), nil, succeeded: [1], held: [1]))
        stopping.settle()
        stopping.give(stopping.item(8, .converge, 2, succeeded: [1], held: [1], onFailure: .stop))
        stopping.settle()
        #expect(stopping.running == nil)
    }

    @Test func eachRollbackHasItsOwnReceipt() {
        // The second overtakes the first one's last stop.
        var stopping = serving(good: [1])
        stopping.outcomes = []
        stopping.give(stopping.item(7, .rollback(id: "r1"), nil, succeeded: [1], held: [1], onFailure: .stop))
        stopping.give(stopping.item(8, .rollback(id: "r2"), nil, succeeded: [1], held: [1]))
        stopping.settle()
        #expect(stopping.receipts == ["r1": .noTarget(.stop), "r2": .unaffected(serving: nil)])
        #expect(stopping.report.receipt == .unaffected(serving: nil))
        // It comes while the first is on its way, and means nothing else.
        let one = ReplicaBench.revision(1).reference
        var moving = serving(good: [1, 2])
        moving.give(moving.item(9, .rollback(id: "r1"), nil, succeeded: [1, 2], held: [2]))
        moving.run(until: .probing)
        moving.give(moving.item(10, .rollback(id: "r2"), nil, succeeded: [1, 2], held: [2]))
        moving.settle()
        #expect(moving.receipts == ["r1": .done(serving: one), "r2": .unaffected(serving: one)])
        // Convergence to what it leads to comes meanwhile.
        var converging = serving(good: [1, 2])
        converging.give(converging.item(9, .rollback(id: "r1"), nil, succeeded: [1, 2], held: [2]))
        converging.run(until: .probing)
        converging.give(converging.item(10, .converge, 1, succeeded: [1, 2], held: [2]))
        converging.settle()
        #expect(converging.receipts == ["r1": .done(serving: one)])
        #expect(converging.machine.state == .verified)
    }

    @Test(arguments: [ReplicaBench.Mode.recreateBound, .besideSwitched])
    func aCandidateThatFailsDoesNotEndARollbackThatDoesNotMeanIt(mode: ReplicaBench.Mode) {
        var bench = ReplicaBench(mode: mode)
        bench.faults[1] = .probe
        bench.give(bench.item(1, .converge, 1))
        bench.run(until: .probing)
        bench.give(bench.item(2, .rollback(id: "r1"), nil, held: [9]))
        bench.settle()
        #expect(bench.receipts == ["r1": .unaffected(serving: nil)])
        #expect(bench.report.receipt == .unaffected(serving: nil))
    }

    @Test func theSameWrittenContentIsCondemnedToo() {
        var bench = serving(good: [1, 2])
        var hold = ReplicaBench.hold(5)
        hold.revision.written = ReplicaBench.revision(2).written
        var item = bench.item(9, .rollback(id: "r1"), nil, succeeded: [1, 2])
        item.holds = [hold]
        bench.give(item)
        bench.settle()
        #expect(bench.servingNumber == 1)
    }

    /// Revisions that were proven here one after the other, each with a rollout that succeeded.
    private func serving(good: [UInt64], _ mode: ReplicaBench.Mode = .recreateBound) -> ReplicaBench {
        var bench = ReplicaBench(mode: mode)
        var number: UInt64 = 0
        for (index, revision) in good.enumerated() {
            bench.give(bench.item(number + 1, .converge, revision, succeeded: Array(good[..<index])))
            bench.settle()
            bench.give(bench.item(number + 2, .converge, revision, succeeded: Array(good[...index])))
            bench.settle()
            number += 2
        }
        return bench
    }
}
