import Fleet

/// Where hosts stand with the rollbacks that are for them: DESIGN §8.
///
/// ```
/// entry:  nothing ──it serves, or moves to, what is condemned──▶ open (inProgress, offline) ──the host's receipt──▶ ended
///         nothing ──anything else──▶ unaffected
///         open ──a newer rollback, a lifted hold, no longer selected──▶ failed(why)
///         done, unaffected ──it serves what is condemned after all──▶ open
///         pinned ──the pin is taken back on the host──▶ open
/// ```
extension DeploymentMachine {
    /// Takes over where a host stands with the newest rollback that is for it.
    mutating func observeRollback(_ position: Int) {
        guard !desired.isFrozen else { return }
        let host = slots[position].host
        guard host.entry != nil || !rollbacks.members.isEmpty else { return }
        let newest = host.isSelected && !desired.isRemoving ? rollbacks.newest(on: host.id) : nil
        var entry = host.entry
        if let open = entry, !open.receipt.isTerminal {
            entry = continued(open, position, newest)
        } else if let newest, let fresh = begun(position, newest) {
            entry = fresh
        }
        guard let entry else { return }
        set(updated(entry, host), position)
    }

    /// Whether an entry is one of a rehearsal.
    func isRehearsal(_ entry: RollbackEntry) -> Bool {
        rollbacks.index(of: entry.rollback).map { rollbacks.members[$0].order.drill } ?? false
    }

    /// A host's entry becomes another, or says something else.
    mutating func set(_ entry: RollbackEntry, _ position: Int) {
        guard entry != slots[position].host.entry else { return }
        noteEntry(position)
        slots[position].host.entry = entry
    }

    /// Keeps the entry that a host had before this step.
    mutating func noteEntry(_ position: Int) {
        guard changedEntries[position] == nil else { return }
        changedEntries[position] = .some(slots[position].host.entry)
    }

    // MARK: What begins and ends

    /// An entry that has not ended: as it is, ended because its rollback is over for the host, or one of a newer rollback.
    private mutating func continued(_ open: RollbackEntry, _ position: Int, _ newest: Int?) -> RollbackEntry {
        let host = slots[position].host
        let index = rollbacks.index(of: open.rollback)
        let isStanding = isStanding(open, host)
        guard let why = end(of: open, host, newest, isStanding) else { return open }
        let closed = ended(open, .failed(cause: why, serving: host.report?.serving), host)
        guard let newest, newest != index else { return closed }
        closedEntries.append(closed)
        let isOnItsWay = isStanding && !isRehearsal(open)
        return fresh(newest, position, isOpen: isOnItsWay || isConcerned(host))
    }

    /// Why an entry is over for a host that has not ended it; `nil` while it is not.
    private func end(
        of open: RollbackEntry,
        _ host: DeploymentPicture.Host,
        _ newest: Int?,
        _ isStanding: Bool
    ) -> String? {
        if desired.isRemoving { return "the deployment is being deleted" }
        if !host.isSelected { return host.ineligible ?? "the deployment no longer selects it" }
        if !isStanding { return "it was taken back, or its hold was lifted" }
        if let newest, let index = rollbacks.index(of: open.rollback), index < newest {
            return "rollback \(rollbacks.members[newest].order.rollback) took its place"
        }
        return nil
    }

    /// The entry that a host without an open one gets; `nil` when what it has is enough.
    private func begun(_ position: Int, _ newest: Int) -> RollbackEntry? {
        let host = slots[position].host
        let order = rollbacks.members[newest].order
        guard let entry = host.entry else { return fresh(newest, position, isOpen: isConcerned(host)) }
        let isOlder = rollbacks.index(of: entry.rollback).map { $0 < newest } ?? (entry.since <= order.at)
        if entry.rollback != order.rollback, isOlder { return fresh(newest, position, isOpen: isConcerned(host)) }
        switch entry.receipt {
        case .done, .unaffected: break
        case .noTarget, .pinned, .failed: if entry.rollback == order.rollback { return nil }
        case .inProgress, .offline: return nil
        }
        // What it says about the rollback's own item is the last word on that.
        guard !hasItem(of: entry, host), !mayBeCandidate(host), let serving = host.report?.serving,
            condemning(serving, on: host) != nil
        else { return nil }
        return fresh(newest, position, isOpen: true)
    }

    private func fresh(_ index: Int, _ position: Int, isOpen: Bool) -> RollbackEntry {
        let host = slots[position].host
        let order = rollbacks.members[index].order
        let serving = host.report?.serving
        let open: Receipt = host.unreachableSince == nil ? .inProgress(.pending) : .offline
        let isInWaves = isOpen && order.strategy == .rolling
        var entry = RollbackEntry(
            rollback: order.rollback,
            deployment: desired.uid,
            host: host.id,
            name: host.name,
            wave: isInWaves ? plannedWaves[position] ?? tally.rollbacks[index].last : 0,
            from: serving,
            to: isOpen ? nil : serving,
            since: now,
            receipt: isOpen ? open : .unaffected(serving: serving),
            receiptAt: now
        )
        // It may have been told before: an older rollback is for it again when a newer one is taken back.
        if case .rollback(order.rollback, let turn)? = host.item?.order { entry.turn = turn }
        return entry
    }

