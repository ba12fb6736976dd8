import Fleet

/// What hosts have tried already: rules that need nothing but the picture.
extension DeploymentPicture {
    /// Whether a host has tried a revision and gone back: it does not try again before a person or another revision says so.
    func hasFailed(_ host: Host, _ revision: RevisionReference, at now: Instant) -> Bool {
        guard !host.isMoving(at: now), let report = host.report, report.serving?.digest != revision.digest else {
            return false
        }
        if report.goal?.digest == revision.digest, report.state == .reverted || report.state == .revertFailed {
            return report.failure.map { $0.kind == .transition } ?? true
        }
        // One that makes it ready was removed since, and is new here.
        guard let rollout, rollout.revision.digest == revision.digest, let target = host.target,
            target.failure != nil
        else { return false }
        if let item = host.item, item.order == .stage, item.revision?.digest == revision.digest { return false }
        // Nobody knows that of a host that has only been dark.
        if case .presumedFailed = target.overlay { return false }
        return target.asked == .back || target.asked == .go
    }

    /// Whether a host is where a rollback took it from what is settled, and its hold was lifted: that moves nothing before a
    /// person says so, unless it is condemned to be there.
    func isLeft(_ host: Host, _ settled: RevisionReference, _ rollbacks: StandingRollbacks) -> Bool {
        guard let entry = host.entry, case .done(let serving) = entry.receipt, entry.from?.digest == settled.digest,
            host.report?.serving?.digest == serving.digest, condemned(serving, on: host.id) == nil,
            let index = rollbacks.index(of: entry.rollback)
        else { return false }
        let member = rollbacks.members[index]
        guard !member.order.drill, !member.applies(to: host.id) else { return false }
        guard let rollout, rollout.revision.digest == settled.digest else { return true }
        return rollout.startedAt <= entry.receiptAt
    }
}

extension DeploymentPicture.Host {
    /// Whether it starts again what it was verified on, by its own word: it goes nowhere, may never get there, and whatever is
    /// next may be made ready.
    var isStartingAgain: Bool { item?.order == .converge && currentReport?.startsAgain == true }

    /// Whether something stands in the way of what it was told to do, so that it tries that again and again: nothing of it is
    /// touched yet, and whatever is next may be made ready instead.
    var isHeldUp: Bool {
        guard item?.order == .converge, let report = currentReport else { return false }
        return report.state == .staging && report.failure != nil
    }

    /// Whether it was told to move and its outcome is not in. One that is dark for long no longer counts.
    func isMoving(at now: Instant) -> Bool {
        guard let item else { return false }
        if let since = unreachableSince, now >= since + PlanningTimes.dark { return false }
        switch item.order {
        case .stage, .remove: return false
        case .rollback(let id, let turn):
            // One that was told again, and has ended already, goes nowhere.
            if currentReport == nil, let entry, entry.rollback == id, entry.receipt.isTerminal { return false }
            // It is over for one that still gets ready, and serves: it has left nothing.
            if let entry, entry.rollback == id, entry.receipt.isTerminal, let report, report.state.isBeforeMove,
                report.serving != nil
            {
                return false
            }
            // One whose turn has not come gets ready and stays where it is.
            if turn == .wait, let report, report.state.isBeforeMove { return false }
            switch currentReport?.receipt {
            case nil, .inProgress, .offline: return true
            case .done, .unaffected, .noTarget, .pinned, .failed: return false
            }
        case .converge:
            guard let report else { return item.revision != nil }
            guard report.pin == nil else { return false }
            guard let revision = item.revision else {
                // In mid-transition nothing may serve, and yet it goes back to what served.
                let isAtRest = report.state.isTerminal || report.state == .pending
                return (report.serving != nil || !isAtRest) && !(report.item == item.number && isAtRest)
            }
            if report.item == item.number { return !report.state.isTerminal }
            // At rest on what it is told to serve it goes nowhere.
            return !report.state.isTerminal || report.serving?.digest != revision.digest
        }
    }
}

extension TargetState {
    /// Whether a host that waits for its turn has left nothing yet.
    fileprivate var isBeforeMove: Bool {
        switch self {
        case .pending, .staging, .staged, .verified, .reverted, .revertFailed: true
        case .stoppingOld, .starting, .probing, .switching, .observing, .failed, .reverting, .removing, .removed: false
        }
    }
}
