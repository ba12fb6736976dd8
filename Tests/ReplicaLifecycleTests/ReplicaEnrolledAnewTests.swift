import Fleet
import ReplicaLifecycle
import Testing

/// A host that gets another identity and keeps what it has: its items are counted from 1 again.
@Suite struct ReplicaEnrolledAnewTests {
    /// What it was told last before, under a number that it is given once more.
    private static let number: UInt64 = 1

    private func enrolledAnew() -> ReplicaBench {
        var bench = ReplicaBench()
        bench.give(bench.item(Self.number, .converge, 1, succeeded: [1]))
        bench.settle()
        bench.journal = bench.journal.enrolledAnew
        bench.restartAgent(reboot: false)
        bench.settle()
        return bench
    }

    @Test func whatItServesStays() {
        var bench = enrolledAnew()
        #expect(bench.servingNumber == 1 && bench.started == [1])
        bench.give(bench.item(Self.number, .converge, 1, succeeded: [1]))
        bench.settle()
        #expect(bench.started == [1] && bench.machine.state == .verified)
        #expect(bench.report.good.map(\.number) == [1])
    }

    @Test func aNewItemIsNotTakenForAnOldOne() {
        var bench = enrolledAnew()
        bench.give(bench.item(Self.number, .converge, 2, succeeded: [1]))
        bench.settle()
        #expect(bench.servingNumber == 2)
        bench.give(bench.item(Self.number + 1, .rollback(id: "r1"), nil, succeeded: [1], held: [2]))
        bench.settle()
        #expect(bench.servingNumber == 1)
    }

    @Test func whatEndsOnTheWayBackIsNotTheNewItem() {
        let old = Settlement(item: 7, goal: nil, state: .reverted)
        var record = ReplicaRecord(deployment: "d-1")
        record.item = ReplicaBench().item(7, .converge, 2)
        record.settlement = Settlement(item: 6, goal: nil, state: .verified)
        let goal = ReplicaBench.revision(1).reference
        record.passage = Passage(goal: goal, endpoint: nil, purpose: .revert(old))
        let anew = record.enrolledAnew
        #expect(anew.item?.number == 0 && anew.settlement == nil)
        #expect(anew.passage?.purpose == .revert(Settlement(item: 0, goal: nil, state: .reverted)))
    }
}
