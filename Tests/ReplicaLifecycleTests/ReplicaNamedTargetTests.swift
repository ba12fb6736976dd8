import Fleet
import Foundation
import ReplicaLifecycle
import Testing

/// Rollbacks that name their target.
@Suite struct ReplicaNamedTargetTests {
    @Test(arguments: ReplicaBench.Mode.allCases)
    func whatIsNotHereIsFetchedAndProvenAsInARollback(mode: ReplicaBench.Mode) {
        var bench = serving(mode)
        bench.give(bench.item(9, .rollback(id: "r"), 3, succeeded: [3, 1, 2], held: [2]))
        bench.run(until: .observing)
        #expect(bench.fetched.last == 3)
        #expect(bench.machine.deadline.map { $0 - bench.now == .seconds(3) } == true, "the short time")
        bench.settle()
        let reference = ReplicaBench.revision(3).reference
        #expect(bench.receipts == ["r": .done(serving: reference)] && bench.report.goal == reference)
        #expect(bench.report.good.map(\.number) == [1, 2, 3] && bench.violations.isEmpty)
    }

    @Test func itIsStagedWhileItWaits() {
        var bench = serving(.besideSwitched)
        bench.take(bench.machine.sessionBegan(at: bench.now))
        bench.give(bench.item(9, .rollback(id: "r", turn: .wait), 3, succeeded: [3, 1, 2], held: [2]))
        bench.settle()
        #expect(bench.machine.state == .staged && bench.report.goal?.number == 3 && bench.servingNumber == 2)
        #expect(bench.machine.record.protectedRevisions.contains { $0.number == 3 })
        bench.restartAgent(reboot: false)
        bench.settle()
        #expect(bench.receipts == ["r": .done(serving: ReplicaBench.revision(3).reference)])
    }

    @Test func whoeverDoesNotServeWhatIsCondemnedStays() {
        var bench = serving(.besideSwitched)
        bench.give(bench.item(9, .rollback(id: "r"), 3, succeeded: [3, 1, 2], held: [4]))
        bench.settle()
        #expect(bench.receipts == ["r": .unaffected(serving: ReplicaBench.revision(2).reference)])
    }

    @Test(arguments: ReplicaBench.Mode.allCases, [AssignmentItem.OnFailure.keepServing, .stop])
    func itsFailureIsAnswered(mode: ReplicaBench.Mode, onFailure: AssignmentItem.OnFailure) {
        var bench = serving(mode)
        bench.faults[3] = .probe
        bench.give(bench.item(9, .rollback(id: "r"), 3, succeeded: [3, 1, 2], held: [2], onFailure: onFailure))
        bench.settle()
        let kept = onFailure == .keepServing ? ReplicaBench.revision(2).reference : nil
        #expect(bench.receipts == ["r": .failed(cause: "expected 0, got 1", serving: kept)])
        #expect(bench.servingNumber == kept?.number)
        #expect(!bench.started.dropFirst(2).contains(1), "no target is tried that nobody named")
    }

    @Test func aTargetThatIsCondemnedItselfIsNone() {
        var bench = serving(.besideSwitched)
        bench.give(bench.item(9, .rollback(id: "r"), 3, succeeded: [3, 1, 2], held: [2, 3]))
        bench.settle()
        #expect(bench.receipts == ["r": .done(serving: ReplicaBench.revision(1).reference)])
    }

    @Test(arguments: ReplicaBench.Mode.allCases, [TargetState.starting, .probing, .observing])
    func inMidMoveItIsFetchedFirstToo(mode: ReplicaBench.Mode, state: TargetState) {
        for turn in [AssignmentItem.Turn.go, .wait] {
            var bench = serving(mode)
            bench.give(bench.item(8, .converge, 4, succeeded: [1, 2]))
            bench.run(until: state)
            bench.take(bench.machine.sessionBegan(at: bench.now))
            bench.give(bench.item(9, .rollback(id: "r", turn: turn), 3, succeeded: [3, 1], held: [4, 2]))
            bench.settle()
            let waits = turn == .wait && bench.servingNumber == 2
            #expect(bench.fetched.last == 3 && bench.servingNumber == (waits ? 2 : 3), "\(turn)")
            #expect(waits ? bench.machine.state == .staged : bench.receipts == ["r": .done(serving: reference(3))])
            #expect(bench.violations.isEmpty)
        }
    }

