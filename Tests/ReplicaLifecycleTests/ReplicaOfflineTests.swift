import Fleet
import ReplicaLifecycle
import Testing

/// Offline authority: a host that is cut off decides by itself about its candidate, once.
@Suite struct ReplicaOfflineTests {
    @Test(arguments: ReplicaBench.Mode.allCases, [false, true])
    func aCandidateThatFailsInItsStabilityTimeGoesBackOnce(mode: ReplicaBench.Mode, reboots: Bool) {
        var bench = ReplicaBench(mode: mode)
        bench.give(bench.item(1, .converge, 1, succeeded: [1]))
        bench.settle()
        let update = bench.item(2, .converge, 2, succeeded: [1])
        bench.give(update)
        bench.run(until: .observing)
        bench.take(bench.machine.sessionLost(since: bench.now, at: bench.now))
        bench.outcomes = []
        // It is too late for a fault that waits for its observation.
        if let process = bench.running { bench.crash(process) }
        bench.settle()
        #expect(bench.servingNumber == 1 && bench.machine.state == .reverted && bench.report.pin == nil)
        let starts = bench.started.count { $0 == 2 }
        for _ in 0..<3 {
            bench.restartAgent(reboot: reboots)
            bench.settle()
        }
        #expect(bench.servingNumber == 1)
        #expect(bench.report.failure == ReplicaFailure(kind: .transition, state: .observing))
        #expect(
            bench.outcomes.count { if case .reverted = $0 { true } else { false } } == 1,
            "told once, on its return"
        )
        // Neither the same item again nor the same under a new number brings it back.
        bench.take(bench.machine.sessionBegan(at: bench.now))
        var again = update
        for number in [UInt64(2), 3, 4] {
            again.number = number
            bench.give(again)
            bench.settle()
            #expect(bench.report.item == number && bench.report.state == .reverted)
        }
        #expect(bench.servingNumber == 1 && bench.started.count { $0 == 2 } == starts)
        // A person orders it anew, as a rollout does it: staged, then moved.
        bench.give(bench.item(5, .stage, 2, succeeded: [1]))
        bench.settle()
        bench.give(bench.item(6, .converge, 2, succeeded: [1]))
        bench.settle()
        #expect(bench.servingNumber == 2 && bench.machine.state == .verified)
    }

    @Test func anotherRevisionIsTaken() {
        var bench = ReplicaBench(mode: .besideSwitched)
        bench.give(bench.item(1, .converge, 1, succeeded: [1]))
        bench.settle()
        bench.faults[2] = .unreadyWhileObserved
        bench.give(bench.item(2, .converge, 2, succeeded: [1]))
        bench.settle()
        #expect(bench.servingNumber == 1 && bench.machine.state == .reverted)
        bench.give(bench.item(3, .converge, 3, succeeded: [1]))
        bench.settle()
        #expect(bench.servingNumber == 3)
    }

    /// What a host may start without the controller is what no hold condemns, whoever asks for it there.
    @Test(arguments: ReplicaBench.Mode.allCases)
    func holdsOutliveReboots(mode: ReplicaBench.Mode) {
        var bench = ReplicaBench(mode: mode)
        for number in [UInt64(1), 2, 3] {
            bench.give(bench.item(number, .converge, number, succeeded: Array(1...number)))
            bench.settle()
        }
        bench.give(bench.item(9, .converge, 3, succeeded: [1, 2, 3], held: [2]))
        bench.settle()
        bench.restartAgent(reboot: true)
        bench.settle()
        #expect(bench.report.holds == ["h2"] && bench.servingNumber == 3)
        #expect(bench.machine.localTarget?.number == 1, "a local rollback goes to nothing that is condemned")
        let pin = LocalPin(actor: "ada", reason: "wrong", since: bench.now)
        bench.take(bench.machine.rollbackOrdered(pin, at: bench.now))
        bench.settle()
        #expect(bench.servingNumber == 1)
        bench.restartAgent(reboot: true)
        bench.settle()
        #expect(bench.servingNumber == 1 && bench.report.pin == pin)
    }
}
