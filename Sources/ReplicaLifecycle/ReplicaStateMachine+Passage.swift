import Fleet

extension ReplicaStateMachine {
    /// Leaves what runs, if anything does, for a passage; beside what serves where two can be.
    mutating func redirect(_ passage: Passage, _ now: Instant) {
        dropSuccessor()
        if takeOver(passage, now) { return }
        record.passage = passage
        if isThere(passage) { return succeeded(passage, now) }
        if case .advancing(var restart) = life, restart.passage.isRestart, restart.passage.goal == passage.goal,
            restart.passage.endpoint == passage.endpoint
        {
            restart.repurpose(passage.purpose)
            life = .advancing(restart)
            return
        }
        switch passage.purpose {
        case .candidate, .comeback, .rollback, .local:
            record.previous = record.standing
            restarts = 0
        case .revert, .restart: break
        }
        if goesBeside(passage) { startBeside(passage, now) } else { halt(.start(passage), now) }
    }

    /// Whether a passage leads to what runs, verified, with nothing in its place.
    private func isThere(_ passage: Passage) -> Bool {
        guard case .resting(let resting) = life, let standing = record.standing else { return false }
        return standing.digest == passage.goal.digest && resting.process.revision.digest == standing.digest
            && record.endpoint == passage.endpoint
    }

    /// Where the journal was lost, and what runs is what is asked for: it is proven as it runs, and not as a candidate,
    /// which a restart of the agent would take back.
    private mutating func takeOver(_ passage: Passage, _ now: Instant) -> Bool {
        guard record.standing == nil, case .resting(let resting) = life,
            resting.process.revision.digest == passage.goal.digest,
            resting.process.canServe(passage.endpoint, by: means),
            let revision = record.revision(passage.goal)
        else { return false }
        let proof = Passage(goal: passage.goal, endpoint: passage.endpoint, purpose: .comeback)
        record.passage = proof
        life = .advancing(
            .starting(Advance.Starting(proof, adopted: resting.process, isTakenOver: true, at: now))
        )
        actions.append(.adopt(attempt: resting.process.attempt, revision))
        return true
    }

    /// Stops the process, if there is one, and goes on.
    mutating func halt(_ next: Life.Stopping.Next, _ now: Instant) {
        if next.isFinal { dropSuccessor() }
        guard let process = life.process else { return finish(next, now) }
        let isStopping = if case .stopping = life { true } else { false }
        life = .stopping(Life.Stopping(process, next: next))
        let drain = drain(of: process, next)
        if !isStopping {
            actions.append(.stop(attempt: process.attempt, record.revision(process.revision), drain))
        } else if drain == .brief {
            actions.append(.hurry(attempt: process.attempt))
        }
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
            life = record.isRemoved ? .removed : .empty
            pursue(now)
            bringBack(now)
        case .removed:
            life = .removed
            leaveStanding()
            dropStrays()
            // An item that wants it back may have come while it drained.
            if let item = record.item, item.order == .remove {
                record.good = []
                record.provisional = nil
                settle(Settlement(item: item.number, goal: nil, state: .removed))
            }
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
        guard case .empty = life, successor == nil, staging == nil, record.mayStart else { return }
        startStanding(failures: 0, now)
    }

    /// A passage has arrived.
    mutating func succeeded(_ passage: Passage, _ now: Instant) {
        let goal = passage.goal
        let isGood = isListed(goal)
        record.standing = goal
        record.standingAttempt = life.process?.attempt
        record.endpoint = passage.endpoint
        record.noteFiles(of: goal.digest)
        if !passage.isRestart { record.passage = nil }
        dropStrays()
        let number = record.item?.number ?? 0
        switch passage.purpose {
        case .candidate, .comeback:
            keep(goal, isGood: isGood)
            if case .comeback = passage.purpose { record.previous = nil }
            // A rollback that came meanwhile, and did not mean this one, is looked at below.
            guard record.item?.isRollback != true else { break }
            settle(Settlement(item: number, goal: record.item?.revision?.reference, state: .verified), proven: true)
        case .rollback(let id):
            keep(goal, isGood: isGood)
            record.previous = nil
            settle(Settlement(item: number, goal: goal, state: .verified, receipt: .done(serving: goal), rollback: id))
        case .local:
            keep(goal, isGood: isGood)
            record.previous = nil
        case .revert(let settlement):
            if isGood { record.append(good: goal) }
            record.previous = nil
            if let settlement { settle(settlement) }
        case .restart: recovered()
        }
        pursue(now)
    }

