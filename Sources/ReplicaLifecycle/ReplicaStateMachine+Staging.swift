package import Fleet

extension ReplicaStateMachine {
    /// Getting ready beside what serves.
    ///
    /// ```
    ///                    ┌───── ordered to move ─────┐
    /// fetching ─▶ staged ─▶ checking ─▶ the passage  │
    ///   ▲  └─────────────────────────────────────────┘
    ///   └─▶ waiting, after a failure outside a rollout
    /// ```
    struct Staging: Sendable {
        enum Step: Sendable {
            /// Files are fetched and verified, and what stands in the way is looked for.
            case fetching
            /// It failed, and is tried again.
            case waiting(Retry)
            /// Everything is here: the order to move is awaited.
            case staged
            /// The order to move has come: what stands in the way by now is looked for.
            case checking
        }

        /// When it is tried again, and why it was not done.
        struct Retry: Sendable {
            var at: Instant
            var failure: ReplicaFailure
            var cause: String
        }

        var passage: Passage
        /// Whether the passage is taken as soon as everything is here.
        var goesOn: Bool
        /// Failures in a row.
        var failures = 0
        var step = Step.fetching

        /// The wait for the next try.
        var retry: Retry? {
            if case .waiting(let retry) = step { retry } else { nil }
        }

        /// In words of DESIGN §8.
        var state: TargetState {
            switch step {
            case .fetching, .waiting: .staging
            case .staged, .checking: .staged
            }
        }
    }

    /// The files of a staged revision are here, and nothing stands in its way. It moves, or waits for the order to.
    ///
    /// - Parameter update: how the revision takes the place of another.
    package mutating func staged(
        _ digest: Digest,
        update: RuntimeProfile.Update,
        at now: Instant
    ) -> [ReplicaAction] {
        guard let staged = staging, staged.passage.goal.digest == digest else { return flush(now) }
        if case .staged = staged.step { return flush(now) }
        record.note(update, of: digest)
        record.noteFiles(of: digest)
        if staged.goesOn {
            staging = nil
            redirect(staged.passage, now)
        } else {
            staging?.step = .staged
        }
        return flush(now)
    }

    /// The files cannot be had, or something stands in the way. Nothing has moved.
    ///
    /// In a rollout the item ends so: the rollout decides. Outside one (the goal's rollout has succeeded, or the item
    /// orders a rollback) nobody decides anything any more: it is tried again with backoff until it can be done.
    package mutating func stagingFailed(
        _ digest: Digest,
        _ kind: ReplicaFailure.Kind,
        cause: String,
        at now: Instant
    ) -> [ReplicaAction] {
        let cause = CauseText.clean(cause, limit: CauseText.causeLimit)
        guard let failed = staging, failed.passage.goal.digest == digest, let item = record.item else {
            return flush(now)
        }
        if case .staged = failed.step { return flush(now) }
        let failure = ReplicaFailure(kind: kind, state: failed.state)
        if case .local = failed.passage.purpose {
            // What drains may be what stands in the way.
            guard leaving.isEmpty else {
                retryStaging(after: failure, cause, item, now)
                return flush(now)
            }
            staging = nil
            record.left = nil
            localProblem = "the local rollback to revision \(failed.passage.goal.number) failed: \(cause)"
            pursue(now)
            return flush(now)
        }
        if failed.passage.isOutsideRollout(of: item) {
            retryStaging(after: failure, cause, item, now)
            return flush(now)
        }
        staging = nil
        var settlement = Settlement(
            item: item.number,
            goal: failed.passage.goal,
            state: record.standing == nil ? .revertFailed : .reverted,
            cause: cause
        )
        settlement.failure = failure
        settle(settlement)
        bringBack(now)
        return flush(now)
    }

    /// Stages again what is due.
    mutating func stagingIsDue(_ now: Instant) {
        guard let retry = staging?.retry, now >= retry.at, let passage = staging?.passage,
            let revision = record.revision(passage.goal)
        else { return }
        staging?.step = .fetching
        actions.append(.stage(revision, passage.endpoint))
    }

    /// A process that drained is gone: a way back that could not be staged is tried again at once.
    mutating func stageInFreedRoom() {
        guard let waiting = staging, waiting.retry != nil, waiting.passage.isOrderedBack,
            let revision = record.revision(waiting.passage.goal)
        else { return }
        staging?.step = .fetching
        actions.append(.stage(revision, waiting.passage.endpoint))
    }

    /// - Parameter goesOn: whether the passage is taken as soon as everything is here; what is staged already goes on
    ///   after another look at what stands in the way.
    mutating func stage(_ passage: Passage, goesOn: Bool = true, _ now: Instant) {
        guard let revision = record.revision(passage.goal) else { return dropStaging() }
        if let current = staging, current.passage.goal.digest == passage.goal.digest,
            current.passage.endpoint == passage.endpoint
        {
            staging?.passage = passage
            staging?.goesOn = goesOn
            guard goesOn, case .staged = current.step else { return }
            staging?.step = .checking
            if passage.isOrderedBack { hurryLeaving() }
            actions.append(.check(revision, passage.endpoint))
            return
        }
        dropStaging()
        refusal = nil
        staging = Staging(passage: passage, goesOn: goesOn)
        if goesOn, passage.isOrderedBack { hurryLeaving() }
        actions.append(.stage(revision, passage.endpoint))
    }

    mutating func dropStaging() {
        guard staging != nil else { return }
        staging = nil
        actions.append(.cancelStaging)
    }

    private mutating func retryStaging(
        after failure: ReplicaFailure,
        _ cause: String,
        _ item: AssignmentItem,
        _ now: Instant
    ) {
        guard var waiting = staging else { return }
        waiting.failures += 1
        waiting.step = .waiting(
            Staging.Retry(
                at: now + ReplicaTimes.backoff(afterFailures: waiting.failures),
                failure: failure,
                cause: cause
            )
        )
        staging = waiting
        guard case .rollback = waiting.passage.purpose, record.hasTurn(item) else { return }
        let isEmpty = if case .empty = life { successor == nil } else { false }
        switch item.onFailure {
        // What is condemned does not wait for its successor where people would rather have nothing.
        case .stop: if !isEmpty { halt(.idle, now) }
        // What was taken out of service in mid-move is better than nothing until its successor can be had.
        case .keepServing:
            guard isEmpty, let standing = record.standing else { return }
            record.kept = standing.digest
            startStanding(failures: 0, now)
        }
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
