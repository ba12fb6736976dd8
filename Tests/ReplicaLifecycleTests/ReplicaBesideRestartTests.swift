import Fleet
import ReplicaLifecycle
import Testing

/// What an agent finds again where two processes may run.
@Suite struct ReplicaBesideRestartTests {
    @Test(arguments: [TargetState.probing, .switching, .observing])
    func aCandidateIsTakenBackAndTheOldOneIsNotRestarted(state: TargetState) {
        var bench = proven()
        let old = bench.processes.first?.attempt
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        bench.run(until: state)
        bench.restartAgent(reboot: false)
        #expect(bench.servingNumber == 1)
        bench.settle()
        #expect(bench.machine.state == .reverted)
        #expect(bench.started == [1, 2])
        #expect(bench.pointed == old)
        #expect(bench.processes.map(\.attempt) == [old ?? 0])
        #expect(bench.violations.isEmpty)
    }

    @Test func aBootStartsWhatWasVerifiedAndOpensWhenItAnswers() {
        var bench = proven()
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        bench.run(until: .observing)
        bench.restartAgent(reboot: true)
        #expect(bench.pointed == nil)
        while bench.servingNumber == nil, bench.step() { #expect(bench.pointed == nil || bench.servingNumber == 1) }
        bench.settle()
        #expect(bench.servingNumber == 1)
        #expect(bench.pointed == bench.running?.attempt)
        #expect(bench.machine.state == .reverted)
    }

    @Test(arguments: [TargetState.staging, .starting, .probing, .switching, .observing])
    func aRollbackGoesOnAndTheEndpointStaysWhereItLed(state: TargetState) {
        var bench = proven()
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        bench.settle()
        bench.give(bench.item(4, .converge, 2, succeeded: [1, 2]))
        bench.give(bench.item(5, .rollback(id: "r"), nil, succeeded: [1, 2], held: [2]))
        bench.run(until: state)
        let led = bench.pointed
        bench.restartAgent(reboot: false)
        while !bench.pending.isEmpty, bench.machine.state != .switching {
            #expect(bench.pointed == led)
            _ = bench.step()
        }
        bench.settle()
        #expect(bench.report.receipt == .done(serving: ReplicaBench.revision(1).reference))
        #expect(bench.processes.map(\.revision.number) == [1])
        #expect(bench.violations.isEmpty)
    }

    @Test func whatDrainsGoesOnDraining() {
        var bench = proven()
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        bench.run(until: .verified)
        #expect(bench.processes.count == 2)
        bench.restartAgent(reboot: false)
        #expect(bench.servingNumber == 2)
        bench.settle()
        #expect(bench.processes.map(\.revision.number) == [2])
        #expect(bench.started == [1, 2])
    }

    @Test func aLostJournalStopsNeitherProcess() {
        var bench = proven()
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        bench.run(until: .probing)
        let led = bench.pointed
        bench.restartAgent(reboot: false, losingJournal: true)
        bench.settle()
        #expect(bench.processes.count == 2)
        #expect(bench.servingNumber == 1)
        #expect(bench.pointed == led)
        bench.give(bench.item(4, .converge, 1, succeeded: [1]))
        bench.settle()
        #expect(bench.machine.state == .verified)
        #expect(bench.pointed == led)
        #expect(bench.processes.map(\.attempt) == [led ?? 0])
    }

    @Test func aRestartThatWasNotProvenIsProven() {
        var bench = proven()
        bench.crash()
        bench.run(until: .probing)
        bench.restartAgent(reboot: false)
        #expect(bench.pointed == nil)
        bench.settle()
        #expect(bench.pointed == bench.running?.attempt)
        #expect(bench.machine.state == .verified)
        #expect(bench.started == [1, 1])
    }

    @Test func whatTheEndpointLeadsToWithoutProofIsProvenWhileItAnswers() {
        var bench = proven()
        let led = bench.pointed
        bench.journal.standingAttempt = 99
        bench.restartAgent(reboot: false)
        #expect(bench.machine.state == .starting)
        #expect(bench.machine.record.standingAttempt == 99)
        while bench.machine.state != .verified, bench.step() {
            #expect(bench.pointed == led)
            #expect(bench.servingNumber == 1)
        }
        #expect(bench.machine.state == .verified)
        #expect(bench.machine.record.standingAttempt == led)
        #expect(bench.started == [1])
    }

    private func proven() -> ReplicaBench {
        var bench = ReplicaBench(mode: .besideSwitched)
        bench.give(bench.item(1, .converge, 1))
        bench.settle()
        bench.give(bench.item(2, .converge, 1, succeeded: [1]))
        bench.settle()
        return bench
    }
}
