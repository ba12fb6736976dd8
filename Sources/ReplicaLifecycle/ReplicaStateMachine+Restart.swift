package import Fleet

extension ReplicaStateMachine {
    /// The agent was started, and the record came from the journal: the first event after `init`.
    ///
    /// What was under way is finished when it leads to what was proven here, and taken back otherwise: a candidate is
    /// never started on its own. Then what was verified last is taken over, or started. Of two processes the one that was
    /// verified serves on without a restart.
    ///
    /// A process of which the record knows nothing, because the journal was lost, is left alone.
    ///
    /// - Parameters:
    ///   - found: the deployment's processes that live, newest attempt first.
    ///   - pointed: the attempt that the endpoint leads to, where that can be told.
    package mutating func restarted(
        found: [ReplicaProcess],
        pointed: UInt64?,
        at now: Instant
    ) -> [ReplicaAction] {
        // Attempts name directories: the next must not take one in use.
        record.attempt = found.map(\.attempt).reduce(record.attempt, max)
        if record.isRemoved, found.isEmpty {
            life = .removed
            return flush(now)
        }
        ledTo = pointed
        let answers = found.filter { record.item == nil || $0.revision.digest == record.serving?.digest }
        let knowsNothing = record.standing == nil && record.passage == nil && record.item?.order != .remove
        if knowsNothing, let unknown = answers.first(where: { $0.attempt == pointed }) ?? answers.first {
            keep(unknown: unknown, beside: found.filter { $0.attempt != unknown.attempt }, now)
        } else {
            takeUp(found, pointed: pointed, now)
        }
        pursue(now)
        return flush(now)
    }

    private mutating func takeUp(_ found: [ReplicaProcess], pointed: UInt64?, _ now: Instant) {
        let standing = standingProcess(in: found, pointed: pointed)
        if let standing { adopt(standing: standing, isPointedAt: standing.attempt == pointed, now) }
        let others = found.filter { $0.attempt != standing?.attempt }
        if let passage = record.passage {
            resume(passage, others, pointed: pointed, now)
        } else {
            leave(others)
            guard standing == nil, record.mayStart, let goal = record.standing else { return }
            halt(.start(Passage(goal: goal, endpoint: record.endpoint, purpose: .restart(failures: 0))), now)
        }
    }

    /// The process that was verified last, or that was started in its place.
    private func standingProcess(in found: [ReplicaProcess], pointed: UInt64?) -> ReplicaProcess? {
        guard let standing = record.standing else { return nil }
        let same = found.filter { $0.revision.digest == standing.digest }
        if let exact = same.first(where: { $0.attempt == record.standingAttempt }) { return exact }
        // A passage to the same revision, on another port or back to it, has a process of its own.
        guard record.passage?.goal.digest != standing.digest else { return nil }
        return same.first { $0.attempt == pointed } ?? same.first
    }

    private mutating func adopt(standing found: ReplicaProcess, isPointedAt: Bool, _ now: Instant) {
        adopt(found)
        if record.standingAttempt == nil || record.standingAttempt == found.attempt {
            life = .resting(Life.Resting(adopted: found, at: now))
        } else {
            let restart = Passage(goal: found.revision, endpoint: record.endpoint, purpose: .restart(failures: 0))
            // What the endpoint leads to is proven again while it answers.
            life = .advancing(
                .starting(Advance.Starting(restart, adopted: found, isTakenOver: isPointedAt, at: now))
            )
        }
    }

    private mutating func resume(_ passage: Passage, _ others: [ReplicaProcess], pointed: UInt64?, _ now: Instant) {
        if case .candidate = passage.purpose {
            leave(others)
            var settlement = Settlement(
                item: record.item?.number ?? 0,
                goal: passage.goal,
                state: .reverted,
                cause: "the agent was stopped before revision \(passage.goal.number) was proven"
            )
            // How far it had come is not in the journal.
            settlement.failure = ReplicaFailure(kind: .transition, state: .starting)
            return giveUp(passage, settlement, serves ? .beside : .main, now)
        }
        let goals = others.filter { $0.revision.digest == passage.goal.digest }
        let own = goals.first { $0.attempt == pointed } ?? goals.first
        guard let own, canGoOn(own, passage) else {
            leave(others)
            return redirect(passage, now)
        }
        adopt(own)
        put(advance(own, passage, isPointedAt: own.attempt == pointed, now), serves ? .beside : .main)
        leave(others.filter { $0.attempt != own.attempt })
    }

    /// Whether a process that was found may go on towards its passage's goal.
    private func canGoOn(_ process: ReplicaProcess, _ passage: Passage) -> Bool {
        serves ? goesBeside(passage) : process.canServe(passage.endpoint, by: means)
    }

    /// Whether what was verified last is there, or comes.
    private var serves: Bool {
        switch life {
        case .resting, .advancing: true
        case .empty, .waiting, .stopping, .removed: false
        }
    }

    private func advance(
        _ process: ReplicaProcess,
        _ passage: Passage,
        isPointedAt: Bool,
        _ now: Instant
    ) -> Advance {
        guard isPointedAt else { return .starting(Advance.Starting(passage, adopted: process, at: now)) }
        let stableFor = stableFor(passage) ?? Span(milliseconds: 0)
        return .observing(Advance.Observing(passage, pointedAt: process, stableFor: stableFor, at: now))
    }

    /// What answers is left to answer: nobody has asked for anything else.
    private mutating func keep(unknown found: ReplicaProcess, beside others: [ReplicaProcess], _ now: Instant) {
        life = .resting(Life.Resting(adopted: found, at: now))
        strays = others
        for process in [found] + others { actions.append(.watch(attempt: process.attempt)) }
        refusal =
            "revision \(found.revision.number) was found running, and the journal does not know it: it is left alone "
            + "until the controller asks for something here"
    }

    /// Whatever else was found is stopped; where nothing serves, before anything else is started.
    private mutating func leave(_ others: [ReplicaProcess]) {
        var others = others
        if case .empty = life, let first = others.first {
            others.removeFirst()
            life = .stopping(Life.Stopping(first, next: .idle))
            actions.append(.stop(attempt: first.attempt, record.revision(first.revision), .brief))
        }
        for process in others { leave(process, record.condemns(process.revision) ? .brief : .long) }
    }

    private mutating func adopt(_ found: ReplicaProcess) {
        guard let revision = record.revision(found.revision) else { return }
        actions.append(.adopt(attempt: found.attempt, revision))
    }
}
