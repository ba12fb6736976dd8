import Fleet
import ReplicaLifecycle
import Testing

/// Staging that fails: final in a rollout, tried again outside one.
@Suite struct ReplicaStagingTests {
    @Test func outsideARolloutItIsTriedAgainWithBackoff() {
        var bench = ReplicaBench()
        bench.faults[1] = .staging
        bench.give(bench.item(1, .converge, 1, succeeded: [1]))
        var waits: [Int64] = []
        for _ in 0..<8 {
            while !bench.pending.isEmpty { _ = bench.step() }
            #expect(bench.machine.state == .staging)
            #expect(bench.report.reason?.hasPrefix("port 8080 is taken; it is tried again at ") == true)
            waits.append(((bench.machine.deadline ?? bench.now) - bench.now).milliseconds / 1000)
            _ = bench.step()
        }
        #expect(waits == [10, 20, 40, 80, 160, 300, 300, 300])
        bench.faults = [:]
        bench.settle()
        #expect(bench.machine.state == .verified)
        #expect(bench.servingNumber == 1)
    }

    @Test func aChangedItemIsTriedAtOnce() {
        var bench = ReplicaBench()
        bench.faults[1] = .staging
        bench.give(bench.item(1, .converge, 1, succeeded: [1]))
        _ = bench.step()
        bench.faults = [:]
        let before = bench.now
        bench.give(bench.item(2, .converge, 1, succeeded: [1]))
        bench.run(until: .observing)
        #expect(bench.now - before < .seconds(1))
    }

    @Test func aRollbackIsTriedAgainAndGoesOn() {
        var bench = served()
        bench.faults[1] = .staging
        bench.give(bench.item(9, .rollback(id: "r"), nil, succeeded: [1, 2], held: [2]))
        _ = bench.step()
        #expect(bench.report.receipt == .inProgress(.staging))
        #expect(bench.servingNumber == 2)
        bench.faults = [:]
        bench.settle()
        #expect(bench.report.receipt == .done(serving: ReplicaBench.revision(1).reference))
    }

    @Test(arguments: [false, true])
    func whereNothingIsBetterTheCondemnedStopsMeanwhile(restarted: Bool) {
        var bench = served()
        bench.faults[1] = .staging
        bench.give(bench.item(9, .rollback(id: "r"), nil, succeeded: [1, 2], held: [2], onFailure: .stop))
        _ = bench.step()
        while !bench.pending.isEmpty { _ = bench.step() }
        #expect(bench.running == nil)
        #expect(bench.machine.state == .staging)
        if restarted {
            bench.restartAgent(reboot: true)
            while !bench.pending.isEmpty { _ = bench.step() }
            #expect(bench.running == nil)
        }
        bench.faults = [:]
        bench.settle()
        #expect(bench.report.receipt == .done(serving: ReplicaBench.revision(1).reference))
        #expect(bench.started == [1, 2, 1])
    }

    @Test(arguments: [false, true])
    func aRollbackTakesTheRoomOfWhatDrains(local: Bool) throws {
        var bench = ReplicaBench(mode: .besideSwitched)
        bench.give(bench.item(1, .converge, 1, succeeded: [1]))
        bench.settle()
        let old = try #require(bench.running?.attempt)
        bench.give(bench.item(2, .converge, 2, succeeded: [1]))
        bench.run(until: .verified)
        if local {
            let pin = LocalPin(actor: "ada", reason: "look", since: bench.now)
            bench.take(bench.machine.rollbackOrdered(pin, at: bench.now))
        } else {
            bench.give(bench.item(3, .rollback(id: "r"), nil, succeeded: [1], held: [2]))
        }
        #expect(bench.pending.contains(.hurry(attempt: old)))
        // It is staged while the old one still drains, and lacks its room.
        bench.pending.removeAll { if case .stage = $0 { true } else { false } }
        let first = ReplicaBench.revision(1)
        bench.take(bench.machine.stagingFailed(first.digest, .refused, cause: "no memory is left", at: bench.now))
        #expect(bench.report.reason?.hasPrefix("no memory is left; it is tried again at ") == true)
        let before = bench.now
        while bench.machine.state == .staging, bench.step() {}
        #expect(bench.now - before < .seconds(1))
        bench.settle()
        #expect(bench.servingNumber == 1)
    }

    @Test func theRetryDoesNotDisturbWhatWaitsForItsOwnRestart() {
        var bench = served()
        bench.faults[3] = .staging
        bench.give(bench.item(9, .converge, 3, succeeded: [1, 2, 3]))
        _ = bench.step()
        bench.crash()
        for _ in 0..<6 { _ = bench.step() }
        #expect(bench.servingNumber == 2)
        #expect(bench.machine.state == .staging)
    }

    @Test func anotherGoalEndsTheWait() {
        var bench = served()
        bench.faults[3] = .staging
        bench.give(bench.item(9, .converge, 3, succeeded: [1, 2, 3]))
        _ = bench.step()
        bench.give(bench.item(10, .converge, 2, succeeded: [1, 2, 3]))
        bench.settle()
        #expect(bench.machine.state == .verified)
        #expect(bench.machine.deadline == nil)
        #expect(bench.started == [1, 2])
    }

    /// A host that serves revision 2, and on which revisions 1 and 2 are good.
    private func served() -> ReplicaBench {
        var bench = ReplicaBench()
        for (number, revision, succeeded) in [(1, 1, [1]), (2, 2, [1]), (3, 2, [1, 2])] as [(UInt64, UInt64, [UInt64])]
        {
            bench.give(bench.item(number, .converge, revision, succeeded: succeeded))
            bench.settle()
        }
        return bench
    }
}
