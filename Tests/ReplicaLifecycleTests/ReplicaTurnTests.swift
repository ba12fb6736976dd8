import Fleet
import ReplicaLifecycle
import Testing

/// Rollbacks that wait for their turn.
@Suite struct ReplicaTurnTests {
    private static let one = ReplicaBench.revision(1).reference

    @Test(arguments: ReplicaBench.Mode.allCases)
    func everythingIsGotReadyAndNothingMovesBeforeItsTurn(mode: ReplicaBench.Mode) {
        var bench = waiting(mode)
        #expect(bench.machine.state == .staged && bench.report.receipt == .inProgress(.staged))
        #expect(bench.report.reason == "revision 1 is here and checked; it waits for its turn in the rollback")
        #expect(bench.servingNumber == 2 && bench.started == [1, 2] && bench.fetched.last == 1)
        #expect(bench.report.holds == ["h2"] && bench.machine.deadline == nil && bench.receipts.isEmpty)
        bench.give(bench.item(10, .rollback(id: "r"), nil, succeeded: [1, 2], held: [2]))
        bench.settle()
        #expect(bench.servingNumber == 1 && bench.fetched.count == 3, "nothing is fetched again")
        #expect(bench.receipts == ["r": .done(serving: Self.one)] && bench.violations.isEmpty)
    }

    @Test(arguments: ReplicaBench.Mode.allCases)
    func withoutASessionItGoesByItselfAfterAMinute(mode: ReplicaBench.Mode) {
        var bench = waiting(mode)
        let heard = bench.now
        bench.now = bench.now + .seconds(20)
        bench.take(bench.machine.sessionLost(since: heard, at: bench.now))
        bench.take(bench.machine.sessionLost(since: bench.now, at: bench.now))
        #expect(bench.machine.deadline == heard + .seconds(60), "what counts is when it was first lost")
        #expect(bench.report.reason?.contains("goes by itself at ") == true)
        bench.now = heard + Span(milliseconds: 59_999)
        bench.take(bench.machine.timerFired(at: bench.now))
        #expect(bench.machine.state == .staged && bench.pending.isEmpty)
        bench.settle()
        #expect(bench.servingNumber == 1)
        #expect(bench.receipts == ["r": .done(serving: Self.one)])
        // What it is told on its return is what it has done.
        bench.take(bench.machine.sessionBegan(at: bench.now))
        bench.outcomes = []
        bench.give(bench.item(10, .rollback(id: "r"), nil, succeeded: [1, 2], held: [2]))
        bench.settle()
        #expect(bench.outcomes.isEmpty && bench.report.receipt == .done(serving: Self.one))
    }

    @Test func aSessionThatIsBackInTimeChangesNothing() {
        var bench = waiting(.besideSwitched)
        bench.take(bench.machine.sessionLost(since: bench.now, at: bench.now))
        bench.now = bench.now + .seconds(59)
        bench.take(bench.machine.sessionBegan(at: bench.now))
        bench.now = bench.now + .seconds(3600)
        bench.take(bench.machine.timerFired(at: bench.now))
        bench.settle()
        #expect(bench.machine.state == .staged && bench.servingNumber == 2)
    }

    @Test func itGoesByItselfBeforeItsFilesCouldBeHad() {
        var bench = serving(.besideSwitched)
        bench.take(bench.machine.sessionBegan(at: bench.now))
        bench.faults[1] = .staging
        bench.give(
            bench.item(9, .rollback(id: "r", turn: .wait), nil, succeeded: [1, 2], held: [2], onFailure: .stop)
        )
        for _ in 0..<20 { _ = bench.step() }
        while !bench.pending.isEmpty { _ = bench.step() }
        #expect(bench.servingNumber == 2, "it is not its turn to stop")
        let lost = bench.now
        bench.take(bench.machine.sessionLost(since: bench.now, at: bench.now))
        bench.faults = [:]
        bench.settle()
        #expect(bench.now - lost < .seconds(70), "it does not wait for the next try")
        #expect(bench.receipts == ["r": .done(serving: Self.one)])
    }

    @Test(arguments: ReplicaBench.Mode.allCases)
    func theNextAgentWaitsAMinuteForTheController(mode: ReplicaBench.Mode) {
        var bench = waiting(mode)
        bench.restartAgent(reboot: false)
        while !bench.pending.isEmpty { _ = bench.step() }
        #expect(bench.machine.state == .staged && bench.servingNumber == 2 && bench.started == [1, 2])
        #expect(bench.machine.deadline.map { $0 - bench.now < .seconds(61) } == true)
        bench.settle()
        #expect(bench.receipts == ["r": .done(serving: Self.one)])
    }

