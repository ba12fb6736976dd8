import Fleet
import Foundation
import ReplicaLifecycle
import Testing

/// An order to stage: everything is made ready, and nothing moves until it is told to.
@Suite struct ReplicaStageOrderTests {
    @Test(arguments: ReplicaBench.Mode.allCases) func itWaitsStagedAndGoesOnFromThere(mode: ReplicaBench.Mode) {
        var bench = served(mode)
        let before = bench.started
        bench.give(bench.item(9, .stage, 3, succeeded: [1, 2]))
        #expect(bench.machine.state == .staging)
        bench.settle()
        #expect(bench.machine.state == .staged)
        #expect(bench.report.item == 9 && bench.report.goal?.number == 3)
        #expect(bench.report.reason == "revision 3 is here and checked; it waits for the order to move")
        #expect(bench.machine.deadline == nil)
        #expect(bench.started == before && bench.servingNumber == 2)
        bench.give(bench.item(10, .converge, 3, succeeded: [1, 2]))
        #expect(bench.machine.state == .staged, "it is checked again before anything moves")
        #expect(bench.started == before)
        bench.settle()
        #expect(bench.machine.state == .verified && bench.servingNumber == 3)
        #expect(bench.fetched == [1, 2, 3], "what was staged is not fetched again")
        #expect(bench.outcomes.suffix(2).contains(.verified))
    }

    @Test func aFirstRevisionIsStagedWithNothingServing() {
        var bench = ReplicaBench()
        bench.give(bench.item(1, .stage, 1))
        bench.settle()
        #expect(bench.machine.state == .staged && bench.processes.isEmpty && bench.outcomes.isEmpty)
        bench.give(bench.item(2, .converge, 1))
        bench.settle()
        #expect(bench.machine.state == .verified && bench.fetched == [1])
    }

    @Test func whatServesAlreadyNeedsNoStaging() {
        var bench = served()
        bench.give(bench.item(9, .stage, 2, succeeded: [1, 2]))
        #expect(bench.pending.isEmpty)
        #expect(bench.machine.state == .verified && bench.report.item == 9)
    }

    @Test(arguments: [false, true]) func whatServesGoesOnAndComesBack(reboot: Bool) {
        var bench = served()
        bench.give(bench.item(9, .stage, 3, succeeded: [1, 2]))
        bench.settle()
        bench.crash()
        #expect(bench.report.reason?.hasPrefix("killed by signal 9; it is started again at ") == true)
        bench.settle()
        #expect(bench.servingNumber == 2 && bench.started == [1, 2, 2])
        bench.restartAgent(reboot: reboot)
        bench.settle()
        #expect(bench.machine.state == .staged && bench.servingNumber == 2)
        #expect(bench.started == [1, 2, 2] + (reboot ? [2] : []))
        #expect(!bench.started.contains(3))
    }

