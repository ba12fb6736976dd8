import Fleet
import ReplicaLifecycle
import Testing

/// An endpoint whose port another program listens on until something is proven, and again when nothing stands.
@Suite struct ReplicaTakeoverTests {
    private func item(
        _ bench: ReplicaBench,
        _ number: UInt64,
        _ order: AssignmentItem.Order = .converge,
        _ revision: UInt64?,
        succeeded: [UInt64] = [],
        held: [UInt64] = [],
        onFailure: AssignmentItem.OnFailure = .keepServing,
        isGranted: Bool = true
    ) -> AssignmentItem {
        var item = bench.item(number, order, revision, succeeded: succeeded, held: held, onFailure: onFailure)
        if isGranted { item.adoptsPort = true }
        return item
    }

    /// Every place that the endpoint was to lead to, in order, until nothing is left to do.
    private func places(_ bench: inout ReplicaBench) -> [Pointing] {
        var seen = [bench.wanted]
        while bench.step() {
            if seen.last != bench.wanted { seen.append(bench.wanted) }
        }
        return seen
    }

    private static let endpoint = Endpoint(port: 8080, to: "http")

    @Test(arguments: [ReplicaBench.Mode.besideSwitched, .recreateSwitched])
    func nothingIsRejectedBeforeTheProofNorAfterTheEnd(mode: ReplicaBench.Mode) {
        var bench = ReplicaBench(mode: mode)
        bench.give(item(bench, 1, .converge, 1))
        let first = places(&bench)
        #expect(!first.contains(.closed(Self.endpoint)), "\(first)")
        #expect(first.last == .open(Self.endpoint, attempt: 1))
        bench.give(item(bench, 2, .remove, nil))
        let last = places(&bench)
        #expect(!last.contains(.closed(Self.endpoint)) && last.last == .nowhere, "\(last)")
        #expect(bench.violations.isEmpty)
    }

    @Test func oneThatFailsGivesThePortBackAtOnce() {
        var bench = ReplicaBench(mode: .besideSwitched)
        bench.faults[1] = .unreadyWhileObserved
        bench.give(item(bench, 1, .converge, 1))
        let seen = places(&bench)
        #expect(bench.processes.isEmpty && seen.last == .nowhere, "\(seen)")
        #expect(!seen.contains(.closed(Self.endpoint)), "\(seen)")
    }

    @Test func whileSomethingStandsThePortIsNobodyElses() {
        var bench = ReplicaBench(mode: .besideSwitched)
        bench.give(item(bench, 1, .converge, 1))
        bench.settle()
        bench.crash()
        #expect(bench.wanted == .closed(Self.endpoint), "nothing answers, and the other program does not either")
        bench.settle()
        #expect(bench.pointed != nil)
    }

    @Test func whatWasTakenStaysTakenUntilNothingStands() {
        var bench = ReplicaBench(mode: .besideSwitched)
        bench.give(item(bench, 1, .converge, 1))
        bench.settle()
        bench.give(item(bench, 2, .converge, 1, succeeded: [1], isGranted: false))
        bench.settle()
        #expect(bench.journal.mayTakeOver(8080) && !bench.journal.mayTakeOver(8081))
        bench.restartAgent(reboot: true)
        bench.give(item(bench, 3, .converge, 2, succeeded: [1], isGranted: false))
        bench.settle()
        #expect(bench.servingNumber == 2 && bench.journal.mayTakeOver(8080))
        bench.give(item(bench, 4, .remove, nil, isGranted: false))
        let last = places(&bench)
        #expect(!last.contains(.closed(Self.endpoint)), "\(last)")
        #expect(bench.machine.isRemoved)
        bench.give(item(bench, 5, .converge, 1, isGranted: false))
        #expect(!bench.journal.mayTakeOver(8080), "the next one asks anew")
    }

    @Test func whatWasRefusedIsTriedAgainOnceItIsGranted() {
        var bench = ReplicaBench(mode: .besideSwitched)
        bench.give(item(bench, 1, .stage, 1, isGranted: false))
        let digest = ReplicaBench.revision(1).digest
        bench.take(bench.machine.stagingFailed(digest, .refused, cause: "port 8080 is listened on", at: bench.now))
        bench.pending = []
        #expect(bench.report.failure?.kind == .refused)
        // To be told the same of anything else is no leave to try again.
        var same = item(bench, 2, .stage, 1, isGranted: false)
        same.stableFor = .seconds(31)
        bench.give(same)
        #expect(bench.report.failure?.kind == .refused && bench.report.item == 2)
        bench.give(item(bench, 3, .stage, 1))
        bench.settle()
        #expect(bench.machine.state == .staged && bench.report.failure == nil)
    }
}