    @Test(arguments: ReplicaBench.Mode.allCases)
    func whereNothingAnswersThereIsNothingToWaitFor(mode: ReplicaBench.Mode) {
        var booted = waiting(mode)
        let now = booted.now
        booted.restartAgent(reboot: true)
        booted.settle()
        #expect(booted.started == [1, 2, 1] && booted.receipts == ["r": .done(serving: Self.one)])
        #expect(booted.now - now < .seconds(10))
        var crashed = waiting(mode)
        crashed.crash()
        crashed.settle()
        #expect(crashed.started == [1, 2, 1] && crashed.receipts == ["r": .done(serving: Self.one)])
    }

    @Test(arguments: ReplicaBench.Mode.allCases, [TargetState.starting, .probing, .observing])
    func aCondemnedCandidateGoesBackAtOnce(mode: ReplicaBench.Mode, state: TargetState) {
        var bench = serving(mode, good: [1])
        bench.take(bench.machine.sessionBegan(at: bench.now))
        bench.give(bench.item(7, .converge, 2, succeeded: [1]))
        bench.run(until: state)
        bench.give(bench.item(8, .rollback(id: "r", turn: .wait), nil, succeeded: [1], held: [2]))
        bench.settle()
        #expect(bench.servingNumber == 1 && bench.receipts == ["r": .done(serving: Self.one)])
        #expect(bench.report.provisional == nil && bench.violations.isEmpty)
    }

    @Test(arguments: ReplicaBench.Mode.allCases, [TargetState.staging, .starting, .probing, .observing])
    func whatNothingIsWrongWithIsNotDisturbed(mode: ReplicaBench.Mode, state: TargetState) {
        var bench = serving(mode, good: [1])
        bench.take(bench.machine.sessionBegan(at: bench.now))
        bench.give(bench.item(7, .converge, 2, succeeded: [1]))
        bench.run(until: state)
        bench.give(bench.item(8, .rollback(id: "r", turn: .wait), nil, succeeded: [1], held: [3]))
        bench.settle()
        let stays: UInt64 = state == .staging ? 1 : 2
        #expect(bench.receipts == ["r": .unaffected(serving: ReplicaBench.revision(stays).reference)])
        #expect(bench.started == (state == .staging ? [1] : mode == .besideBound ? [1, 2, 2] : [1, 2]))
    }

    @Test(
        arguments: [ReplicaBench.Mode.besideBound, .besideSwitched],
        [ReplicaBench.Fault.start, .probe, .unreadyWhileObserved]
    )
    func aCandidateThatFailsLeavesTheWayToTheRollback(mode: ReplicaBench.Mode, fault: ReplicaBench.Fault) {
        var bench = serving(mode)
        bench.take(bench.machine.sessionBegan(at: bench.now))
        bench.faults[3] = fault
        bench.give(bench.item(8, .converge, 3, succeeded: [1, 2]))
        bench.run(until: .starting)
        bench.give(bench.item(9, .rollback(id: "r", turn: .wait), nil, succeeded: [1, 2], held: [2]))
        bench.settle()
        if mode == .besideSwitched || fault != .unreadyWhileObserved {
            #expect(bench.servingNumber == 2 && bench.machine.state == .staged && bench.report.goal?.number == 1)
        }
        bench.give(bench.item(10, .rollback(id: "r"), nil, succeeded: [1, 2], held: [2]))
        bench.settle()
        #expect(bench.servingNumber == 1 && bench.violations.isEmpty)
    }

    @Test func withoutATargetItKeepsServingAtOnceAndStopsInItsTurn() {
        var keeping = serving(.besideSwitched, good: [1])
        keeping.take(keeping.machine.sessionBegan(at: keeping.now))
        keeping.give(keeping.item(7, .rollback(id: "r", turn: .wait), nil, succeeded: [1], held: [1]))
        keeping.settle()
        #expect(keeping.receipts == ["r": .noTarget(.keepServing)] && keeping.servingNumber == 1)
        var stopping = serving(.besideSwitched, good: [1])
        stopping.take(stopping.machine.sessionBegan(at: stopping.now))
        for (number, turn) in [(UInt64(7), AssignmentItem.Turn.wait), (8, .go)] {
            let order = AssignmentItem.Order.rollback(id: "r", turn: turn)
            stopping.give(stopping.item(number, order, nil, succeeded: [1], held: [1], onFailure: .stop))
            stopping.settle()
            #expect(stopping.servingNumber == (turn == .wait ? 1 : nil))
        }
        #expect(stopping.receipts == ["r": .noTarget(.stop)])
    }