    /// What starts again goes nowhere; whoever plans what is next need not wait for it.
    @Test(arguments: ReplicaBench.Mode.allCases)
    func onlyWhatStartsAgainSaysSo(mode: ReplicaBench.Mode) {
        var bench = served(mode)
        #expect(bench.report.startsAgain == nil)
        bench.crash()
        #expect(bench.report.state == .starting && bench.report.startsAgain == true)
        while bench.step() {
            #expect(bench.report.startsAgain == (bench.report.state.isTerminal ? nil : true), "\(bench.report)")
        }
        #expect(bench.machine.state == .verified)
        bench.faults[3] = .probe
        bench.give(bench.item(9, .converge, 3, succeeded: [1, 2]))
        while bench.step() { #expect(bench.report.startsAgain == nil, "a move, and its way back: \(bench.report)") }
        #expect(bench.machine.state == .reverted)
        bench.crash()
        #expect(bench.report.state == .starting && bench.report.startsAgain == true)
        bench.give(bench.item(10, .stage, 4, succeeded: [1, 2]))
        #expect(bench.report.state == .staging && bench.report.startsAgain == nil)
        bench.settle()
        #expect(bench.machine.state == .staged && bench.report.startsAgain == nil)
    }

    @Test func whatIsStagedIsProtected() {
        var bench = served()
        bench.give(bench.item(9, .stage, 3, succeeded: [1, 2]))
        bench.settle()
        #expect(Set(bench.journal.protectedRevisions.map(\.number)) == [1, 2, 3])
        bench.give(bench.item(10, .converge, 2, succeeded: [1, 2]))
        bench.settle()
        #expect(Set(bench.journal.protectedRevisions.map(\.number)) == [1, 2])
    }

    @Test(
        arguments: [
            (AssignmentItem.Order.converge, 4), (.converge, 2), (.converge, nil), (.rollback(id: "r"), nil),
            (.remove, nil), (.stage, 4), (.stage, nil),
        ] as [(AssignmentItem.Order, UInt64?)]
    )
    func anotherGoalDropsIt(order: AssignmentItem.Order, revision: UInt64?) {
        var bench = served()
        bench.give(bench.item(9, .stage, 3, succeeded: [1, 2]))
        bench.settle()
        bench.give(bench.item(10, order, revision, succeeded: [1, 2], held: order == .rollback(id: "r") ? [2] : []))
        bench.settle()
        #expect(!bench.started.contains(3))
        let expected: UInt64? =
            switch order {
            case .converge: revision ?? 2
            case .stage: 2
            case .rollback: 1
            case .remove: nil
            }
        #expect(bench.servingNumber == expected)
        #expect(!bench.journal.protectedRevisions.contains { $0.number == 3 })
    }

    @Test func theEndpointItIsStagedForIsPartOfIt() {
        var bench = served()
        bench.give(bench.item(9, .stage, 3, succeeded: [1, 2]))
        bench.settle()
        bench.give(bench.item(10, .converge, 3, succeeded: [1, 2], port: 8081))
        bench.settle()
        #expect(bench.fetched == [1, 2, 3, 3])
        #expect(bench.servingNumber == 3)
    }

    @Test(arguments: [TargetState.stoppingOld, .starting, .probing, .observing], [false, true])
    func whatIsUnderWayEndsFirst(state: TargetState, fails: Bool) {
        var bench = served()
        if fails { bench.faults[3] = state == .observing ? .unreadyWhileObserved : .probe }
        bench.give(bench.item(9, .converge, 3, succeeded: [1, 2]))
        bench.run(until: state)
        bench.give(bench.item(10, .stage, 4, succeeded: [1, 2]))
        #expect(bench.machine.state == state && bench.report.item == 9 && bench.report.goal?.number == 3)
        bench.settle()
        #expect(bench.machine.state == .staged && bench.report.item == 10 && bench.report.goal?.number == 4)
        #expect(bench.servingNumber == (fails ? 2 : 3))
        #expect(bench.report.provisional?.number == (fails ? nil : 3))
        let ends = bench.outcomes.filter { if case .serving = $0 { false } else { true } }.suffix(1)
        #expect(ends.first.map { $0 == .verified } == !fails)
        #expect(bench.report.failure == nil, "what failed was of the item before")
    }

    @Test func whatIsUnderWayEndsFirstAfterARestartToo() throws {
        var bench = served()
        bench.give(bench.item(9, .converge, 3, succeeded: [1, 2]))
        bench.run(until: .probing)
        var next = bench.item(10, .stage, 4, succeeded: [1, 2])
        bench.give(next)
        let written = try JSONEncoder().encode(bench.journal)
        #expect(try JSONDecoder().decode(ReplicaRecord.self, from: written) == bench.journal)
        // The same content under another number.
        next.number = 11
        next.revision?.number = 5
        bench.give(next)
        let rewritten = try JSONEncoder().encode(bench.journal)
        #expect(try JSONDecoder().decode(ReplicaRecord.self, from: rewritten) == bench.journal)
        bench.restartAgent(reboot: true)
        bench.settle()
        #expect(bench.outcomes.contains { if case .reverted = $0 { true } else { false } })
        #expect(bench.servingNumber == 2 && bench.machine.state == .staged && bench.report.item == 11)
        #expect(bench.journal.next == nil)
    }

    @Test func aRollbackUnderWayEndsFirst() {
        var bench = served()
        bench.give(bench.item(9, .rollback(id: "r"), nil, succeeded: [1, 2], held: [2]))
        bench.run(until: .starting)
        bench.give(bench.item(10, .stage, 3, succeeded: [1, 2], held: [2]))
        bench.settle()
        #expect(
            bench.outcomes.contains(.rolledBack(id: "r", receipt: .done(serving: ReplicaBench.revision(1).reference)))
        )
        #expect(bench.machine.state == .staged && bench.servingNumber == 1)
    }

