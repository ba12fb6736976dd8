package import Fleet

extension ReplicaStateMachine {
    /// What a local rollback would go to: the newest good revision that is not condemned and whose content differs from what
    /// serves. `nil` when there is none, or when a local rollback has been here already: nobody goes two versions back
    /// because two people pressed.
    package var localTarget: RevisionReference? { canPin && record.left == nil ? record.wayBack : nil }

    /// Whether something stands here that can be pinned: it was verified, and is not being stopped for good.
    package var canPin: Bool {
        if case .stopping(let stopping) = life, stopping.next.isFinal { return false }
        return record.standing != nil
    }

    /// A person on the host wants nothing to move but restarts of what serves. Nothing happens unless `canPin`.
    ///
    /// What is on its way without having been verified goes back; a rollback under way ends first.
    package mutating func pinned(_ pin: LocalPin, at now: Instant) -> [ReplicaAction] {
        guard canPin else { return flush(now) }
        record.pin = pin
        leaveUnverified(now)
        pursue(now)
        return flush(now)
    }

    /// A person on the host lets the controller have its way again.
    package mutating func unpinned(at now: Instant) -> [ReplicaAction] {
        guard record.pin != nil else { return flush(now) }
        record.pin = nil
        record.left = nil
        refusal = nil
        localProblem = nil
        forgetWhatWasReached()
        if case .local? = staging?.passage.purpose { dropStaging() }
        pursue(now)
        return flush(now)
    }

    /// A person on the host goes back to `localTarget`, and wants nothing to move from there.
    package mutating func rollbackOrdered(_ pin: LocalPin, at now: Instant) -> [ReplicaAction] {
        guard let goal = localTarget else { return flush(now) }
        record.pin = pin
        record.left = record.standing
        localProblem = nil
        forgetWhatWasReached()
        dropStaging()
        leaveUnverified(now)
        stage(Passage(goal: goal, endpoint: record.endpoint, purpose: .local), now)
        return flush(now)
    }

    /// Looks at the newest item while nothing may move: only what is so already can end it.
    mutating func stayPinned(_ pin: LocalPin, _ now: Instant) {
        if case .local? = underway?.purpose, let goal = underway?.goal, record.condemns(goal) { goBackToStanding(now) }
        if case .local? = staging?.passage.purpose, let goal = staging?.passage.goal, !record.condemns(goal) {
        } else {
            dropStaging()
        }
        guard underway == nil, let item = record.item else { return }
        stageWayBack(now)
        if record.settlement?.item != item.number {
            if case .rollback(let id, _) = item.order, let standing = record.standing, record.condemns(standing) {
                settle(
                    Settlement(
                        item: item.number,
                        goal: nil,
                        state: .verified,
                        cause: pin.text,
                        receipt: .pinned,
                        rollback: id
                    )
                )
            } else if case .settle(let settlement) = record.decision(on: item, moving: nil) {
                settle(settlement)
            }
        }
        bringBack(now)
    }

    /// An item that has ended well is looked at again: what serves is about to be another, or has become one.
    private mutating func forgetWhatWasReached() {
        guard let settlement = record.settlement, settlement.state == .verified else { return }
        if settlement.receipt == nil || settlement.receipt == .pinned { record.settlement = nil }
    }

    /// A local rollback of which only the order is known, because the agent was started since, is staged again.
    private mutating func stageWayBack(_ now: Instant) {
        guard let left = record.left, left.digest == record.standing?.digest, staging == nil else { return }
        if let goal = record.wayBack {
            stage(Passage(goal: goal, endpoint: record.endpoint, purpose: .local), now)
        } else {
            record.left = nil
            localProblem = "the local rollback failed: no other revision that is good here is left to go back to"
        }
    }

    private mutating func leaveUnverified(_ now: Instant) {
        switch underway?.purpose {
        case .candidate?, .comeback?: goBackToStanding(now)
        case .rollback?, .local?, .revert?, .restart?, nil: break
        }
    }
}

extension AssignmentItem {
    /// Whether it orders a rollback.
    var isRollback: Bool { if case .rollback = order { true } else { false } }
}
