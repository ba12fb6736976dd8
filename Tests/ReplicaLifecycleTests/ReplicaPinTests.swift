import Fleet
import ReplicaLifecycle
import Testing

/// What a person does on the host itself.
@Suite struct ReplicaPinTests {
    private static let pin = LocalPin(actor: "ada", reason: "look", since: Instant(milliseconds: 5))

    @Test(arguments: ReplicaBench.Mode.allCases)
    func nothingMovesButRestarts(mode: ReplicaBench.Mode) {
        var bench = serving(mode)
        bench.take(bench.machine.pinned(Self.pin, at: bench.now))
        bench.give(bench.item(9, .converge, 3, succeeded: [1, 2]))
        bench.settle()
        #expect(bench.servingNumber == 2)
        #expect(bench.machine.state == .pending)
        #expect(bench.report.pin == Self.pin)
        #expect(bench.report.reason?.hasPrefix("pinned on the host by ada since ") == true)
        bench.crash()
        bench.settle()
        #expect(bench.servingNumber == 2)
        bench.restartAgent(reboot: true)
        bench.settle()
        #expect(bench.servingNumber == 2)
        #expect(bench.report.pin == Self.pin)
        bench.give(bench.item(10, .remove))
        bench.settle()
        #expect(bench.servingNumber == 2)
        bench.take(bench.machine.unpinned(at: bench.now))
        bench.settle()
        #expect(bench.machine.isRemoved)
    }

    @Test(arguments: ReplicaBench.Mode.allCases)
    func aRollbackReceiptsIt(mode: ReplicaBench.Mode) {
        var bench = serving(mode)
        bench.take(bench.machine.pinned(Self.pin, at: bench.now))
        bench.give(bench.item(9, .rollback(id: "r"), nil, succeeded: [1, 2], held: [2]))
        bench.settle()
        #expect(bench.report.receipt == .pinned)
        #expect(bench.outcomes.last == .rolledBack(id: "r", receipt: .pinned))
        #expect(bench.servingNumber == 2)
        bench.restartAgent(reboot: true)
        bench.settle()
        #expect(bench.servingNumber == 2)
        bench.take(bench.machine.unpinned(at: bench.now))
        bench.settle()
        #expect(bench.report.receipt == .done(serving: ReplicaBench.revision(1).reference))
        #expect(bench.servingNumber == 1)
    }

    @Test(arguments: ReplicaBench.Mode.allCases, [TargetState.staging, .starting, .probing, .observing])
    func aCandidateUnderWayGoesBack(mode: ReplicaBench.Mode, state: TargetState) {
        var bench = serving(mode)
        bench.give(bench.item(9, .converge, 3, succeeded: [1, 2]))
        bench.run(until: state)
        bench.take(bench.machine.pinned(Self.pin, at: bench.now))
        bench.settle()
        #expect(bench.servingNumber == 2)
        #expect(bench.processes.count == 1)
        bench.take(bench.machine.unpinned(at: bench.now))
        bench.settle()
        #expect(bench.servingNumber == 3)
    }

    @Test(arguments: ReplicaBench.Mode.allCases)
    func aLocalRollbackEndsPinned(mode: ReplicaBench.Mode) {
        var bench = serving(mode)
        #expect(bench.machine.localTarget?.number == 1)
        bench.take(bench.machine.rollbackOrdered(Self.pin, at: bench.now))
        bench.settle()
        #expect(bench.servingNumber == 1)
        #expect(bench.report.pin == Self.pin)
        #expect(bench.machine.localTarget == nil)
        bench.take(bench.machine.rollbackOrdered(Self.pin, at: bench.now))
        bench.give(bench.item(9, .converge, 2, succeeded: [1, 2]))
        bench.settle()
        #expect(bench.servingNumber == 1)
        bench.restartAgent(reboot: true)
        bench.settle()
        #expect(bench.servingNumber == 1)
        bench.take(bench.machine.unpinned(at: bench.now))
        bench.settle()
        #expect(bench.servingNumber == 2)
        #expect(bench.machine.state == .verified)
    }