    /// A passage has failed, where its process was, at this step.
    mutating func failed(_ advance: Advance, _ cause: String, _ place: Place, _ now: Instant) {
        let passage = advance.passage
        let number = record.item?.number ?? 0
        // Where nothing is wanted, it is what stands that could not be left.
        let isLeaving = record.item?.order == .converge && record.item?.revision == nil
        let goal = isLeaving ? record.standing ?? passage.goal : passage.goal
        var settlement = Settlement(item: number, goal: goal, state: .reverted, cause: cause)
        settlement.failure = ReplicaFailure(kind: .transition, state: advance.step)
        switch passage.purpose {
        case .candidate, .comeback: giveUp(passage, settlement, place, now)
        case .rollback(let id):
            settlement.rollback = id
            let kept = record.item?.onFailure == .keepServing ? record.standing : nil
            settlement.receipt = .failed(cause: cause, serving: kept)
            if let kept {
                redirect(Passage(goal: kept, endpoint: record.endpoint, purpose: .revert(settlement)), now)
            } else {
                settlement.state = .revertFailed
                halt(.empty(settlement), now)
            }
        case .local:
            record.left = nil
            goBackToStanding(now)
            localProblem = "the local rollback to revision \(passage.goal.number) failed: \(cause)"
        case .revert(let intended): revertFailed(passage, intended ?? settlement, cause, place, now)
        case .restart(let failures):
            halt(.wait(passage.goal, failures: failures + 1, cause: cause), now)
        }
    }

    /// Goes back to what served, or to nothing.
    mutating func giveUp(_ passage: Passage, _ settlement: Settlement, _ place: Place, _ now: Instant) {
        // A rollback that came meanwhile, and did not mean this one, is looked at afterwards.
        var settlement: Settlement? = record.item?.isRollback == true ? nil : settlement
        // Where what stands is condemned, that rollback says where to, and when.
        if settlement == nil, place == .beside, let standing = record.standing, record.condemns(standing) {
            return stay(nil, now)
        }
        if var back = record.fallback(from: passage) {
            back.purpose = .revert(settlement)
            return redirect(back, now)
        }
        if place == .beside, record.standing != nil || life.process != nil { return stay(settlement, now) }
        if settlement == nil, record.standing != nil { return leaveUnderway(now) }
        settlement?.state = .revertFailed
        halt(.empty(settlement), now)
    }

    /// What is under way ends, and nothing that is here can take its place: the item is looked at again, at rest.
    mutating func leaveUnderway(_ now: Instant) {
        record.passage = nil
        record.previous = nil
        let isBeside = successor != nil && (record.standing != nil || life.process != nil)
        dropSuccessor()
        if isBeside { return pursue(now) }
        halt(record.standing == nil ? .empty(nil) : .idle, now)
    }

    /// What stands goes on, or comes back; the item is looked at again.
    mutating func goBackToStanding(_ now: Instant) {
        guard let standing = record.standing else { return halt(.empty(nil), now) }
        redirect(Passage(goal: standing, endpoint: record.endpoint, purpose: .revert(nil)), now)
    }

    /// The bytes of a revision that is to start are not there: nothing can be done about it here.
    mutating func lack(_ passage: Passage) {
        refusal = "the content of revision \(passage.goal.number) is not in the journal"
    }

    private mutating func revertFailed(
        _ passage: Passage,
        _ intended: Settlement,
        _ cause: String,
        _ place: Place,
        _ now: Instant
    ) {
        var settlement = intended
        settlement.state = .revertFailed
        let before = intended.cause == cause ? "it failed" : intended.cause ?? "it failed"
        settlement.cause = CauseText.clean("\(before); and going back failed: \(cause)")
        guard place == .main else { return stay(settlement, now) }
        let isAsked = if case .revert(.some) = passage.purpose { true } else { false }
        record.standing = passage.goal
        record.endpoint = passage.endpoint
        record.passage = nil
        record.previous = nil
        if isAsked { settle(settlement) }
        halt(.wait(passage.goal, failures: 1, cause: cause), now)
    }

    /// How long what is connected to a process that is stopped may go on.
    func drain(of process: ReplicaProcess, _ next: Life.Stopping.Next) -> Drain {
        if record.condemns(process.revision) { return .brief }
        switch next {
        case .start(let passage): return passage.leavesBriefly ? .brief : .long
        case .wait: return .brief
        case .empty, .idle, .removed: return .long
        }
    }

    private mutating func start(_ passage: Passage, _ now: Instant) {
        guard let revision = record.revision(passage.goal) else {
            life = .empty
            return lack(passage)
        }
        record.attempt += 1
        life = .advancing(.starting(Advance.Starting(passage, attempt: record.attempt, at: now)))
        let bound = means == .bound ? passage.endpoint : nil
        actions.append(.start(attempt: record.attempt, revision, bound))
    }

    /// Nothing stands here any more.
    private mutating func leaveStanding() {
        record.standing = nil
        record.standingAttempt = nil
        record.endpoint = nil
        record.previous = nil
        record.passage = nil
        record.pin = nil
        record.left = nil
        if let provisional = record.provisional, !isListed(provisional) { record.provisional = nil }
    }

    /// Something is proven: what nothing was known of goes.
    private mutating func dropStrays() {
        for stray in strays { leave(stray, .long) }
        strays = []
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
