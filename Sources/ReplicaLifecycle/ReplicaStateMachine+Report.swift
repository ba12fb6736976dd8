package import Fleet

extension ReplicaStateMachine {
    /// Where the host stands with the deployment, in words of DESIGN §8.
    package var state: TargetState {
        if let staging { return staging.state }
        switch successor {
        case .advancing(let advance)?: return state(of: advance)
        case .withdrawing(let withdrawing)?: return state(.stoppingOld, of: withdrawing.passage)
        case nil: break
        }
        switch life {
        case .empty, .resting: return settled?.state ?? .pending
        case .waiting: return settled?.state == .revertFailed ? .revertFailed : .starting
        case .stopping(let stopping): return state(of: stopping)
        case .advancing(let advance): return state(of: advance)
        case .removed: return .removed
        }
    }

    /// The newest that the host says about the deployment.
    ///
    /// - Parameter shift: what leads from the machine's time, in which its deadlines are, to the time of day.
    package func report(shift: Span = Span(milliseconds: 0)) -> ReplicaReport {
        let process = answeringProcess
        var instance = process?.instance
        instance?.restarts = restarts
        var report = ReplicaReport(
            deployment: record.deployment,
            name: record.item?.name ?? record.deployment,
            item: record.item?.number ?? 0,
            goal: goal,
            state: state,
            since: since + shift,
            reason: reason(shift).map { CauseText.clean($0) },
            serving: record.serving,
            endpoint: servingEndpoint,
            previous: record.previous,
            good: record.good,
            provisional: record.provisional,
            instance: instance,
            holds: record.holds.map(\.id),
            receipt: receipt,
            pin: record.pin,
            condemnedConnections: condemnedConnections,
            failure: failure
        )
        if isStartingAgain { report.startsAgain = true }
        return report
    }

    /// Whether the newest item has ended, and what was verified last is started again: nothing moves.
    private var isStartingAgain: Bool {
        guard settled != nil, underway == nil, staging == nil else { return false }
        switch life {
        case .waiting, .advancing: return true
        case .stopping(let stopping):
            switch stopping.next {
            case .start, .wait: return true
            case .empty, .idle, .removed: return false
            }
        case .empty, .resting, .removed: return false
        }
    }

    /// Where what serves is reached. What stands and moves to another endpoint is told at the old one until it is verified.
    private var servingEndpoint: Endpoint? {
        guard let serving = record.serving else { return nil }
        return record.standing?.digest == serving.digest ? record.endpoint : underway?.endpoint
    }

    /// How the newest item ended, if it has.
    private var settled: Settlement? {
        record.settlement?.item == record.item?.number ? record.settlement : nil
    }

    private func state(of advance: Advance) -> TargetState {
        advance.step == .observing ? .observing : state(advance.step, of: advance.passage)
    }

    private func state(of stopping: Life.Stopping) -> TargetState {
        switch stopping.next {
        case .start(let passage): state(.stoppingOld, of: passage)
        case .wait: settled?.state == .revertFailed ? .revertFailed : .starting
        case .empty: .reverting
        case .idle: .stoppingOld
        case .removed: .removing
        }
    }

    private func state(_ state: TargetState, of passage: Passage) -> TargetState {
        switch passage.purpose {
        case .candidate, .comeback, .rollback, .local: return state
        case .revert: return .reverting
        case .restart:
            if settled?.state == .revertFailed { return .revertFailed }
            return state == .stoppingOld ? .starting : state
        }
    }

    private var goal: RevisionReference? {
        guard case .rollback? = record.item?.order else {
            return record.item?.revision?.reference
        }
        return staging?.passage.goal ?? record.passage?.goal ?? settled?.goal
    }

