import Fleet

/// Rehearsals: a few hosts go to their way back inside a window, are measured, and return to what they served.
///
/// ```
/// open, no turn ──its turn, in a window──▶ go: converge to the way back ──proven──▶ converge to what it served ──▶ done
///               ──cannot be reached, a pin, no way back, a rollout, a person──▶ ended, nothing was moved
/// ```
extension DeploymentMachine {
    /// What a rehearsal wants of a host now.
    func rehearsalDecision(on host: DeploymentPicture.Host, _ entry: RollbackEntry) -> Decision? {
        guard !entry.receipt.isTerminal else { return nil }
        guard entry.turn == .go else { return isMoving(host) ? nil : .queue(.drill) }
        let goal = isReturning(entry) ? entry.from : entry.to
        guard let goal, let revision = desired.revision(goal), desired.condemned(goal, on: host.id) == nil else {
            return nil
        }
        return decided(template(.converge, revision, host), nil, host)
    }

    /// Lets hosts rehearse whose turn it is. Returns whether one has begun.
    mutating func admitRehearsals() -> Bool {
        var hasBegun = false
        while tally.inFlight < inFlightLimit, let position = tally.drill.first {
            let host = slots[position].host
            guard var entry = host.entry, let way = wayBack(of: host), let revision = desired.revision(way) else {
                settle(position)
                return hasBegun
            }
            entry.turn = .go
            entry.since = now
            entry.from = host.report?.serving
            entry.to = way
            set(entry, position)
            give(template(.converge, revision, host), nil, to: position)
            settle(position)
            hasBegun = true
        }
        return hasBegun
    }

    /// Where a host would go back to, by its own word.
    private func wayBack(of host: DeploymentPicture.Host) -> RevisionReference? {
        guard let way = host.report?.rollback?.revision, desired.condemned(way, on: host.id) == nil,
            desired.revision(way) != nil, let serving = host.report?.serving, desired.revision(serving) != nil,
            desired.condemned(serving, on: host.id) == nil
        else { return nil }
        return way
    }

    /// That a person has ended an entry's rehearsal.
    private func taken(_ entry: RollbackEntry) -> Rollback.Undo? {
        rollbacks.index(of: entry.rollback).flatMap { rollbacks.members[$0].order.undone }
    }

    /// Whether a host that has begun returns to what it served: it is measured, or a person has ended the rehearsal.
    private func isReturning(_ entry: RollbackEntry) -> Bool { entry.provenAt != nil || taken(entry) != nil }

    /// An open entry of a rehearsal as things stand now.
    func rehearsed(_ entry: RollbackEntry, _ host: DeploymentPicture.Host) -> RollbackEntry {
        let serving = host.report?.serving
        if let rollout = desired.rollout, !rollout.state.isTerminal {
            return concluded(entry, .failed(cause: "a rollout of the deployment is under way", serving: serving))
        }
        if host.report?.pin != nil { return concluded(entry, .pinned) }
        if entry.turn == .go, [entry.from, entry.to].contains(where: { $0.map { isCondemned($0, host) } ?? true }) {
            return concluded(entry, .failed(cause: "what it rehearsed with is condemned now", serving: serving))
        }
        guard entry.turn == .go else {
            if let cordon = host.cordon {
                return concluded(entry, .failed(cause: "it is \(cordon.text)", serving: serving))
            }
            if let taken = taken(entry) { return concluded(entry, .failed(cause: taken.words, serving: serving)) }
            if host.unreachableSince != nil {
                return concluded(entry, .failed(cause: "it could not be reached", serving: serving))
            }
            // It would be taken back to what a rollout has left there, and nobody wants.
            guard let settled = desired.settled(on: host.id), settled.digest == serving?.digest else {
                return concluded(entry, .failed(cause: "it does not serve what is wanted", serving: serving))
            }
            return wayBack(of: host) == nil ? concluded(entry, .noTarget(.keepServing)) : entry
        }
        if let since = host.unreachableSince {
            let isLost = now >= since + PlanningTimes.dark
            let cause = "dark for \(PlanningTimes.dark) in the rehearsal"
            return isLost ? concluded(entry, .failed(cause: cause, serving: serving)) : entry
        }
        guard let report = host.currentReport, host.item?.order == .converge else { return entry }
        return isReturning(entry) ? returned(entry, report) : went(entry, report)
    }

    private func isCondemned(_ revision: RevisionReference, _ host: DeploymentPicture.Host) -> Bool {
        desired.condemned(revision, on: host.id) != nil
    }

    private func went(_ entry: RollbackEntry, _ report: ReplicaReport) -> RollbackEntry {
        guard report.goal?.digest == entry.to?.digest else { return entry }
        switch report.state {
        case .verified:
            var proven = entry
            proven.provenAt = report.since
            return concluded(proven, .inProgress(.reverting))
        case .reverted, .revertFailed:
            return concluded(entry, .failed(cause: report.reason ?? "its way back failed", serving: report.serving))
        case .pending, .staging, .staged, .stoppingOld, .starting, .probing, .switching, .observing, .failed,
            .reverting, .removing, .removed:
            return concluded(entry, .inProgress(report.state))
        }
    }

    private func returned(_ entry: RollbackEntry, _ report: ReplicaReport) -> RollbackEntry {
        let returning = concluded(entry, .inProgress(.reverting))
        guard let from = entry.from, report.goal?.digest == from.digest else { return returning }
        switch report.state {
        case .verified:
            // One that was ended before it had gone there has measured nothing.
            guard entry.provenAt == nil, let taken = taken(entry) else {
                return concluded(entry, .done(serving: from))
            }
            return concluded(entry, .failed(cause: taken.words, serving: from))
        case .reverted, .revertFailed:
            let cause = "it could not return to what it served: \(report.reason ?? "failed")"
            return concluded(entry, .failed(cause: cause, serving: report.serving))
        case .pending, .staging, .staged, .stoppingOld, .starting, .probing, .switching, .observing, .failed,
            .reverting, .removing, .removed:
            return returning
        }
    }

    /// What it rehearsed stays in `to`.
    private func concluded(_ entry: RollbackEntry, _ receipt: Receipt) -> RollbackEntry {
        guard receipt != entry.receipt else { return entry }
        var entry = entry
        entry.receipt = receipt
        entry.receiptAt = now
        return entry
    }
}
