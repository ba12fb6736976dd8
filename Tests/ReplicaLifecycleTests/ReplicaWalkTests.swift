import Fleet
import FleetTestSupport
import ReplicaLifecycle
import Testing

/// Seeded random walks over items, faults, crashes, restarts, pins and switches, by both chains and both means: what must
/// hold everywhere, and that all ends well.
@Suite struct ReplicaWalkTests {
    /// What the controller knows in the walk.
    struct Desired {
        var number: UInt64 = 0
        var newest: UInt64 = 0
        var succeeded: [UInt64] = []
        var held: [UInt64] = []
        var order: AssignmentItem.Order = .converge
        var revision: UInt64?
    }

    @Test(arguments: ReplicaBench.Mode.allCases, 1...150)
    func whateverHappensTheRulesHold(mode: ReplicaBench.Mode, seed: Int) {
        var dice = SeededGenerator(seed: UInt64(seed))
        var bench = ReplicaBench(mode: mode)
        var desired = Desired()
        var verified: Set<UInt64> = []
        for _ in 0..<120 {
            act(&bench, &desired, &dice)
            for kind in bench.outcomes {
                if case .serving(let reference?) = kind { verified.insert(reference.number) }
            }
            check(bench, desired, verified, seed)
        }
        bench.faults = [:]
        bench.switchFaults = 0
        bench.take(bench.machine.unpinned(at: bench.now))
        bench.take(bench.machine.sessionLost(since: bench.now, at: bench.now))
        bench.settle(limit: 500)
        settles(&bench, &desired, seed)
    }

    private func act(_ bench: inout ReplicaBench, _ desired: inout Desired, _ dice: inout SeededGenerator) {
        switch UInt64.random(in: 0..<24, using: &dice) {
        case 0:
            desired.newest += 1
            desired.revision = desired.newest
            desired.order = Bool.random(using: &dice) ? .converge : .stage
            if Bool.random(using: &dice) {
                bench.faults[desired.newest] = [
                    .staging, .check, .start, .crashBeforeReady, .notReady, .probe, .unreadyWhileObserved,
                ]
                .randomElement(using: &dice)
            }
            give(&bench, &desired)
        case 1:
            // The rollout succeeds.
            if let serving = bench.report.provisional?.number, !desired.succeeded.contains(serving),
                desired.revision == serving
            {
                desired.succeeded.append(serving)
                give(&bench, &desired)
            }
        case 2:
            // It is aborted.
            desired.order = .converge
            desired.revision = desired.succeeded.last { !desired.held.contains($0) }
            give(&bench, &desired)
        case 3:
            guard let serving = bench.servingNumber else { return }
            if !desired.held.contains(serving) { desired.held.append(serving) }
            let turn: AssignmentItem.Turn = Bool.random(using: &dice) ? .go : .wait
            desired.order = .rollback(id: "r\(desired.number)", turn: turn)
            // One in three names its target.
            let targets = desired.succeeded.filter { !desired.held.contains($0) }
            desired.revision = UInt64.random(in: 0..<3, using: &dice) == 0 ? targets.randomElement(using: &dice) : nil
            give(&bench, &desired)
        case 4: if let process = bench.processes.randomElement(using: &dice) { bench.crash(process) }
        case 5: bench.restartAgent(reboot: Bool.random(using: &dice))
        case 6:
            if UInt64.random(in: 0..<6, using: &dice) == 0 {
                desired.held = []
                give(&bench, &desired)
            }
        case 7: bench.switchFaults = Int.random(in: 0...3, using: &dice)
        case 8: act(onHost: &bench, &dice)
        case 9:
            // What was staged may move; or what moves is to be staged only.
            guard desired.revision != nil else { return }
            desired.order = desired.order == .stage ? .converge : .stage
            give(&bench, &desired)
        case 10:
            // Standing convergence: in two steps, like a rollout.
            desired.order = .stage
            desired.revision = desired.succeeded.randomElement(using: &dice)
            give(&bench, &desired)
        case 11:
            // Its turn comes, or is said to have been none.
            guard case .rollback(let id, let turn) = desired.order else { return }
            desired.order = .rollback(id: id, turn: turn == .go ? .wait : .go)
            give(&bench, &desired)
        case 12: bench.take(bench.machine.sessionBegan(at: bench.now))
        case 13: bench.take(bench.machine.sessionLost(since: bench.now, at: bench.now))
        default: step(&bench)
        }
    }

    /// Whoever waits for its turn, and hears the controller, is not moved by anything that happens by itself.
    private func step(_ bench: inout ReplicaBench) {
        let before = bench.report
        let waits = before.reason?.hasSuffix("it waits for its turn in the rollback") == true
        _ = bench.step()
        guard waits else { return }
        #expect(bench.report.serving == before.serving && bench.machine.record.passage == nil, "\(before)")
    }

    private func act(onHost bench: inout ReplicaBench, _ dice: inout SeededGenerator) {
        let pin = LocalPin(actor: "ada", reason: "look", since: bench.now)
        switch UInt64.random(in: 0..<6, using: &dice) {
        case 0: bench.take(bench.machine.pinned(pin, at: bench.now))
        case 1: bench.take(bench.machine.rollbackOrdered(pin, at: bench.now))
        default: bench.take(bench.machine.unpinned(at: bench.now))
        }
    }

