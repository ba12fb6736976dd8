package import Fleet

extension ReplicaStateMachine {
    /// Where the host stands with the deployment, in words of DESIGN §8.
    package var state: TargetState {
        if staging != nil { return .staging }
        switch life {
        case .empty, .resting: return settled?.state ?? .pending
        case .waiting: return settled?.state == .revertFailed ? .revertFailed : .starting
        case .stopping(let stopping): return state(of: stopping)
        case .starting(let starting): return state(.starting, of: starting.passage)
        case .probing(let probing): return state(.probing, of: probing.passage)
        case .observing: return .observing
        case .removed: return .removed
        }
    }

    /// The newest that the host says about the deployment.
    ///
    /// - Parameter shift: what leads from the machine's time, in which its deadlines are, to the time of day.
    package func report(shift: Span = Span(milliseconds: 0)) -> ReplicaReport {
        let process = life.process
        var instance = process?.instance
        instance?.restarts = restarts
        return ReplicaReport(
            deployment: record.deployment,
            name: record.item?.name ?? record.deployment,
            item: record.item?.number ?? 0,
            goal: goal,
            state: state,
            since: since + shift,
            reason: reason(shift).map { CauseText.clean($0) },
            serving: record.serving,
            previous: record.previous,
            good: record.good,
            provisional: record.provisional,
            instance: instance,
            holds: record.holds.map(\.id),
            receipt: receipt
        )
    }

    /// How the newest item ended, if it has.
    private var settled: Settlement? {
        record.settlement?.item == record.item?.number ? record.settlement : nil
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
        case .candidate, .comeback, .rollback: return state
        case .revert: return .reverting
        case .restart:
            if settled?.state == .revertFailed { return .revertFailed }
            return state == .stoppingOld ? .starting : state
        }
    }

    private var goal: RevisionReference? {
        guard case .rollback? = record.item?.order else { return record.item?.revision?.reference }
        return staging?.passage.goal ?? record.passage?.goal ?? settled?.goal
    }

    private func reason(_ shift: Span) -> String? {
        if let retry = staging?.retry { return "\(retry.cause); it is tried again at \(retry.at + shift)" }
        if let staging { return "fetching and checking the files of revision \(staging.passage.goal.number)" }
        switch life {
        case .waiting(let waiting): return "\(waiting.cause); it is started again at \(waiting.until + shift)"
        case .resting(let resting):
            if let unready = resting.unready { return unready }
        case .starting(let starting):
            if let cause = cause(of: starting.passage) ?? starting.unready { return cause }
        case .probing(let probing):
            if let cause = cause(of: probing.passage) { return cause }
        case .observing(let observing): return "everything must stay green until \(observing.until + shift)"
        case .empty, .stopping, .removed: break
        }
        return refusal ?? settled?.cause
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