    @Test func whatDrainsIsHurriedWhenItsTurnHasCome() {
        var bench = serving(.besideSwitched)
        bench.take(bench.machine.sessionBegan(at: bench.now))
        bench.give(bench.item(8, .converge, 3, succeeded: [1, 2, 3]))
        bench.run(until: .verified)
        let drains = bench.pending.compactMap { if case .stop(let attempt, _, .long) = $0 { attempt } else { nil } }
        #expect(drains == [2])
        for turn in [AssignmentItem.Turn.wait, .go] {
            let order = AssignmentItem.Order.rollback(id: "r", turn: turn)
            bench.give(bench.item(turn == .wait ? 9 : 10, order, nil, succeeded: [1, 2, 3], held: [3]))
            #expect(bench.pending.contains(.hurry(attempt: 2)) == (turn == .go))
            for (index, action) in bench.pending.enumerated().reversed() {
                guard case .stage(let revision, _) = action else { continue }
                bench.pending.remove(at: index)
                bench.take(bench.machine.staged(revision.digest, update: .sideBySide, at: bench.now))
            }
        }
        bench.settle()
        #expect(bench.servingNumber == 2 && bench.processes.count == 1)
    }

    @Test func whatEndedWhileItWaitedEndsOnce() {
        var bench = serving(.besideSwitched)
        bench.outcomes = []
        for (number, turn) in [(UInt64(9), AssignmentItem.Turn.wait), (10, .go), (11, .wait)] {
            bench.give(bench.item(number, .rollback(id: "r", turn: turn), nil, succeeded: [1, 2], held: [3]))
            bench.settle()
            #expect(bench.report.item == number && bench.report.state == .verified)
            #expect(bench.report.receipt == .unaffected(serving: ReplicaBench.revision(2).reference))
        }
        #expect(bench.outcomes.count == 1)
    }

    @Test func aPinStopsItWhoeversTurnItIs() {
        var bench = waiting(.besideSwitched)
        let pin = LocalPin(actor: "ada", reason: "look", since: bench.now)
        bench.take(bench.machine.pinned(pin, at: bench.now))
        bench.take(bench.machine.sessionLost(since: bench.now, at: bench.now))
        bench.settle()
        #expect(bench.receipts == ["r": .pinned] && bench.servingNumber == 2 && bench.machine.deadline == nil)
        bench.give(bench.item(10, .rollback(id: "r"), nil, succeeded: [1, 2], held: [2]))
        bench.settle()
        #expect(bench.report.receipt == .pinned && bench.servingNumber == 2)
        bench.take(bench.machine.unpinned(at: bench.now))
        bench.settle()
        #expect(bench.receipts == ["r": .done(serving: Self.one)])
    }

    @Test(arguments: [false, true]) func aTurnThatHasComeIsNotTakenBack(restarts: Bool) {
        var bench = serving(.besideSwitched)
        bench.take(bench.machine.sessionBegan(at: bench.now))
        bench.give(bench.item(9, .rollback(id: "r"), nil, succeeded: [1, 2], held: [2]))
        bench.give(bench.item(10, .rollback(id: "r", turn: .wait), nil, succeeded: [1, 2], held: [2]))
        if restarts {
            bench.restartAgent(reboot: false)
            bench.take(bench.machine.sessionBegan(at: bench.now))
        }
        bench.settle()
        #expect(bench.servingNumber == 1)
        // Another rollback has another turn.
        bench.give(bench.item(11, .converge, 3, succeeded: [1, 2, 3], held: [2]))
        bench.settle()
        bench.give(bench.item(12, .rollback(id: "s", turn: .wait), nil, succeeded: [1, 2, 3], held: [2, 3]))
        bench.settle()
        #expect(bench.servingNumber == 3 && bench.machine.state == .staged)
    }

    /// A host that serves revision 2, condemned, and waits for its turn to go back to revision 1.
    private func waiting(_ mode: ReplicaBench.Mode) -> ReplicaBench {
        var bench = serving(mode)
        bench.take(bench.machine.sessionBegan(at: bench.now))
        bench.give(bench.item(9, .rollback(id: "r", turn: .wait), nil, succeeded: [1, 2], held: [2]))
        bench.settle()
        return bench
    }

    private func serving(_ mode: ReplicaBench.Mode, good: [UInt64] = [1, 2]) -> ReplicaBench {
        var bench = ReplicaBench(mode: mode)
        for (index, revision) in good.enumerated() {
            bench.give(bench.item(UInt64(index) + 1, .converge, revision, succeeded: Array(good[...index])))
            bench.settle()
        }
        bench.started = good
        return bench
    }
}