    @Test(arguments: ReplicaBench.Mode.allCases, [ReplicaBench.Fault.staging, .probe])
    func aLocalRollbackThatFailsSaysSo(mode: ReplicaBench.Mode, fault: ReplicaBench.Fault) {
        var bench = serving(mode)
        bench.faults[1] = fault
        bench.take(bench.machine.rollbackOrdered(Self.pin, at: bench.now))
        bench.settle()
        #expect(bench.servingNumber == 2)
        #expect(bench.report.reason?.hasPrefix("the local rollback to revision 1 failed: ") == true)
        #expect(bench.report.pin == Self.pin)
        bench.restartAgent(reboot: false)
        bench.settle()
        #expect(bench.servingNumber == 2)
        // What stood in the way is put right, and somebody presses again.
        bench.faults = [:]
        #expect(bench.machine.localTarget?.number == 1)
        bench.take(bench.machine.rollbackOrdered(Self.pin, at: bench.now))
        bench.settle()
        #expect(bench.servingNumber == 1)
    }

    /// It was ordered without a link, and what it leads to was condemned meanwhile.
    @Test(arguments: ReplicaBench.Mode.allCases, [TargetState.staging, .probing])
    func aLocalRollbackStartsNothingThatIsCondemned(mode: ReplicaBench.Mode, state: TargetState) {
        var bench = serving(mode)
        bench.give(bench.item(9, .converge, 3, succeeded: [1, 2, 3]))
        bench.settle()
        bench.take(bench.machine.rollbackOrdered(Self.pin, at: bench.now))
        bench.run(until: state)
        let started = bench.started.count { $0 == 2 }
        bench.give(bench.item(10, .converge, 3, succeeded: [1, 2, 3], held: [2]))
        bench.settle()
        #expect(bench.servingNumber == 1 && bench.started.count { $0 == 2 } == started)
        #expect(bench.report.pin == Self.pin && bench.violations.isEmpty)
    }

    @Test(arguments: ReplicaBench.Mode.allCases)
    func whatIsBeingRemovedCannotBePinned(mode: ReplicaBench.Mode) {
        var bench = serving(mode)
        bench.give(bench.item(9, .remove))
        #expect(bench.machine.state == .removing)
        #expect(!bench.machine.canPin)
        #expect(bench.machine.localTarget == nil)
        bench.take(bench.machine.pinned(Self.pin, at: bench.now))
        bench.take(bench.machine.rollbackOrdered(Self.pin, at: bench.now))
        #expect(bench.report.pin == nil)
        bench.settle()
        #expect(bench.machine.isRemoved)
    }

    @Test(arguments: [TargetState.staging, .starting, .observing], [false, true])
    func aLocalRollbackSurvivesARestart(state: TargetState, reboot: Bool) {
        var bench = serving(.besideSwitched)
        bench.take(bench.machine.rollbackOrdered(Self.pin, at: bench.now))
        bench.run(until: state)
        bench.restartAgent(reboot: reboot)
        bench.settle()
        #expect(bench.servingNumber == 1)
        #expect(bench.report.pin == Self.pin)
    }

    @Test func whereNothingIsVerifiedThereIsNothingToPin() {
        var bench = ReplicaBench()
        bench.give(bench.item(1, .converge, 1))
        bench.take(bench.machine.pinned(Self.pin, at: bench.now))
        #expect(bench.report.pin == nil)
        bench.settle()
        #expect(bench.servingNumber == 1)
    }

    /// Revision 2 serves; 1 and 2 are good.
    private func serving(_ mode: ReplicaBench.Mode) -> ReplicaBench {
        var bench = ReplicaBench(mode: mode)
        for (number, revision, succeeded) in [(1, 1, [1]), (2, 2, [1]), (3, 2, [1, 2])] as [(UInt64, UInt64, [UInt64])]
        {
            bench.give(bench.item(number, .converge, revision, succeeded: succeeded))
            bench.settle()
        }
        return bench
    }
}
