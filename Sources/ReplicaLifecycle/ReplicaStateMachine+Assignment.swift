package import Fleet

extension ReplicaStateMachine {
    /// The newest item of the deployment arrived.
    package mutating func assignmentReceived(_ item: AssignmentItem, at now: Instant) -> [ReplicaAction] {
        let old = record.item
        guard item != record.next ?? old else { return flush(now) }
        // What is under way ends first; what is condemned by the new holds is left for that reason.
        let isLater = item.order == .stage && (underway != nil || isGoingBack)
        record.accept(item, isLater: isLater)
        hurryCondemned()
        if !isLater, let old, record.settlement?.item == old.number, old.asksTheSame(as: item) {
            // What was refused may have lacked just that.
            let isTriedAgain = record.settlement?.failure?.kind == .refused && item.grantsPort(unlike: old)
            if !isTriedAgain { record.settlement?.item = item.number }
        }
        // Somebody may have put right what stood in the way.
        if staging?.retry != nil { staging = nil }
        pursue(now)
        return flush(now)
    }

    /// Whether a rollback has taken what is condemned out of service, and has not ended: its target is being got ready.
    private var isGoingBack: Bool {
        guard let item = record.item, item.isRollback, record.settlement?.item != item.number else { return false }
        return answering == nil && record.hasTurn(item) && record.standing.map(record.condemns) == true
    }

    /// Looks at the newest item, unless it has ended.
    mutating func pursue(_ now: Instant) {
        if underway == nil, !isGoingBack, let next = record.next { record.accept(next) }
        if let pin = record.pin { return stayPinned(pin, now) }
        guard let item = record.item, record.settlement?.item != item.number else { return dropStaging() }
        if case .removed = life {
            guard item.order != .remove else { return }
            life = .empty
        }
        if case .stopping(let stopping) = life, stopping.next.isFinal {
            if item.order == .remove { halt(.removed, now) }
            return
        }
        takeTurnOfTheIdle()
        if let passage = underway {
            pursue(item, moving: passage, now)
        } else {
            pursueAtRest(item, now)
        }
    }

    private mutating func pursueAtRest(_ item: AssignmentItem, _ now: Instant) {
        switch record.decision(on: item, moving: nil) {
        case .carryOn: break
        case .settle(let settlement):
            dropStaging()
            settle(settlement)
            bringBack(now)
        case .refrain(let reason):
            dropStaging()
            refusal = reason
        case .move(let passage):
            stage(passage, now)
            startIdle(item, now)
        case .stage(let passage):
            stage(passage, goesOn: false, now)
            startIdle(item, now)
        case .stop(let settlement):
            dropStaging()
            halt(.empty(settlement), now)
        case .remove:
            dropStaging()
            halt(.removed, now)
        }
    }

    /// What stands is started although another is made ready: it was not while it was condemned, and no longer is.
    private mutating func startIdle(_ item: AssignmentItem, _ now: Instant) {
        guard !item.isRollback, case .empty = life, successor == nil, record.mayStart else { return }
        startStanding(failures: 0, now)
    }

    private mutating func pursue(_ item: AssignmentItem, moving: Passage, _ now: Instant) {
        switch record.decision(on: item, moving: moving) {
        case .carryOn, .settle, .stage: break
        case .refrain: retreat(from: moving, now)
        case .move(let passage):
            if passage.goal.digest == moving.goal.digest, passage.endpoint == moving.endpoint {
                if case .revert = moving.purpose { repurpose(passage.purpose) }
            } else if mustStage(passage) {
                if case .rollback = passage.purpose { leaveUnderway(now) } else { retreat(from: moving, now) }
            } else {
                redirect(passage, now)
            }
        case .stop(let settlement): halt(.empty(settlement), now)
        case .remove: halt(.removed, now)
        }
    }

    /// Whether a passage begins with its files: nobody has kept them for it while something else is under way.
    private func mustStage(_ passage: Passage) -> Bool {
        if case .candidate = passage.purpose { return true }
        return !record.files.contains(passage.goal.digest)
    }

    /// Goes back to what served because the item has changed; a way back under way goes on.
    private mutating func retreat(from moving: Passage, _ now: Instant) {
        if case .revert = moving.purpose { return }
        if var back = record.fallback(from: moving) {
            // Where nothing is wanted it ends there: what served before is not what is taken back.
            if let item = record.item, item.order == .converge, item.revision == nil {
                back.purpose = .revert(Settlement(item: item.number, goal: nil, state: .verified))
            }
            return redirect(back, now)
        }
        leaveUnderway(now)
    }

    /// What is under way leads where the newest item wants to be; it ends as that item.
    private mutating func repurpose(_ purpose: Passage.Purpose) {
        record.passage?.purpose = purpose
        if case .advancing(var advance)? = successor {
            advance.repurpose(purpose)
            successor = .advancing(advance)
            return
        }
        if case .withdrawing(var withdrawing)? = successor {
            withdrawing.passage.purpose = purpose
            successor = .withdrawing(withdrawing)
            return
        }
        switch life {
        case .advancing(var advance):
            advance.repurpose(purpose)
            life = .advancing(advance)
        case .stopping(var stopping):
            guard case .start(var passage) = stopping.next else { return }
            passage.purpose = purpose
            stopping.next = .start(passage)
            life = .stopping(stopping)
        case .empty, .resting, .waiting, .removed: break
        }
    }
}

extension AssignmentItem {
    /// Whether it asks for what another asked, so that what came of that one stands: whoever's turn it is.
    fileprivate func asksTheSame(as other: AssignmentItem) -> Bool {
        order.asksTheSame(as: other.order) && revision?.digest == other.revision?.digest && endpoint == other.endpoint
            && holds == other.holds
    }

    /// Whether it gives leave to take the port over that an older item did not give.
    fileprivate func grantsPort(unlike other: AssignmentItem) -> Bool { adoptsPort == true && other.adoptsPort != true }
}

extension AssignmentItem.Order {
    fileprivate func asksTheSame(as other: AssignmentItem.Order) -> Bool {
        if case .rollback(let id, _) = self, case .rollback(id, _) = other { return true }
        return self == other
    }
}
