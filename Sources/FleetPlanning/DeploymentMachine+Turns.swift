import Fleet

/// Whose turn it is in rollbacks, and in rehearsals.
extension DeploymentMachine {
    /// What a rollback wants of a host now; `nil` when it wants nothing any more, and the other rules count.
    func rollbackDecision(on host: DeploymentPicture.Host) -> Decision? {
        guard let entry = host.entry, let index = rollbacks.index(of: entry.rollback) else { return nil }
        let member = rollbacks.members[index]
        if member.order.drill { return rehearsalDecision(on: host, entry) }
        guard !entry.receipt.isTerminal else {
            guard member.applies(to: host.id), isStuck(host, entry) else { return nil }
            return decided(rollbackItem(host, entry, entry.turn ?? .wait), nil, host)
        }
        if entry.turn == .go { return decided(rollbackItem(host, entry, .go), nil, host) }
        // It applies on return.
        if host.unreachableSince != nil { return decided(rollbackItem(host, entry, .wait), nil, host) }
        return .queue(.rollback)
    }

    /// Whether a host could not leave what is condemned, and neither a rollout nor what is settled is anything for it.
    private func isStuck(_ host: DeploymentPicture.Host, _ entry: RollbackEntry) -> Bool {
        switch entry.receipt {
        case .noTarget, .failed, .pinned: break
        case .done, .unaffected, .inProgress, .offline: return false
        }
        let serving = host.report?.serving
        let isCondemned = serving.map { desired.condemned($0, on: host.id) != nil } ?? false
        // Somebody stopped it rather than let it serve on, or has it pinned and says so until the pin is taken back.
        let isBound = hasItem(of: entry, host) && (serving == nil || entry.receipt == .pinned)
        guard isCondemned || isBound else { return false }
        return !mayTry(host) && !maySettle(host, entry)
    }

    /// Whether a host that found no way back of its own has not tried yet what is settled: it goes there as a new one does.
    private func maySettle(_ host: DeploymentPicture.Host, _ entry: RollbackEntry) -> Bool {
        switch entry.receipt {
        case .noTarget, .failed: break
        case .pinned, .done, .unaffected, .inProgress, .offline: return false
        }
        guard desired.rollout?.state.isTerminal != false, let settled = desired.settled(on: host.id),
            desired.revision(settled) != nil
        else { return false }
        return !hasItem(of: entry, host) || !hasFailed(host, settled)
    }

    /// Whether an active rollout has something for a host that could not go back.
    private func mayTry(_ host: DeploymentPicture.Host) -> Bool {
        guard let rollout = desired.rollout, rollout.state.isForward, let target = host.target else { return false }
        return target.failure == nil && target.overlay == nil && target.asked != .back
    }

    /// What a host is told in a rollback.
    func rollbackItem(
        _ host: DeploymentPicture.Host,
        _ entry: RollbackEntry,
        _ turn: AssignmentItem.Turn
    ) -> AssignmentItem {
        let order = rollbacks.index(of: entry.rollback).map { rollbacks.members[$0].order }
        let target = order?.target.flatMap { desired.condemned($0, on: host.id) == nil ? desired.revision($0) : nil }
        var item = template(.rollback(id: entry.rollback, turn: turn), target, host)
        item.onFailure = order?.onFailure ?? item.onFailure
        return item
    }

    // MARK: Where hosts count

    func inRollback(_ host: DeploymentPicture.Host) -> HostPlace.InRollback? {
        guard let entry = host.entry, let index = rollbacks.index(of: entry.rollback),
            !rollbacks.members[index].order.drill
        else { return nil }
        var place = HostPlace.InRollback(index: index, wave: entry.wave)
        let isTerminal = entry.receipt.isTerminal
        place.isOpen = !isTerminal && host.unreachableSince == nil
        switch entry.receipt {
        case .unaffected: break
        case .failed:
            place.isFailed = host.isSelected
            place.isInScope = true
        case .done, .noTarget, .pinned, .inProgress, .offline: place.isInScope = isTerminal || place.isOpen
        }
        // Nobody waits for a turn, or holds a place, while nothing may move.
        guard place.isOpen, !desired.isFrozen else { return place }
        if entry.turn == .go {
            place.isGoing = placeEnd(of: host, entry).map { now < $0 } ?? true
        } else {
            place.isWaiting = true
            place.isReturner = entry.receipt == .offline
            place.isReady = entry.receipt == .inProgress(.staged)
            let item = rollbackItem(host, entry, .wait)
            place.isUntold = host.item.map { !$0.saysTheSame(as: item) } ?? true
        }
        return place
    }