    func ended(_ entry: RollbackEntry, _ receipt: Receipt, _ host: DeploymentPicture.Host) -> RollbackEntry {
        var entry = entry
        entry.receipt = receipt
        entry.receiptAt = now
        entry.to = host.report?.serving
        return entry
    }

    /// Whether a host serves, or moves to, what a rollback condemns there.
    private func isConcerned(_ host: DeploymentPicture.Host) -> Bool {
        if let serving = host.report?.serving, condemning(serving, on: host) != nil { return true }
        if let item = host.item, item.order == .converge, let revision = item.revision?.reference,
            condemning(revision, on: host) != nil
        {
            return true
        }
        guard let report = host.report, let goal = report.goal, condemning(goal, on: host) != nil else { return false }
        switch report.state {
        case .stoppingOld, .starting, .probing, .switching, .observing: return true
        case .pending, .staging, .staged, .verified, .failed, .reverting, .reverted, .revertFailed, .removing, .removed:
            return false
        }
    }

    /// The hold of any rollback that condemns a revision on a host.
    private func condemning(_ revision: RevisionReference, on host: DeploymentPicture.Host) -> Hold? {
        desired.holds.first { $0.rollback != nil && $0.condemns(revision) && $0.applies(to: host.id) }
    }

    /// Whether an active rollout has asked a host for something that may be its only way out of what is condemned.
    private func mayBeCandidate(_ host: DeploymentPicture.Host) -> Bool {
        guard let rollout = desired.rollout, rollout.state.isForward, let target = host.target else { return false }
        return target.failure == nil && (target.asked == .stage || target.asked == .go)
    }

    // MARK: What hosts say

    /// Whether what a host has to do is an entry's rollback.
    func hasItem(of entry: RollbackEntry, _ host: DeploymentPicture.Host) -> Bool {
        guard case .rollback(let id, _) = host.item?.order else { return false }
        return id == entry.rollback
    }

    /// Whether an entry's rollback still means a host.
    private func isStanding(_ entry: RollbackEntry, _ host: DeploymentPicture.Host) -> Bool {
        guard host.isSelected, !desired.isRemoving, let index = rollbacks.index(of: entry.rollback) else {
            return false
        }
        return rollbacks.members[index].order.drill || rollbacks.members[index].applies(to: host.id)
    }

    private func updated(_ entry: RollbackEntry, _ host: DeploymentPicture.Host) -> RollbackEntry {
        guard isStanding(entry, host) else { return entry }
        if !entry.receipt.isTerminal, isRehearsal(entry) { return rehearsed(entry, host) }
        var receipt = entry.receipt
        if hasItem(of: entry, host), let report = host.currentReport { receipt = said(report, entry, host) }
        if !receipt.isTerminal {
            if host.unreachableSince != nil {
                receipt = .offline
            } else if entry.receipt == .offline {
                // Until its turn: it goes before the others.
                receipt = entry.turn == .go ? .inProgress(.pending) : .offline
            }
        }
        guard receipt != entry.receipt else { return entry }
        guard receipt.isTerminal else {
            var open = entry
            open.receipt = receipt
            open.receiptAt = now
            open.to = nil
            open.provenAt = nil
            return open
        }
        var ended = ended(entry, receipt, host)
        // When it was proven is in the host's outcome.
        switch receipt {
        case .done(let serving): ended.to = serving
        case .unaffected(let serving), .failed(_, let serving): ended.to = serving
        case .noTarget, .pinned, .inProgress, .offline: break
        }
        return ended
    }

    /// What a host's report about a rollback's item means for its entry.
    private func said(_ report: ReplicaReport, _ entry: RollbackEntry, _ host: DeploymentPicture.Host) -> Receipt {
        switch report.receipt {
        case .done, .noTarget, .pinned, .failed: report.receipt ?? entry.receipt
        case .unaffected(let serving):
            // It had left before it was told to.
            if let serving, let from = entry.from, from.digest != serving.digest, condemning(from, on: host) != nil {
                .done(serving: serving)
            } else {
                .unaffected(serving: serving)
            }
        case .inProgress(let state): .inProgress(state)
        case .offline, nil: .inProgress(report.state)
        }
    }

    // MARK: Waves

    /// Spreads the hosts of rollbacks that begin over the waves of the rollout's policy: those that can be reached first.
    mutating func planWaves() {
        plannedWaves = [:]
        guard !desired.isFrozen, !desired.isRemoving else { return }
        guard let index = rollbacks.members.lastIndex(where: { !$0.order.drill }) else { return }
        let order = rollbacks.members[index].order
        guard order.strategy == .rolling else { return }
        guard !slots.contains(where: { $0.host.entry?.rollback == order.rollback }) else { return }
        let listed = slots.indices.filter { position in
            let host = slots[position].host
            guard host.isSelected, rollbacks.newest(on: host.id) == index else { return false }
            return host.entry?.receipt.isTerminal == false || isConcerned(host)
        }
        let reachable = listed.filter { slots[$0].host.unreachableSince == nil }
        let dark = listed.filter { slots[$0].host.unreachableSince != nil }
        let ends = desired.policy.rollout.waveEnds(of: listed.count)
        var wave = 0
        for (place, position) in (spread(reachable) + spread(dark)).enumerated() {
            while wave < ends.count - 1, place >= ends[wave] { wave += 1 }
            plannedWaves[position] = wave
        }
    }
}
