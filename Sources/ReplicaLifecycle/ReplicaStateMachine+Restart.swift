package import Fleet

extension ReplicaStateMachine {
    /// The agent was started, and the record came from the journal: the first event after `init`.
    ///
    /// What was under way is finished when it leads to what was proven here, and taken back otherwise: a candidate is
    /// never started on its own. Then what was verified last is taken over, or started.
    ///
    /// A process of which the record knows nothing, because the journal was lost, is left alone.
    ///
    /// - Parameter found: the deployment's process, if it lives.
    package mutating func restarted(found: ReplicaProcess?, at now: Instant) -> [ReplicaAction] {
        // Attempts name directories: the next must not take one in use.
        if let found { record.attempt = max(record.attempt, found.attempt) }
        if case .removed? = record.settlement?.state, found == nil {
            life = .removed
            return flush(now)
        }
        if let passage = record.passage {
            resume(passage, found, now)
        } else if let found, let standing = record.standing, found.revision.digest == standing.digest {
            adopt(found)
            life = .resting(Life.Resting(adopted: found, at: now))
            answers(standing)
        } else if let found, record.standing == nil, record.item?.order != .remove {
            keep(unknown: found, now)
        } else {
            leave(found)
            if record.mayStart, let standing = record.standing {
                halt(.start(Passage(goal: standing, endpoint: record.endpoint, purpose: .restart(failures: 0))), now)
            }
        }
        pursue(now)
        return flush(now)
    }

    private mutating func resume(_ passage: Passage, _ found: ReplicaProcess?, _ now: Instant) {
        if case .candidate = passage.purpose {
            let settlement = Settlement(
                item: record.item?.number ?? 0,
                goal: passage.goal,
                state: .reverted,
                cause: "the agent was stopped before revision \(passage.goal.number) was proven"
            )
            guard let found, let back = record.fallback(from: passage), back.goal.digest == found.revision.digest else {
                leave(found)
                return giveUp(passage, settlement, now)
            }
            adopt(found)
            life = .resting(Life.Resting(adopted: found, at: now))
            answers(found.revision)
            var restored = back
            restored.purpose = .revert(settlement)
            return succeeded(restored, now)
        }
        guard let found, found.revision.digest == passage.goal.digest else {
            leave(found)
            return halt(.start(passage), now)
        }
        adopt(found)
        life = .starting(Life.Starting(passage, adopted: found, at: now))
    }

    /// What answers is left to answer: nobody has asked for anything else.
    private mutating func keep(unknown found: ReplicaProcess, _ now: Instant) {
        life = .resting(Life.Resting(adopted: found, at: now))
        answers(found.revision)
        actions.append(.watch(attempt: found.attempt))
        refusal =
            "revision \(found.revision.number) was found running, and the journal does not know it: it is left alone "
            + "until the controller asks for something here"
    }

    /// Whatever else was found is stopped.
    private mutating func leave(_ found: ReplicaProcess?) {
        answers(nil)
        guard let found else { return }
        life = .stopping(Life.Stopping(found, next: .idle))
        actions.append(.stop(attempt: found.attempt, record.revision(found.revision)))
    }

    private mutating func adopt(_ found: ReplicaProcess) {
        guard let revision = record.revision(found.revision) else { return }
        actions.append(.adopt(attempt: found.attempt, revision))
    }
}
