package import Fleet

extension ReplicaStateMachine {
    /// Files being fetched and checked beside what serves; or, after a failure, the wait for the next try.
    struct Staging: Sendable {
        /// When it is tried again, and why it was not done.
        struct Retry: Sendable {
            var at: Instant
            var cause: String
        }

        var passage: Passage
        /// Failures in a row.
        var failures = 0
        /// `nil` while it is under way.
        var retry: Retry?
    }

    /// The files of a staged revision are here, and nothing stands in its way.
    ///
    /// - Parameter update: how the revision takes the place of another.
    package mutating func staged(
        _ digest: Digest,
        update: RuntimeProfile.Update,
        at now: Instant
    ) -> [ReplicaAction] {
        guard let staged = staging, staged.passage.goal.digest == digest else { return flush(now) }
        staging = nil
        record.note(update, of: digest)
        redirect(staged.passage, now)
        return flush(now)
    }

    /// The files cannot be had, or something stands in the way. Nothing has moved.
    ///
    /// In a rollout the item ends so: the rollout decides. Outside one (the goal's rollout has succeeded, or the item
    /// orders a rollback) nobody decides anything any more: it is tried again with backoff until it can be done.
    package mutating func stagingFailed(_ digest: Digest, cause: String, at now: Instant) -> [ReplicaAction] {
        let cause = CauseText.clean(cause, limit: CauseText.causeLimit)
        guard let failed = staging, failed.passage.goal.digest == digest, let item = record.item else {
            return flush(now)
        }
        if case .local = failed.passage.purpose {
            // What drains may be what stands in the way.
            guard leaving.isEmpty else {
                retryStaging(after: cause, item, now)
                return flush(now)
            }
            staging = nil
            record.left = nil
            localProblem = "the local rollback to revision \(failed.passage.goal.number) failed: \(cause)"
            pursue(now)
            return flush(now)
        }
        if failed.passage.isOutsideRollout(of: item) {
            retryStaging(after: cause, item, now)
            return flush(now)
        }
        staging = nil
        settle(
            Settlement(
                item: item.number,
                goal: failed.passage.goal,
                state: record.standing == nil ? .revertFailed : .reverted,
                cause: cause
            )
        )
        bringBack(now)
        return flush(now)
    }

    /// Stages again what is due.
    mutating func stagingIsDue(_ now: Instant) {
        guard let retry = staging?.retry, now >= retry.at, let passage = staging?.passage,
            let revision = record.revision(passage.goal)
        else { return }
        staging?.retry = nil
        actions.append(.stage(revision, passage.endpoint))
    }

    /// A process that drained is gone: a way back that could not be staged is tried again at once.
    mutating func stageInFreedRoom() {
        guard let waiting = staging, waiting.retry != nil, waiting.passage.isOrderedBack,
            let revision = record.revision(waiting.passage.goal)
        else { return }
        staging?.retry = nil
        actions.append(.stage(revision, waiting.passage.endpoint))
    }

    mutating func stage(_ passage: Passage, _ now: Instant) {
        if let current = staging, current.passage.goal.digest == passage.goal.digest,
            current.passage.endpoint == passage.endpoint
        {
            staging?.passage = passage
            return
        }
        dropStaging()
        guard let revision = record.revision(passage.goal) else { return }
        refusal = nil
        staging = Staging(passage: passage)
        if passage.isOrderedBack { hurryLeaving() }
        actions.append(.stage(revision, passage.endpoint))
    }

    mutating func dropStaging() {
        guard staging != nil else { return }
        staging = nil
        actions.append(.cancelStaging)
    }

    private mutating func retryStaging(after cause: String, _ item: AssignmentItem, _ now: Instant) {
        guard var waiting = staging else { return }
        waiting.failures += 1
        waiting.retry = Staging.Retry(
            at: now + ReplicaTimes.backoff(afterFailures: waiting.failures),
            cause: cause
        )
        staging = waiting
        // What is condemned does not wait for its successor where people would rather have nothing.
        guard case .rollback = waiting.passage.purpose, item.onFailure == .stop else { return }
        if case .empty = life { return }
        halt(.idle, now)
    }
}

extension Passage {
    /// Whether somebody ordered a rollback that it carries out.
    fileprivate var isOrderedBack: Bool {
        switch purpose {
        case .rollback, .local: true
        case .candidate, .comeback, .revert, .restart: false
        }
    }

    /// Whether no rollout waits for how it ends.
    fileprivate func isOutsideRollout(of item: AssignmentItem) -> Bool {
        if case .rollback = purpose { return true }
        return item.succeeded.contains { $0.digest == goal.digest }
    }
}
