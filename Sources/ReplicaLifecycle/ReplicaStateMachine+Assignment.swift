package import Fleet

extension ReplicaStateMachine {
    /// The newest item of the deployment arrived.
    package mutating func assignmentReceived(_ item: AssignmentItem, at now: Instant) -> [ReplicaAction] {
        let old = record.item
        guard item != old else { return flush(now) }
        record.accept(item)
        if let old, record.settlement?.item == old.number, old.asksTheSame(as: item) {
            record.settlement?.item = item.number
        }
        pursue(now)
        return flush(now)
    }

    /// The files of a staged revision are here, and nothing stands in its way.
    package mutating func staged(_ digest: Digest, at now: Instant) -> [ReplicaAction] {
        guard let staged = staging, staged.passage.goal.digest == digest else { return flush(now) }
        staging = nil
        redirect(staged.passage, now)
        return flush(now)
    }

    /// The files cannot be had, or something stands in the way. Nothing has moved.
    package mutating func stagingFailed(_ digest: Digest, cause: String, at now: Instant) -> [ReplicaAction] {
        guard let failed = staging, failed.passage.goal.digest == digest, let item = record.item else {
            return flush(now)
        }
        staging = nil
        var settlement = Settlement(
            item: item.number,
            goal: failed.passage.goal,
            state: record.standing == nil ? .revertFailed : .reverted,
            cause: cause
        )
        if case .rollback = failed.passage.purpose {
            let keeps = item.onFailure == .keepServing ? record.standing : nil
            settlement.receipt = .failed(cause: cause, serving: keeps)
            if keeps == nil {
                settlement.state = .revertFailed
                halt(.empty(settlement), now)
                return flush(now)
            }
        }
        settle(settlement)
        bringBack(now)
        return flush(now)
    }

    /// Looks at the newest item, unless it has ended.
    mutating func pursue(_ now: Instant) {
        guard let item = record.item, record.settlement?.item != item.number else { return dropStaging() }
        if case .removed = life {
            guard item.order != .remove else { return }
            life = .empty
        }
        if case .stopping(let stopping) = life, stopping.isFinal {
            if item.order == .remove { halt(.removed, now) }
            return
        }
        if let passage = life.passage, !passage.isRestart {
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
        case .move(let passage): stage(passage, now)
        case .stop(let settlement):
            dropStaging()
            halt(.empty(settlement), now)
        case .remove:
            dropStaging()
            halt(.removed, now)
        }
    }

    private mutating func pursue(_ item: AssignmentItem, moving: Passage, _ now: Instant) {
        switch record.decision(on: item, moving: moving) {
        case .carryOn, .settle: break
        case .refrain: retreat(from: moving, now)
        case .move(let passage):
            if passage.goal.digest == moving.goal.digest, passage.endpoint == moving.endpoint {
                if case .revert = moving.purpose { repurpose(passage.purpose) }
            } else if case .candidate = passage.purpose {
                retreat(from: moving, now)
            } else {
                redirect(passage, now)
            }
        case .stop(let settlement): halt(.empty(settlement), now)
        case .remove: halt(.removed, now)
        }
    }

    /// Goes back to what served because the item has changed; a way back under way goes on.
    private mutating func retreat(from moving: Passage, _ now: Instant) {
        if case .revert = moving.purpose { return }
        if let back = record.fallback(from: moving) { redirect(back, now) } else { halt(.empty(nil), now) }
    }

    /// What is under way leads where the newest item wants to be; it ends as that item.
    private mutating func repurpose(_ purpose: Passage.Purpose) {
        record.passage?.purpose = purpose
        switch life {
        case .starting(var starting):
            starting.passage.purpose = purpose
            life = .starting(starting)
        case .probing(var probing):
            probing.passage.purpose = purpose
            life = .probing(probing)
        case .stopping(var stopping):
            guard case .start(var passage) = stopping.next else { return }
            passage.purpose = purpose
            stopping.next = .start(passage)
            life = .stopping(stopping)
        case .empty, .resting, .waiting, .observing, .removed: break
        }
    }

    private mutating func stage(_ passage: Passage, _ now: Instant) {
        if let current = staging, current.passage.goal.digest == passage.goal.digest,
            current.passage.endpoint == passage.endpoint
        {
            staging?.passage = passage
            return
        }
        dropStaging()
        guard let revision = record.revision(passage.goal) else { return }
        refusal = nil
        staging = Staging(passage: passage, since: now)
        actions.append(.stage(revision, passage.endpoint))
    }

    private mutating func dropStaging() {
        guard staging != nil else { return }
        staging = nil
        actions.append(.cancelStaging)
    }
}

extension Life.Stopping {
    /// Whether nothing is to run after it.
    fileprivate var isFinal: Bool {
        switch next {
        case .empty, .removed: true
        case .start, .wait, .idle: false
        }
    }
}

extension AssignmentItem {
    /// Whether it asks for what another asked, so that what came of that one stands.
    fileprivate func asksTheSame(as other: AssignmentItem) -> Bool {
        order == other.order && revision?.digest == other.revision?.digest && endpoint == other.endpoint
            && holds == other.holds
    }
}