    @Test(arguments: ReplicaBench.Mode.allCases, [true, false])
    func aRestartOnTheWayStartsNothingThatIsNotHere(mode: ReplicaBench.Mode, reboot: Bool) {
        for steps in 0..<12 {
            var bench = serving(mode)
            bench.give(bench.item(8, .converge, 4, succeeded: [1, 2]))
            bench.run(until: .probing)
            bench.give(bench.item(9, .rollback(id: "r"), 3, succeeded: [3, 1], held: [4, 2]))
            for _ in 0..<steps { _ = bench.step() }
            bench.restartAgent(reboot: reboot)
            bench.settle()
            #expect(bench.fetched.contains(3) && bench.servingNumber == 3, "after \(steps) steps")
            #expect(bench.receipts == ["r": .done(serving: reference(3))] && bench.violations.isEmpty)
        }
    }

    /// What was taken out of service in mid-move serves again until its successor can be had, where people would rather have it.
    @Test(arguments: [AssignmentItem.OnFailure.keepServing, .stop])
    func whoeverCannotHaveItServesMeanwhile(onFailure: AssignmentItem.OnFailure) {
        var bench = serving(.recreateBound)
        bench.give(bench.item(8, .converge, 4, succeeded: [1, 2]))
        bench.run(until: .probing)
        bench.faults[3] = .staging
        bench.give(
            bench.item(9, .rollback(id: "r"), 3, succeeded: [3, 1], held: [4, 2], onFailure: onFailure)
        )
        for _ in 0..<40 where bench.step() {}
        #expect(bench.servingNumber == (onFailure == .keepServing ? 2 : nil) && bench.receipts.isEmpty)
        bench.faults = [:]
        bench.settle()
        #expect(bench.servingNumber == 3 && bench.receipts == ["r": .done(serving: reference(3))])
        #expect(bench.violations.isEmpty)
    }

    /// It was not started while it was condemned.
    @Test func whatIsNoLongerCondemnedIsStartedBesideWhatIsMadeReady() {
        var bench = serving(.recreateBound)
        bench.give(bench.item(8, .converge, 2, succeeded: [1, 2], held: [2]))
        bench.restartAgent(reboot: true)
        #expect(bench.processes.isEmpty)
        bench.give(bench.item(9, .stage, 5, succeeded: [1, 2]))
        bench.settle()
        #expect(bench.servingNumber == 2 && bench.machine.state == .staged && bench.report.goal?.number == 5)
    }

    @Test func anOrderToStageWaitsUntilItIsThere() {
        var bench = serving(.recreateBound)
        bench.give(bench.item(8, .converge, 4, succeeded: [1, 2]))
        bench.run(until: .probing)
        bench.give(bench.item(9, .rollback(id: "r"), 3, succeeded: [3, 1], held: [4, 2]))
        bench.run(until: .staging)
        bench.give(bench.item(10, .stage, 5, succeeded: [3, 1], held: [4, 2]))
        bench.settle()
        #expect(bench.receipts == ["r": .done(serving: reference(3))] && bench.servingNumber == 3)
        #expect(bench.machine.state == .staged && bench.report.goal?.number == 5)
    }

    @Test func anOlderJournalHasTheFilesThatItProtects() throws {
        var bench = serving(.recreateBound)
        var fields = try #require(
            JSONSerialization.jsonObject(with: JSONEncoder().encode(bench.journal)) as? [String: Any]
        )
        #expect(fields.removeValue(forKey: "files") != nil)
        let older = try JSONDecoder().decode(ReplicaRecord.self, from: JSONSerialization.data(withJSONObject: fields))
        #expect(Set(older.files) == [reference(1).digest, reference(2).digest])
        bench.journal = older
        bench.restartAgent(reboot: true)
        bench.settle()
        #expect(bench.servingNumber == 2)
    }

    private func reference(_ number: UInt64) -> RevisionReference { ReplicaBench.revision(number).reference }

    private func serving(_ mode: ReplicaBench.Mode) -> ReplicaBench {
        var bench = ReplicaBench(mode: mode)
        for number in [UInt64(1), 2] {
            bench.give(bench.item(number, .converge, number, succeeded: Array(1...number)))
            bench.settle()
        }
        return bench
    }
}
