import Fleet
import ReplicaLifecycle
import Testing

/// What runs although the journal does not know it: the journal was lost or moved away.
@Suite struct ReplicaUnknownTests {
    @Test func itGoesOnUntilItIsAskedFor() {
        let (bench, attempt) = lost()
        #expect(bench.running?.attempt == attempt)
        #expect(bench.servingNumber == 2)
        #expect(bench.machine.hasUnknownProcess)
        #expect(bench.report.reason?.contains("the journal does not know it") == true)
    }

    @Test func theSameRevisionIsProvenAsItRuns() {
        var (bench, attempt) = lost()
        bench.give(bench.item(7, .converge, 2, succeeded: [1, 2]))
        bench.settle()
        #expect(bench.machine.state == .verified)
        #expect(bench.running?.attempt == attempt)
        #expect(bench.started == [1, 2])
        #expect(bench.report.good.map(\.number) == [2])
        #expect(!bench.machine.hasUnknownProcess)
        // Its death is what any other's is.
        bench.crash()
        bench.settle()
        #expect(bench.servingNumber == 2)
        #expect((bench.running?.attempt ?? 0) > (attempt ?? 0))
    }

    @Test(arguments: [TargetState.staging, .starting, .probing, .observing])
    func aSecondStartOfTheAgentTakesNothingBack(state: TargetState) {
        var (bench, attempt) = lost()
        bench.give(bench.item(7, .converge, 2, succeeded: [1]))
        bench.run(until: state)
        #expect(bench.machine.state == state)
        bench.restartAgent(reboot: false)
        bench.settle()
        #expect(bench.machine.state == .verified)
        #expect(bench.running?.attempt == attempt)
    }

    @Test func anotherRevisionTakesItsPlaceOnlyWhenItCan() {
        var (bench, attempt) = lost()
        bench.faults[3] = .staging
        bench.give(bench.item(7, .converge, 3, succeeded: [1, 2]))
        bench.settle()
        #expect(bench.running?.attempt == attempt)
        bench.give(bench.item(8, .converge, 4, succeeded: [1, 2]))
        bench.settle()
        #expect(bench.servingNumber == 4)
        #expect((bench.running?.attempt ?? 0) > (attempt ?? 0))
    }

    @Test func anotherPortIsAnotherProcess() {
        var (bench, attempt) = lost()
        bench.give(bench.item(7, .converge, 2, succeeded: [1, 2], port: 9090))
        bench.run(until: .starting)
        #expect((bench.running?.attempt ?? .max) != attempt)
    }

    @Test func aRollbackLooksAtWhatAnswers() {
        var (bench, _) = lost()
        bench.give(bench.item(7, .rollback(id: "r"), nil, succeeded: [1, 2], held: [2]))
        bench.settle()
        #expect(bench.report.receipt == .noTarget(.keepServing))
        #expect(bench.servingNumber == 2)
        var (other, _) = lost()
        other.give(other.item(7, .rollback(id: "r"), nil, succeeded: [1, 2], held: [2], onFailure: .stop))
        other.settle()
        #expect(other.report.receipt == .noTarget(.stop))
        #expect(other.running == nil)
        var (unaffected, _) = lost()
        unaffected.give(unaffected.item(7, .rollback(id: "r"), nil, succeeded: [1, 2], held: [1]))
        unaffected.settle()
        #expect(unaffected.report.receipt == .unaffected(serving: ReplicaBench.revision(2).reference))
    }

    @Test func itsDeathLeavesNothingToWaitFor() {
        var (bench, _) = lost()
        bench.crash()
        #expect(bench.servingNumber == nil)
        #expect(bench.machine.deadline == nil)
        bench.give(bench.item(7, .converge, 2, succeeded: [1, 2]))
        bench.settle()
        #expect(bench.servingNumber == 2)
    }

    @Test func aRemovalStopsIt() {
        var (bench, _) = lost()
        bench.give(bench.item(7, .remove))
        bench.settle()
        #expect(bench.running == nil)
        #expect(bench.machine.isRemoved)
    }

    /// A host that served revision 2 and then lost its journal.
    private func lost() -> (ReplicaBench, attempt: UInt64?) {
        var bench = ReplicaBench()
        for (number, revision) in [(1, 1), (2, 2)] as [(UInt64, UInt64)] {
            bench.give(bench.item(number, .converge, revision, succeeded: [1]))
            bench.settle()
        }
        let attempt = bench.running?.attempt
        bench.restartAgent(reboot: false, losingJournal: true)
        bench.settle()
        return (bench, attempt)
    }
}
