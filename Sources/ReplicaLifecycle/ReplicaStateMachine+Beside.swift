import Fleet

extension ReplicaStateMachine {
    /// Which of the two processes: the one that serves or is to, or the one beside it.
    enum Place: Sendable {
        case main, beside
    }

    /// A process on its way up, and where.
    func advance(of attempt: UInt64) -> (Place, Advance)? {
        if let rising, rising.process.attempt == attempt { return (.beside, rising) }
        if case .advancing(let advance) = life, advance.process.attempt == attempt { return (.main, advance) }
        return nil
    }

    mutating func put(_ advance: Advance, _ place: Place) {
        switch place {
        case .main: life = .advancing(advance)
        case .beside: successor = .advancing(advance)
        }
    }

    /// Whether a passage runs beside what serves.
    func goesBeside(_ passage: Passage) -> Bool {
        guard !passage.isRestart, record.sideBySide.contains(passage.goal.digest) else { return false }
        // Not a second copy of what comes back by itself.
        if passage.goal.digest == record.standing?.digest, passage.endpoint == record.endpoint { return false }
        if holdsPort(of: passage) { return false }
        switch life {
        case .empty, .waiting, .removed: return means == .switched
        case .resting: return true
        case .advancing(let advance): return advance.passage.isRestart
        case .stopping(let stopping):
            if case .wait = stopping.next { return means == .switched } else { return false }
        }
    }

    /// Whether what serves has the stable port itself, where the endpoint is to be switched: it was started when replicas
    /// bound that port here, and nothing can be switched to while it lives.
    private func holdsPort(of passage: Passage) -> Bool {
        guard means == .switched, let endpoint = passage.endpoint else { return false }
        return life.process?.instance?.ports.values.contains(endpoint.port) == true
    }

    /// Starts a passage beside what serves, on private ports.
    mutating func startBeside(_ passage: Passage, _ now: Instant) {
        guard let revision = record.revision(passage.goal) else { return lack(passage) }
        if case .removed = life { life = .empty }
        record.attempt += 1
        successor = .advancing(.starting(Advance.Starting(passage, attempt: record.attempt, at: now)))
        actions.append(.start(attempt: record.attempt, revision, nil))
    }

    /// What runs beside what serves is stopped, if there is something.
    mutating func dropSuccessor() {
        switch successor {
        case nil: return
        case .withdrawing(let withdrawing)?: leaving.append(withdrawing.process)
        case .advancing(let advance)?: leave(advance.process, .brief)
        }
        successor = nil
    }

    /// A process is stopped beside what serves.
    mutating func leave(_ process: ReplicaProcess, _ drain: Drain) {
        leaving.append(process)
        actions.append(.stop(attempt: process.attempt, record.revision(process.revision), drain))
    }

    /// A process has passed its proof, and its observation if there was one: it takes the old one's place.
    mutating func arrive(_ resting: Life.Resting, _ passage: Passage, _ place: Place, _ now: Instant) {
        if place == .beside {
            successor = nil
            retireMain(passage)
        }
        life = .resting(resting)
        succeeded(passage, now)
    }

    /// It was proven on a private port where the endpoint cannot be switched: it is to start on the public one.
    mutating func withdraw(_ probing: Advance.Probing) {
        successor = .withdrawing(Successor.Withdrawing(from: probing))
        let process = probing.process
        actions.append(.stop(attempt: process.attempt, record.revision(process.revision), .brief))
    }

    /// The old one drains and stops beside the new one.
    private mutating func retireMain(_ passage: Passage) {
        switch life {
        case .resting, .advancing:
            guard let old = life.process else { return }
            leave(old, passage.leavesBriefly || record.condemns(old.revision) ? .brief : .long)
        case .stopping(let stopping): leaving.append(stopping.process)
        case .empty, .waiting, .removed: break
        }
    }

    /// What failed beside what serves is gone or going; what serves goes on.
    mutating func stay(_ settlement: Settlement?, _ now: Instant) {
        dropSuccessor()
        record.passage = nil
        record.previous = nil
        if let settlement { settle(settlement) }
        pursue(now)
    }

    /// What drains and was condemned meanwhile drains no longer.
    mutating func hurryCondemned() {
        for process in leaving where record.condemns(process.revision) {
            actions.append(.hurry(attempt: process.attempt))
        }
        if case .stopping(let stopping) = life, record.condemns(stopping.process.revision) {
            actions.append(.hurry(attempt: stopping.process.attempt))
        }
    }

    /// A way back may need the room of what drains.
    mutating func hurryLeaving() {
        for process in leaving { actions.append(.hurry(attempt: process.attempt)) }
    }
}
