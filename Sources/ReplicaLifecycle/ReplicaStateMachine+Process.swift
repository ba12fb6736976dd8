package import Fleet

extension ReplicaStateMachine {
    /// The driver has started a process.
    package mutating func started(
        attempt: UInt64,
        instance: ReplicaReport.Instance,
        at now: Instant
    ) -> [ReplicaAction] {
        if let (place, advance) = advance(of: attempt) {
            var advance = advance
            advance.process.instance = instance
            put(advance, place)
        } else if case .stopping(var stopping) = life, stopping.process.attempt == attempt {
            stopping.process.instance = instance
            life = .stopping(stopping)
        }
        return flush(now)
    }

    /// The driver could not start a process: there is none.
    package mutating func startFailed(attempt: UInt64, cause: String, at now: Instant) -> [ReplicaAction] {
        let cause = CauseText.clean(cause, limit: CauseText.causeLimit)
        processGone(attempt: attempt, cause: cause, now)
        return flush(now)
    }

    /// The process has ended without being told to.
    package mutating func processExited(attempt: UInt64, cause: String, at now: Instant) -> [ReplicaAction] {
        let cause = CauseText.clean(cause, limit: CauseText.causeLimit)
        processGone(attempt: attempt, cause: cause, now)
        return flush(now)
    }

    /// The process has ended as it was told to.
    package mutating func stopped(attempt: UInt64, at now: Instant) -> [ReplicaAction] {
        processGone(attempt: attempt, cause: "the process was stopped", now)
        return flush(now)
    }

    /// The process was told to stop, and killed, and does not end: what waits for its end goes on waiting, since nothing may
    /// be started on what it holds, and says so.
    package mutating func stopOverdue(attempt: UInt64, cause: String, at now: Instant) -> [ReplicaAction] {
        let cause = CauseText.clean(cause, limit: CauseText.causeLimit)
        if let index = leaving.firstIndex(where: { $0.attempt == attempt }) {
            leaving[index].overdue = cause
        } else if case .stopping(var stopping) = life, stopping.process.attempt == attempt {
            stopping.process.overdue = cause
            life = .stopping(stopping)
        } else if case .withdrawing(var withdrawing)? = successor, withdrawing.process.attempt == attempt {
            withdrawing.process.overdue = cause
            successor = .withdrawing(withdrawing)
        }
        return flush(now)
    }

    /// The model is ready to answer.
    package mutating func becameReady(attempt: UInt64, at now: Instant) -> [ReplicaAction] {
        if let (place, advance) = advance(of: attempt) {
            guard case .starting(let starting) = advance else { return flush(now) }
            put(.probing(Advance.Probing(from: starting, at: now)), place)
            if let revision = record.revision(starting.passage.goal) {
                actions.append(.probe(attempt: attempt, revision))
            }
        } else if case .resting(var resting) = life, resting.process.attempt == attempt {
            resting.unready = nil
            life = .resting(resting)
        }
        return flush(now)
    }

    /// The model is not ready: not yet, or no longer.
    package mutating func becameUnready(attempt: UInt64, cause: String, at now: Instant) -> [ReplicaAction] {
        let cause = CauseText.clean(cause, limit: CauseText.causeLimit)
        if let (place, advance) = advance(of: attempt) {
            switch advance {
            case .starting(var starting):
                starting.unready = cause
                put(.starting(starting), place)
            case .probing: break
            case .switching, .observing: failed(advance, cause, place, now)
            }
        } else if case .resting(var resting) = life, resting.process.attempt == attempt {
            resting.unready = cause
            life = .resting(resting)
        }
        return flush(now)
    }

    /// The golden probe was answered as recorded.
    package mutating func probePassed(attempt: UInt64, at now: Instant) -> [ReplicaAction] {
        guard let (place, advance) = advance(of: attempt), case .probing(let probing) = advance else {
            return flush(now)
        }
        let passage = probing.passage
        if passage.endpoint != nil, means == .switched {
            put(.switching(Advance.Switching(from: probing, at: now)), place)
        } else if passage.endpoint != nil, place == .beside {
            withdraw(probing)
        } else if let stableFor = stableFor(passage) {
            put(.observing(Advance.Observing(from: probing, stableFor: stableFor, at: now)), place)
        } else {
            arrive(Life.Resting(from: probing, at: now), passage, place, now)
        }
        return flush(now)
    }

    /// The golden probe was answered otherwise.
    package mutating func probeFailed(attempt: UInt64, cause: String, at now: Instant) -> [ReplicaAction] {
        let cause = CauseText.clean(cause, limit: CauseText.causeLimit)
        guard let (place, advance) = advance(of: attempt), case .probing = advance else {
            return flush(now)
        }
        failed(advance, cause, place, now)
        return flush(now)
    }

    /// The time asked for by `deadline` has come; an early call does nothing.
    package mutating func timerFired(at now: Instant) -> [ReplicaAction] {
        turnMayBeDue(now)
        stagingIsDue(now)
        if let rising, let due = rising.deadline, now >= due { isDue(rising, .beside, now) }
        guard let due = life.deadline, now >= due else { return flush(now) }
        switch life {
        case .waiting(let waiting): startStanding(failures: waiting.failures, now)
        case .advancing(let advance): isDue(advance, .main, now)
        case .empty, .resting, .stopping, .removed: break
        }
        return flush(now)
    }

    private mutating func isDue(_ advance: Advance, _ place: Place, _ now: Instant) {
        switch advance {
        case .starting(let starting):
            let last = starting.unready.map { ": \($0)" } ?? ""
            failed(advance, "the model was not ready within \(ReplicaTimes.start)\(last)", place, now)
        case .probing: failed(advance, "the golden probe was not answered within \(ReplicaTimes.probe)", place, now)
        case .switching: failed(advance, "the endpoint was not switched within \(ReplicaTimes.switching)", place, now)
        case .observing(let observing):
            arrive(Life.Resting(from: observing, at: now), observing.passage, place, now)
        }
    }

    private mutating func processGone(attempt: UInt64, cause: String, _ now: Instant) {
        strays.removeAll { $0.attempt == attempt }
        if let index = leaving.firstIndex(where: { $0.attempt == attempt }) {
            leaving.remove(at: index)
            stageInFreedRoom()
        } else if let successor, successor.process.attempt == attempt {
            self.successor = nil
            switch successor {
            case .advancing(let advance): failed(advance, cause, .beside, now)
            case .withdrawing(let withdrawing): halt(.start(withdrawing.passage), now)
            }
        } else if let process = life.process, process.attempt == attempt {
            mainGone(process, cause, now)
        }
    }

    private mutating func mainGone(_ process: ReplicaProcess, _ cause: String, _ now: Instant) {
        switch life {
        case .resting where record.standing == nil:
            life = .empty
            pursue(now)
        case .resting(let resting):
            let isForgiven = now - resting.since >= ReplicaTimes.longestBackoff
            let failures = (isForgiven ? 0 : resting.failures) + 1
            life = .waiting(
                Life.Waiting(revision: process.revision, failures: failures, cause: cause, at: now)
            )
            if isWaitingForTurn { pursue(now) }
        case .stopping(let stopping): finish(stopping.next, now)
        case .advancing(let advance):
            life = .empty
            failed(advance, cause, .main, now)
        case .empty, .waiting, .removed: break
        }
    }
}