    private func give(_ bench: inout ReplicaBench, _ desired: inout Desired) {
        desired.number += 1
        bench.give(
            bench.item(
                desired.number,
                desired.order,
                desired.revision,
                succeeded: desired.succeeded,
                held: desired.held
            )
        )
    }

    private func check(_ bench: ReplicaBench, _ desired: Desired, _ verified: Set<UInt64>, _ seed: Int) {
        let report = bench.report
        let record = bench.machine.record
        #expect(bench.violations.isEmpty, "seed \(seed)")
        checkEndpoint(bench, record, seed)
        let known = Set(desired.succeeded)
        #expect(report.good.allSatisfy { known.contains($0.number) && verified.contains($0.number) }, "seed \(seed)")
        if let provisional = report.provisional {
            #expect(verified.contains(provisional.number) && !known.contains(provisional.number), "seed \(seed)")
        }
        if let previous = report.previous { #expect(verified.contains(previous.number), "seed \(seed)") }
        if let standing = record.standing { #expect(verified.contains(standing.number), "seed \(seed)") }
        #expect(bench.journal == record, "what is journalled is what is known; seed \(seed)")
        for reference in record.good + [record.standing, record.previous, record.provisional].compactMap({ $0 }) {
            #expect(record.revision(reference) != nil, "the bytes of revision \(reference.number); seed \(seed)")
        }
        for action in bench.pending {
            guard case .start(_, let revision, _) = action, desired.held.contains(revision.number) else { continue }
            let settled = record.settlement?.receipt
            let isKept = settled != nil || record.standing?.number == revision.number
            #expect(isKept, "a condemned revision is started without cause; seed \(seed)")
        }
    }

    /// An update side by side never closes the endpoint while what was verified lives.
    private func checkEndpoint(_ bench: ReplicaBench, _ record: ReplicaRecord, _ seed: Int) {
        guard bench.mode == .besideSwitched, case .closed = bench.wanted, record.item?.order == .converge,
            record.item?.revision != nil, bench.processes.contains(where: { $0.attempt == record.standingAttempt })
        else { return }
        let isStopped = bench.pending.contains {
            if case .stop(record.standingAttempt, _, _) = $0 { true } else { false }
        }
        #expect(isStopped, "the endpoint is closed while what it led to lives; seed \(seed)")
    }

    /// An order to stage ends at `staged`, unless there is nothing to be staged or it had failed.
    private func checkStaged(_ bench: ReplicaBench, _ desired: Desired, _ seed: Int) {
        let report = bench.report
        #expect(report.item == desired.number && bench.machine.record.next == nil, "seed \(seed)")
        guard report.failure == nil, let revision = desired.revision, !desired.held.contains(revision) else { return }
        let serves = report.serving?.number == revision
        #expect(report.state == (serves ? .verified : .staged), "seed \(seed): \(report)")
        #expect(serves || bench.fetched.contains(revision), "seed \(seed)")
    }

    /// What is condemned serves on only where the receipt says so.
    private func checkReceipt(_ report: ReplicaReport, _ desired: Desired, _ seed: Int) {
        guard let serving = report.serving, desired.held.contains(serving.number) else { return }
        switch report.receipt {
        case .noTarget(.keepServing), .failed(_, serving): break
        default: Issue.record("seed \(seed): it serves what is condemned: \(report)")
        }
    }

    /// With no faults left, whatever is wanted next is reached.
    private func settles(_ bench: inout ReplicaBench, _ desired: inout Desired, _ seed: Int) {
        #expect(bench.pending.isEmpty, "seed \(seed)")
        let isAtRest = bench.report.state.isTerminal || bench.report.state == .pending
        #expect(isAtRest || bench.report.state == .staged, "seed \(seed): \(bench.report)")
        if desired.order == .stage { checkStaged(bench, desired, seed) }
        if case .rollback = desired.order {
            #expect(bench.report.receipt?.isTerminal == true, "every rollback ends; seed \(seed): \(bench.report)")
            checkReceipt(bench.report, desired, seed)
        }
        desired.newest += 1
        desired.revision = desired.newest
        desired.order = .converge
        desired.held = []
        give(&bench, &desired)
        bench.settle(limit: 500)
        #expect(bench.machine.state == .verified, "seed \(seed)")
        #expect(bench.servingNumber == desired.newest, "seed \(seed)")
        #expect(bench.processes.count == 1, "seed \(seed)")
        if bench.mode.means == .switched { #expect(bench.pointed == bench.processes.first?.attempt, "seed \(seed)") }
        desired.order = .remove
        desired.revision = nil
        give(&bench, &desired)
        bench.settle()
        #expect(bench.machine.isRemoved && bench.processes.isEmpty, "seed \(seed)")
        if bench.mode.means == .switched { #expect(bench.endpoint == .nowhere, "seed \(seed)") }
        #expect(bench.violations.isEmpty, "seed \(seed)")
    }
}