    private func reason(_ shift: Span) -> String? {
        if let retry = staging?.retry { return "\(retry.cause); it is tried again at \(retry.at + shift)" }
        if let staging, staging.state == .staging {
            return "fetching and checking the files of revision \(staging.passage.goal.number)"
        }
        if let endpointProblem { return endpointProblem }
        if let waiting = waitingReason(shift) { return waiting }
        if let overdue { return [endingCause, overdue].compactMap { $0 }.joined(separator: "; ") }
        if let rising { return reason(of: rising, shift) ?? settledReason }
        switch life {
        case .waiting(let waiting): return "\(waiting.cause); it is started again at \(waiting.until + shift)"
        case .resting(let resting):
            if let unready = resting.unready { return unready }
        case .advancing(let advance):
            if let reason = reason(of: advance, shift) { return reason }
        case .stopping(let stopping):
            if let cause = cause(of: stopping) { return cause }
            return [draining(stopping), settledReason].compactMap { $0 }.joined(separator: "; ")
        case .empty, .removed: break
        }
        return settledReason
    }

    /// What failed, where something is to end for that.
    private var endingCause: String? {
        if case .stopping(let stopping) = life, let cause = cause(of: stopping) { return cause }
        return settled?.cause
    }

    /// Why something that is to end does not.
    private var overdue: String? {
        var ending = leaving
        if case .withdrawing(let withdrawing)? = successor { ending.append(withdrawing.process) }
        if case .stopping(let stopping) = life { ending.append(stopping.process) }
        return ending.lazy.compactMap(\.overdue).first
    }

    /// What is being stopped, and what for it is still there.
    private func draining(_ stopping: Life.Stopping) -> String {
        let process = stopping.process
        let name = process.instance.map { "process \($0.pid)" } ?? "the process"
        let connections =
            switch process.connections {
            case nil: "its connections"
            case 1?: "1 connection"
            case let count?: "\(count) connections"
            }
        let limit =
            switch drain(of: process, stopping.next) {
            case .long: "until they end, at most for its runtime's `stop.drain`"
            case .brief: "for at most a second"
            }
        return "\(name) of revision \(process.revision.number) is being stopped: \(connections) may go on \(limit)"
    }

    /// What failed, where that is why it is stopped: a rollout keeps what it hears first.
    private func cause(of stopping: Life.Stopping) -> String? {
        switch stopping.next {
        case .empty(let settlement): settlement?.cause
        case .start(let passage): cause(of: passage)
        case .wait, .idle, .removed: nil
        }
    }

    private func reason(of advance: Advance, _ shift: Span) -> String? {
        switch advance {
        case .starting(let step): cause(of: step.passage) ?? step.unready
        case .probing, .switching: cause(of: advance.passage)
        case .observing(let step): "everything must stay green until \(step.until + shift)"
        }
    }

    private var settledReason: String? {
        let pin = record.pin.flatMap { settled?.state == .verified && settled?.receipt == nil ? nil : $0.text }
        return localProblem ?? refusal ?? pin ?? settled?.cause ?? stagedReason
    }

    /// What a host waits for whose turn in a rollback has not come.
    private func waitingReason(_ shift: Span) -> String? {
        guard isWaitingForTurn, let staging, staging.state == .staged else { return nil }
        let ready = "revision \(staging.passage.goal.number) is here and checked; it waits for its turn in the rollback"
        guard let due = turnDue else { return ready }
        return "\(ready), and goes by itself at \(due + shift) unless it hears the controller before"
    }

    private var stagedReason: String? {
        guard let staging, staging.state == .staged else { return nil }
        return "revision \(staging.passage.goal.number) is here and checked; it waits for the order to move"
    }

    /// What failed: it is told from the failure on until the item is another, on the way back too.
    private var failure: ReplicaFailure? {
        if let retry = staging?.retry { return retry.failure }
        if case .revert(let settlement?) = underway?.purpose { return settlement.failure }
        if case .stopping(let stopping) = life, case .empty(let settlement?) = stopping.next {
            return settlement.failure
        }
        return settled?.failure
    }

    /// Why something is on its way back.
    private func cause(of passage: Passage) -> String? {
        if case .revert(let settlement) = passage.purpose { settlement?.cause } else { nil }
    }

    private var receipt: Receipt? {
        guard case .rollback? = record.item?.order else { return nil }
        return settled?.receipt ?? .inProgress(state)
    }
}
