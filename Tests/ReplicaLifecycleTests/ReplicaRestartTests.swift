import Fleet
import Foundation
import ReplicaLifecycle
import Testing

/// What a kill -9 or a reboot finds again.
@Suite struct ReplicaRestartTests {
    @Test func aRunningReplicaIsTakenOver() {
        var bench = proven()
        let attempt = bench.running?.attempt
        bench.restartAgent(reboot: false)
        #expect(bench.servingNumber == 1)
        #expect(bench.machine.state == .verified)
        bench.settle()
        #expect(bench.running?.attempt == attempt)
        #expect(bench.started == [1])
        #expect(bench.outcomes.count == 2)
    }

    @Test func aRebootStartsWhatWasVerifiedLast() {
        var bench = proven()
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        bench.settle()
        bench.restartAgent(reboot: true)
        #expect(bench.servingNumber == nil)
        bench.settle()
        #expect(bench.servingNumber == 2)
        #expect(bench.machine.state == .verified)
    }

    @Test(arguments: [TargetState.stoppingOld, .starting, .probing, .observing], [false, true])
    func aCandidateIsNeverStartedOnItsOwn(state: TargetState, reboot: Bool) {
        var bench = proven()
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        bench.run(until: state)
        let before = bench.started.count
        bench.restartAgent(reboot: reboot)
        bench.settle()
        #expect(!bench.started[before...].contains(2))
        #expect(bench.servingNumber == 1)
        #expect(bench.machine.state == .reverted)
        let isTold = bench.outcomes.contains { if case .reverted = $0 { true } else { false } }
        #expect(isTold)
    }

    @Test func stagingGoesOnAfterARestart() {
        var bench = proven()
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        bench.restartAgent(reboot: false)
        bench.settle()
        #expect(bench.servingNumber == 2)
    }

    @Test(arguments: [TargetState.staging, .stoppingOld, .starting, .probing, .observing], [false, true])
    func aRollbackGoesOnAfterARestart(state: TargetState, reboot: Bool) {
        var bench = proven()
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        bench.settle()
        bench.give(bench.item(4, .converge, 2, succeeded: [1, 2]))
        bench.give(bench.item(5, .rollback(id: "r"), nil, succeeded: [1, 2], held: [2]))
        bench.run(until: state)
        let before = bench.started.count
        bench.restartAgent(reboot: reboot)
        bench.settle()
        #expect(bench.servingNumber == 1)
        #expect(bench.report.receipt == .done(serving: ReplicaBench.revision(1).reference))
        #expect(!bench.started[before...].contains(2))
    }

    @Test func aCondemnedRevisionStaysOnlyWhereItsReceiptSaysSo() {
        var bench = proven()
        bench.give(bench.item(3, .rollback(id: "r"), nil, succeeded: [1], held: [1]))
        bench.settle()
        bench.restartAgent(reboot: true)
        bench.settle()
        #expect(bench.servingNumber == 1)
        #expect(bench.report.receipt == .noTarget(.keepServing))
    }

    @Test(arguments: [false, true])
    func aLaterItemThatFailsDoesNotEndThat(hasTarget: Bool) throws {
        var bench = proven()
        if hasTarget {
            bench.give(bench.item(3, .converge, 2, succeeded: [1, 2]))
            bench.settle()
            bench.faults[1] = .probe
        }
        let condemned: UInt64 = hasTarget ? 2 : 1
        bench.give(bench.item(4, .rollback(id: "r"), nil, succeeded: [1, 2], held: [condemned]))
        bench.settle()
        bench.faults[3] = .staging
        bench.give(bench.item(5, .converge, 3, succeeded: [1, 2], held: [condemned]))
        bench.settle()
        #expect(bench.machine.state == .reverted)
        let written = try JSONEncoder().encode(bench.journal)
        #expect(try JSONDecoder().decode(ReplicaRecord.self, from: written) == bench.journal)
        bench.restartAgent(reboot: true)
        bench.settle()
        #expect(bench.servingNumber == condemned)
        // Nothing is left of it when another serves.
        bench.give(bench.item(6, .converge, 4, succeeded: [1, 2], held: [condemned]))
        bench.settle()
        #expect(bench.servingNumber == 4)
        #expect(bench.machine.record.kept == nil)
    }

    @Test func aRemovalWhoseLastProcessDrainsIsFinished() throws {
        var bench = ReplicaBench(mode: .besideSwitched)
        bench.give(bench.item(1, .converge, 1, succeeded: [1]))
        bench.settle()
        bench.give(bench.item(2, .converge, 2, succeeded: [1]))
        bench.run(until: .verified)
        bench.give(bench.item(3, .remove))
        bench.crash(try #require(bench.processes.last))
        #expect(bench.machine.state == .removed)
        #expect(!bench.machine.isRemoved)
        bench.restartAgent(reboot: false)
        #expect(!bench.machine.isRemoved)
        bench.settle()
        #expect(bench.machine.isRemoved)
        #expect(bench.outcomes.filter { $0 == .removed }.count == 1)
    }

    @Test func whatIsAddedAgainSurvivesARestart() {
        var bench = proven()
        bench.give(bench.item(3, .remove))
        bench.settle()
        bench.give(bench.item(4, .converge, 1, succeeded: [1]))
        bench.restartAgent(reboot: true)
        bench.settle()
        #expect(bench.servingNumber == 1)
    }

    @Test func aRemovalIsFinished() {
        var bench = proven()
        bench.give(bench.item(3, .remove))
        bench.restartAgent(reboot: false)
        bench.settle()
        #expect(bench.running == nil)
        #expect(bench.machine.isRemoved)
        bench.restartAgent(reboot: true)
        #expect(bench.machine.isRemoved)
    }

    private func proven() -> ReplicaBench {
        var bench = ReplicaBench()
        bench.give(bench.item(1, .converge, 1))
        bench.settle()
        bench.give(bench.item(2, .converge, 1, succeeded: [1]))
        bench.settle()
        return bench
    }
}