    @Test func whatIsCondemnedIsLeftForIt() {
        var bench = served()
        bench.give(bench.item(9, .converge, 3, succeeded: [1, 2]))
        bench.run(until: .probing)
        bench.give(bench.item(10, .stage, 4, succeeded: [1, 2], held: [3]))
        #expect(bench.machine.state == .reverting)
        bench.settle()
        #expect(bench.machine.state == .staged && bench.servingNumber == 2)
        #expect(bench.report.goal?.number == 4)
    }

    @Test func aRollbackWhoseTargetIsCondemnedFindsAnotherFirst() {
        var bench = served()
        bench.give(bench.item(8, .converge, 3, succeeded: [1, 2, 3]))
        bench.settle()
        bench.give(bench.item(9, .rollback(id: "r"), nil, succeeded: [1, 2, 3], held: [3]))
        bench.run(until: .starting)
        bench.give(bench.item(10, .stage, 4, succeeded: [1, 2, 3], held: [3, 2]))
        bench.settle()
        let receipt = Receipt.done(serving: ReplicaBench.revision(1).reference)
        #expect(bench.outcomes.contains(.rolledBack(id: "r", receipt: receipt)))
        #expect(bench.machine.state == .staged && bench.servingNumber == 1 && bench.report.goal?.number == 4)
    }

    @Test func whatWaitsForItsTurnIsTakenBack() {
        var bench = served()
        bench.give(bench.item(9, .converge, 3, succeeded: [1, 2]))
        bench.run(until: .probing)
        bench.give(bench.item(10, .stage, 4, succeeded: [1, 2]))
        bench.give(bench.item(11, .converge, 3, succeeded: [1, 2]))
        bench.settle()
        #expect(bench.machine.state == .verified && bench.servingNumber == 3 && bench.report.item == 11)
        #expect(bench.journal.revisions.allSatisfy { $0.number != 4 })
    }

    @Test func aStagedRevisionThatIsCondemnedIsDropped() {
        var bench = served()
        bench.give(bench.item(9, .stage, 3, succeeded: [1, 2]))
        bench.settle()
        bench.give(bench.item(10, .stage, 3, succeeded: [1, 2], held: [3]))
        bench.settle()
        #expect(bench.machine.state == .pending)
        #expect(bench.report.reason == "revision 3 is held by ada: wrong answers")
    }

    @Test func aPinnedHostStagesNothing() {
        var bench = served()
        bench.take(bench.machine.pinned(LocalPin(actor: "ada", reason: "look", since: bench.now), at: bench.now))
        bench.give(bench.item(9, .stage, 3, succeeded: [1, 2]))
        bench.settle()
        #expect(bench.machine.state == .pending && bench.fetched == [1, 2])
        #expect(bench.report.reason?.hasPrefix("pinned on the host by ada") == true)
        bench.take(bench.machine.unpinned(at: bench.now))
        bench.settle()
        #expect(bench.machine.state == .staged)
    }

    /// A host that serves revision 2, and on which revisions 1 and 2 are good.
    private func served(_ mode: ReplicaBench.Mode = .recreateBound) -> ReplicaBench {
        var bench = ReplicaBench(mode: mode)
        for (number, revision, succeeded) in [(1, 1, [1]), (2, 2, [1]), (3, 2, [1, 2])] as [(UInt64, UInt64, [UInt64])]
        {
            bench.give(bench.item(number, .converge, revision, succeeded: succeeded))
            bench.settle()
        }
        return bench
    }

    /// What was good long ago is not kept on disk: who is turned round to it ends what is under way, and fetches it first.
    @Test(
        arguments: ReplicaBench.Mode.allCases,
        [TargetState.stoppingOld, .starting, .probing, .observing, .reverting]
    )
    func whoIsTurnedRoundToWhatIsNotKeptStagesIt(mode: ReplicaBench.Mode, state: TargetState) {
        var bench = ReplicaBench(mode: mode)
        for number in 1...3 as ClosedRange<UInt64> {
            bench.give(bench.item(number, .converge, number, succeeded: Array(1...number)))
            bench.settle()
        }
        if state == .reverting { bench.faults[4] = .unreadyWhileObserved }
        bench.give(bench.item(4, .converge, 4, succeeded: [1, 2, 3]))
        bench.run(until: state)
        bench.give(bench.item(5, .converge, 1, succeeded: [1, 2, 3]))
        bench.settle()
        #expect(bench.servingNumber == 1 && bench.report.item == 5 && bench.machine.state == .verified)
        #expect(bench.fetched == [1, 2, 3, 4, 1])
        #expect(bench.violations.isEmpty)
    }
}
