import Fleet

extension ReplicaStateMachine {
    /// Leaves what runs, if anything does, for a passage.
    mutating func redirect(_ passage: Passage, _ now: Instant) {
        if takeOver(passage, now) { return }
        if !passage.isRestart { record.passage = passage }
        switch passage.purpose {
        case .candidate, .comeback, .rollback:
            record.previous = record.standing
            restarts = 0
        case .revert, .restart: break
        }
        halt(.start(passage), now)
    }

    /// Where the journal was lost, and what runs is what is asked for: it is proven as it runs, and not as a candidate,
    /// which a restart of the agent would take back.
    private mutating func takeOver(_ passage: Passage, _ now: Instant) -> Bool {
        guard record.standing == nil, case .resting(let resting) = life,
            resting.process.revision.digest == passage.goal.digest, resting.process.answers(at: passage.endpoint),
            let revision = record.revision(passage.goal)
        else { return false }
        let proof = Passage(goal: passage.goal, endpoint: passage.endpoint, purpose: .comeback)
        record.passage = proof
        life = .starting(Life.Starting(proof, adopted: resting.process, at: now))
        actions.append(.adopt(attempt: resting.process.attempt, revision))
        return true
    }

    /// Stops the process, if there is one, and goes on.
    mutating func halt(_ next: Life.Stopping.Next, _ now: Instant) {
        guard let process = life.process else { return finish(next, now) }
        let isStopping = if case .stopping = life { true } else { false }
        answers(nil)
        life = .stopping(Life.Stopping(process, next: next))
        guard !isStopping else { return }
        actions.append(.stop(attempt: process.attempt, record.revision(process.revision)))
    }

    /// No process is left: what follows.
    mutating func finish(_ next: Life.Stopping.Next, _ now: Instant) {
        switch next {
        case .start(let passage): start(passage, now)
        case .wait(let revision, let failures, let cause):
            life = .waiting(Life.Waiting(revision: revision, failures: failures, cause: cause, at: now))
            pursue(now)
        case .empty(let settlement):
            life = .empty
            leaveStanding()
            if let settlement { settle(settlement) }
            pursue(now)
        case .idle:
            life = .empty
            pursue(now)
            bringBack(now)
        case .removed:
            life = .removed
            leaveStanding()
            record.good = []
            record.provisional = nil
            if let item = record.item { settle(Settlement(item: item.number, goal: nil, state: .removed)) }
            pursue(now)
        }
    }

    /// What was verified and is to run is started, or started again.
    mutating func startStanding(failures: Int, _ now: Instant) {
        guard let standing = record.standing else { return }
        if failures > 0 { restarts += 1 }
        start(Passage(goal: standing, endpoint: record.endpoint, purpose: .restart(failures: failures)), now)
    }

    /// Starts what stands, where nothing runs and nothing is under way: a condemned revision that was not started because
    /// it might have been left, and now cannot be.
    mutating func bringBack(_ now: Instant) {
        guard case .empty = life, staging == nil, record.mayStart else { return }
        startStanding(failures: 0, now)
    }

    /// A passage has arrived.
    mutating func succeeded(_ passage: Passage, _ now: Instant) {
        let goal = passage.goal
        let isGood = isListed(goal)
        record.standing = goal
        record.endpoint = passage.endpoint
        if !passage.isRestart { record.passage = nil }
        let number = record.item?.number ?? 0
        switch passage.purpose {
        case .candidate, .comeback:
            keep(goal, isGood: isGood)
            if case .comeback = passage.purpose { record.previous = nil }
            settle(Settlement(item: number, goal: record.item?.revision?.reference, state: .verified), proven: true)
        case .rollback:
            keep(goal, isGood: isGood)
            record.previous = nil
            settle(Settlement(item: number, goal: goal, state: .verified, receipt: .done(serving: goal)))
        case .revert(let settlement):
            if isGood { record.append(good: goal) }
            record.previous = nil
            if let settlement { settle(settlement) }
        case .restart: recovered()
        }
        pursue(now)
    }

    /// A passage has failed.
    mutating func failed(_ passage: Passage, _ cause: String, _ now: Instant) {
        let number = record.item?.number ?? 0
        var settlement = Settlement(item: number, goal: passage.goal, state: .reverted, cause: cause)
        switch passage.purpose {
        case .candidate, .comeback: giveUp(passage, settlement, now)
        case .rollback:
            let kept = record.item?.onFailure == .keepServing ? record.standing : nil
            settlement.receipt = .failed(cause: cause, serving: kept)
            if let kept {
                redirect(Passage(goal: kept, endpoint: record.endpoint, purpose: .revert(settlement)), now)
            } else {
                settlement.state = .revertFailed
                halt(.empty(settlement), now)
            }
        case .revert(let intended):
            record.standing = passage.goal
            record.endpoint = passage.endpoint
            record.passage = nil
            record.previous = nil
            if var intended {
                intended.state = .revertFailed
                let before = intended.cause ?? "it failed"
                intended.cause = CauseText.clean("\(before); and going back failed: \(cause)")
                settle(intended)
            }
            halt(.wait(passage.goal, failures: 1, cause: cause), now)
        case .restart(let failures):
            halt(.wait(passage.goal, failures: failures + 1, cause: cause), now)
        }
    }

    /// Goes back to what served, or to nothing.
    mutating func giveUp(_ passage: Passage, _ settlement: Settlement, _ now: Instant) {
        guard var back = record.fallback(from: passage) else {
            var settlement = settlement
            settlement.state = .revertFailed
            return halt(.empty(settlement), now)
        }
        back.purpose = .revert(settlement)
        redirect(back, now)
    }

    private mutating func start(_ passage: Passage, _ now: Instant) {
        guard let revision = record.revision(passage.goal) else {
            life = .empty
            refusal = "the content of revision \(passage.goal.number) is not in the journal"
            return
        }
        record.attempt += 1
        life = .starting(Life.Starting(passage, attempt: record.attempt, at: now))
        actions.append(.start(attempt: record.attempt, revision, passage.endpoint))
    }

    /// Nothing stands here any more.
    private mutating func leaveStanding() {
        record.standing = nil
        record.endpoint = nil
        record.previous = nil
        record.passage = nil
        if let provisional = record.provisional, !isListed(provisional) { record.provisional = nil }
    }

    /// Whether its rollout succeeded, as the newest item or the host itself knows.
    private func isListed(_ reference: RevisionReference) -> Bool {
        record.good.contains { $0.digest == reference.digest }
            || record.item?.succeeded.contains { $0.digest == reference.digest } == true
    }

    private mutating func keep(_ goal: RevisionReference, isGood: Bool) {
        if isGood {
            record.append(good: goal)
            record.provisional = nil
        } else {
            record.provisional = goal
        }
    }

    /// What could not be brought back at first is back.
    private mutating func recovered() {
        guard let settlement = record.settlement, settlement.state == .revertFailed, settlement.receipt == nil,
            settlement.item == record.item?.number
        else { return }
        var back = settlement
        back.state = .reverted
        settle(back)
    }
}