    /// Until when a host that was told to go back keeps its place among those that go; `nil` while it moves. One that gives
    /// it up goes all the same, as soon as it can.
    private func placeEnd(of host: DeploymentPicture.Host, _ entry: RollbackEntry) -> Instant? {
        // An older controller's time of day was ahead: nobody waits for that.
        guard entry.since <= now else { return now }
        guard let report = host.currentReport else { return entry.since + PlanningTimes.silent }
        switch entry.receipt {
        case .inProgress(.pending), .inProgress(.staging):
            return report.failure == nil ? entry.since + PlanningTimes.fetch : entry.since
        case .inProgress, .offline, .done, .unaffected, .noTarget, .pinned, .failed: return nil
        }
    }

    /// When a host that was told to go back gives its place up.
    func placeDeadline(of host: DeploymentPicture.Host) -> Int64? {
        guard let entry = host.entry, !entry.receipt.isTerminal, entry.turn == .go, host.unreachableSince == nil,
            let due = placeEnd(of: host, entry)
        else { return nil }
        return now < due ? due.milliseconds : nil
    }

    // MARK: Admitting

    /// Lets hosts go back whose turn it is, and tells the others to get ready. Neither windows nor budgets of rollouts or
    /// sites hold it up. Returns whether anything was told.
    mutating func admitRollbacks() -> Bool {
        var hasBegun = false
        for index in rollbacks.members.indices {
            while let position = nextToGoBack(index) {
                tell(.go, position)
                hasBegun = true
            }
            while let position = tally.rollbacks[index].untold.first {
                tell(.wait, position)
                hasBegun = true
            }
        }
        return hasBegun
    }

    private func nextToGoBack(_ index: Int) -> Int? {
        let rollback = tally.rollbacks[index]
        guard rollback.going < pace(of: index), !isPaused(index) else { return nil }
        return rollback.next
    }

    /// How many hosts of a rollback may go at a time.
    private func pace(of index: Int) -> Int {
        let scope = tally.rollbacks[index].scope
        return switch rollbacks.members[index].order.strategy {
        case .fast: max((scope + 1) / 2, 1)
        case .rolling: max(desired.policy.rollout.maxInFlight.hosts(of: scope), 1)
        }
    }

    /// Whether a rolling rollback has failed on too many hosts: it goes on when a person makes it fast.
    private func isPaused(_ index: Int) -> Bool {
        guard rollbacks.members[index].order.strategy == .rolling else { return false }
        let rollback = tally.rollbacks[index]
        return rollback.failed > desired.policy.rollout.maxFailed.tolerated(of: rollback.scope)
    }

    private mutating func tell(_ turn: AssignmentItem.Turn, _ position: Int) {
        let host = slots[position].host
        guard let entry = host.entry else { return }
        give(rollbackItem(host, entry, turn), nil, to: position)
        settle(position)
    }

    /// A host's item says its turn now.
    mutating func noteTurn(_ item: AssignmentItem, _ position: Int) {
        guard case .rollback(let id, let turn) = item.order, var entry = slots[position].host.entry,
            entry.rollback == id, entry.turn != turn
        else { return }
        entry.turn = turn
        entry.since = now
        if turn == .go, entry.receipt == .offline, slots[position].host.unreachableSince == nil {
            entry.receipt = .inProgress(.pending)
            entry.receiptAt = now
        }
        set(entry, position)
    }
}
