package import Fleet

extension ReplicaStateMachine {
    /// The driver has started a process.
    package mutating func started(
        attempt: UInt64,
        instance: ReplicaReport.Instance,
        at now: Instant
    ) -> [ReplicaAction] {
        if case .starting(var starting) = life, starting.process.attempt == attempt {
            starting.process.instance = instance
            life = .starting(starting)
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

    /// The model is ready to answer.
    package mutating func becameReady(attempt: UInt64, at now: Instant) -> [ReplicaAction] {
        if case .starting(let starting) = life, starting.process.attempt == attempt {
            life = .probing(Life.Probing(from: starting, at: now))
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
        if case .observing(let observing) = life, observing.process.attempt == attempt {
            failed(cause, now)
        } else if case .resting(var resting) = life, resting.process.attempt == attempt {
            resting.unready = cause
            life = .resting(resting)
        } else if case .starting(var starting) = life, starting.process.attempt == attempt {
            starting.unready = cause
            life = .starting(starting)
        }
        return flush(now)
    }

    /// The golden probe was answered as recorded.
    package mutating func probePassed(attempt: UInt64, at now: Instant) -> [ReplicaAction] {
        guard case .probing(let probing) = life, probing.process.attempt == attempt else { return flush(now) }
        answers(probing.passage.goal)
        if let stableFor = probing.passage.stableFor(record.item), stableFor.milliseconds > 0 {
            life = .observing(Life.Observing(from: probing, stableFor: stableFor, at: now))
        } else {
            life = .resting(Life.Resting(from: probing, at: now))
            succeeded(probing.passage, now)
        }
        return flush(now)
    }

    /// The golden probe was answered otherwise.
    package mutating func probeFailed(attempt: UInt64, cause: String, at now: Instant) -> [ReplicaAction] {
        let cause = CauseText.clean(cause, limit: CauseText.causeLimit)
        guard case .probing(let probing) = life, probing.process.attempt == attempt else { return flush(now) }
        failed(cause, now)
        return flush(now)
    }

    /// The time asked for by `deadline` has come; an early call does nothing.
    package mutating func timerFired(at now: Instant) -> [ReplicaAction] {
        stagingIsDue(now)
        guard let due = life.deadline, now >= due else { return flush(now) }
        switch life {
        case .waiting(let waiting): startStanding(failures: waiting.failures, now)
        case .starting(let starting):
            let last = starting.unready.map { ": \($0)" } ?? ""
            failed("the model was not ready within \(ReplicaTimes.start)\(last)", now)
        case .probing: failed("the golden probe was not answered within \(ReplicaTimes.probe)", now)
        case .observing(let observing):
            life = .resting(Life.Resting(from: observing, at: now))
            succeeded(observing.passage, now)
        case .empty, .resting, .stopping, .removed: break
        }
        return flush(now)
    }

    private mutating func processGone(attempt: UInt64, cause: String, _ now: Instant) {
        guard let process = life.process, process.attempt == attempt else { return }
        answers(nil)
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
        case .stopping(let stopping): finish(stopping.next, now)
        case .starting(let starting):
            life = .empty
            failed(starting.passage, cause, now)
        case .probing(let probing):
            life = .empty
            failed(probing.passage, cause, now)
        case .observing(let observing):
            life = .empty
            failed(observing.passage, cause, now)
        case .empty, .waiting, .removed: break
        }
    }

    private mutating func failed(_ cause: String, _ now: Instant) {
        guard let passage = life.passage else { return }
        failed(passage, cause, now)
    }
}
