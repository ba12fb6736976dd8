import Fleet
import ReplicaLifecycle
import Testing

/// The side-by-side chain: the old one serves until the new one is proven, and is back at once when that fails.
@Suite struct ReplicaBesideTests {
    @Test func theOldOneServesUntilTheNewOneIsProven() {
        var bench = proven()
        let old = bench.pointed
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        var states: [TargetState] = []
        while bench.step() {
            if states.last != bench.machine.state { states.append(bench.machine.state) }
            if states.last != .verified { #expect(bench.processes.contains { $0.attempt == old }) }
            if [.starting, .probing, .switching].contains(states.last) {
                #expect(bench.pointed == old)
                #expect(bench.servingNumber == 1)
            }
        }
        #expect(states == [.starting, .probing, .switching, .observing, .verified])
        #expect(bench.servingNumber == 2)
        #expect(bench.processes.map(\.revision.number) == [2])
        #expect(bench.pointed == bench.processes.first?.attempt)
        #expect(bench.report.previous?.number == 1)
        #expect(bench.violations.isEmpty)
    }

    @Test func whereTheEndpointIsBoundItIsProvenOnAPrivatePortFirst() {
        var bench = proven(.besideBound)
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        var states: [TargetState] = []
        while bench.step() {
            if states.last != bench.machine.state { states.append(bench.machine.state) }
            if bench.machine.state == .probing, bench.processes.count == 2 { #expect(bench.servingNumber == 1) }
        }
        #expect(states == [.starting, .probing, .stoppingOld, .starting, .probing, .observing, .verified])
        #expect(bench.started == [1, 2, 2])
        #expect(bench.report.instance?.ports == ["http": 8080])
        #expect(bench.violations.isEmpty)
    }

    @Test(
        arguments: [
            ReplicaBench.Fault.staging, .start, .crashBeforeReady, .notReady, .probe, .unreadyWhileObserved,
        ],
        [ReplicaBench.Mode.besideSwitched, .besideBound]
    )
    func aCandidateThatFailsNeverTouchesTheOldOne(fault: ReplicaBench.Fault, mode: ReplicaBench.Mode) {
        var bench = proven(mode)
        let old = bench.running?.attempt
        bench.faults[2] = fault
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        bench.settle()
        #expect(bench.machine.state == .reverted)
        #expect(bench.servingNumber == 1)
        // Bound, what failed after its proof had to take the old one's port.
        if mode == .besideSwitched || fault != .unreadyWhileObserved { #expect(bench.running?.attempt == old) }
        #expect(bench.processes.count == 1)
        #expect(bench.report.good.map(\.number) == [1])
        #expect(bench.violations.isEmpty)
    }

    @Test func aFirstDeploymentThatFailsLeavesNothingAndTheEndpointRejectsMeanwhile() {
        var bench = ReplicaBench(mode: .besideSwitched)
        bench.faults[1] = .probe
        bench.give(bench.item(1, .converge, 1))
        bench.run(until: .probing)
        #expect(bench.wanted == .closed(Endpoint(port: 8080, to: "http")))
        bench.settle()
        #expect(bench.machine.state == .revertFailed)
        #expect(bench.processes.isEmpty)
        #expect(bench.endpoint == .nowhere)
    }

    @Test(arguments: [1, 2])
    func aSwitchThatFailsIsTakenBack(times: Int) {
        var bench = proven()
        let old = bench.pointed
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        bench.run(until: .switching)
        bench.switchFaults = times
        bench.settle()
        #expect(bench.machine.state == .reverted)
        #expect(bench.report.reason == "the endpoint cannot be switched: nft is busy")
        #expect(bench.pointed == old)
        #expect(bench.running?.attempt == old)
    }

    @Test func aRestartKeepsTryingToSwitch() {
        var bench = proven()
        bench.switchFaults = 5
        bench.crash()
        bench.settle()
        #expect(bench.machine.state == .verified)
        #expect(bench.pointed == bench.running?.attempt)
        #expect(bench.report.reason == nil)
    }

    @Test func theOldOneMayDieWhileTheNewOneIsObserved() {
        var bench = proven()
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        bench.run(until: .observing)
        if let old = bench.processes.first { bench.crash(old) }
        #expect(bench.servingNumber == 2)
        bench.settle()
        #expect(bench.machine.state == .verified)
        #expect(bench.servingNumber == 2)
        #expect(bench.processes.count == 1)
    }

    @Test func theNewOneMayDieWhileItIsObserved() {
        var bench = proven()
        let old = bench.pointed
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        bench.run(until: .observing)
        if let new = bench.processes.last { bench.crash(new) }
        #expect(bench.servingNumber == 1)
        #expect(bench.wanted == .open(Endpoint(port: 8080, to: "http"), attempt: old ?? 0))
        bench.settle()
        #expect(bench.machine.state == .reverted)
        #expect(bench.pointed == old)
        #expect(bench.started == [1, 2])
    }

    @Test func aCrashLoopRejectsUntilItAnswers() {
        var bench = proven()
        bench.crash()
        #expect(bench.wanted == .closed(Endpoint(port: 8080, to: "http")))
        _ = bench.step()
        while bench.machine.state != .switching, bench.step() { #expect(bench.pointed == nil) }
        bench.settle()
        #expect(bench.pointed == bench.running?.attempt)
        #expect(bench.machine.state == .verified)
    }

    @Test(arguments: [TargetState.starting, .probing, .switching, .observing])
    func aRollbackInMidCandidateIsDoneAtOnce(state: TargetState) {
        var bench = proven()
        let old = bench.processes.first?.attempt
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        bench.run(until: state)
        bench.give(bench.item(4, .rollback(id: "r"), nil, succeeded: [1], held: [2]))
        #expect(bench.report.receipt == .done(serving: ReplicaBench.revision(1).reference))
        bench.settle()
        #expect(bench.pointed == old)
        #expect(bench.processes.map(\.attempt) == [old ?? 0])
        #expect(bench.violations.isEmpty)
    }

    @Test func aRollbackCutsWhatIsLeftAndCountsIt() {
        var bench = serving2()
        let condemned = bench.running?.attempt ?? 0
        bench.give(bench.item(5, .rollback(id: "r"), nil, succeeded: [1, 2], held: [2]))
        bench.run(until: .switching)
        #expect(bench.servingNumber == 2)
        bench.take(bench.machine.switched(attempt: bench.processes.last?.attempt ?? 0, at: bench.now))
        #expect(bench.pending.contains(.detach(attempt: condemned)))
        bench.take(bench.machine.connectionsCounted(attempt: condemned, 7, at: bench.now))
        #expect(bench.report.condemnedConnections == 7)
        let warm = bench.processes.contains { $0.attempt == condemned }
        #expect(warm)
        bench.settle()
        #expect(bench.report.receipt == .done(serving: ReplicaBench.revision(1).reference))
        #expect(bench.report.condemnedConnections == nil)
        #expect(bench.processes.count == 1)
    }

    @Test func aRollbackWhoseTargetFailsGoesOnWithWhatServes() {
        var bench = serving2()
        let condemned = bench.running?.attempt
        bench.faults[1] = .unreadyWhileObserved
        bench.give(bench.item(5, .rollback(id: "r"), nil, succeeded: [1, 2], held: [2]))
        bench.settle()
        #expect(bench.running?.attempt == condemned)
        #expect(bench.pointed == condemned)
        let expected = Receipt.failed(cause: "answers 503", serving: ReplicaBench.revision(2).reference)
        #expect(bench.report.receipt == expected)
        #expect(bench.started == [1, 2, 1])
    }

    @Test func aRolloutDrainsLongAndARollbackHurriesIt() {
        var bench = proven()
        let old = bench.running?.attempt ?? 0
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        bench.run(until: .verified)
        let revision = ReplicaBench.revision(1)
        #expect(bench.pending == [.stop(attempt: old, revision, .long)])
        bench.give(bench.item(4, .converge, 2, succeeded: [1, 2], held: [1]))
        #expect(bench.pending.contains(.hurry(attempt: old)))
    }

    @Test func whatHasTheStablePortItselfMakesRoomFirst() {
        var bench = proven(.besideBound)
        bench.mode = .besideSwitched
        bench.restartAgent(reboot: false)
        bench.settle()
        #expect(bench.pointed == bench.running?.attempt)
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        var states: [TargetState] = []
        while bench.step() {
            if states.last != bench.machine.state { states.append(bench.machine.state) }
            #expect(bench.processes.count < 2)
        }
        #expect(states == [.stoppingOld, .starting, .probing, .switching, .observing, .verified])
        #expect(bench.pointed == bench.running?.attempt)
        // The next one is side by side again.
        bench.give(bench.item(4, .converge, 3, succeeded: [1]))
        bench.run(until: .observing)
        #expect(bench.processes.count == 2)
    }

    private func proven(_ mode: ReplicaBench.Mode = .besideSwitched) -> ReplicaBench {
        var bench = ReplicaBench(mode: mode)
        bench.give(bench.item(1, .converge, 1))
        bench.settle()
        bench.give(bench.item(2, .converge, 1, succeeded: [1]))
        bench.settle()
        return bench
    }

    private func serving2() -> ReplicaBench {
        var bench = proven()
        bench.give(bench.item(3, .converge, 2, succeeded: [1]))
        bench.settle()
        bench.give(bench.item(4, .converge, 2, succeeded: [1, 2]))
        bench.settle()
        return bench
    }
}
