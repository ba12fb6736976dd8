package import Fleet

extension ReplicaStateMachine {
    /// What answers those who come.
    var answering: RevisionReference? {
        if let rising, rising.isAnswering { return rising.passage.goal }
        switch life {
        case .resting(let resting): return resting.process.revision
        case .advancing(let advance): return advance.isAnswering ? advance.passage.goal : nil
        case .empty, .waiting, .stopping, .removed: return nil
        }
    }

    /// The process that answers.
    var answeringProcess: ReplicaProcess? {
        if let rising, rising.isAnswering { return rising.process }
        return life.process ?? successor?.process
    }

    /// The name of a deployment whose endpoint leads to what is proven, with nothing about to stop it; `nil` otherwise.
    package var readyName: String? {
        guard answering != nil, (record.endpoint ?? record.item?.endpoint) != nil else { return nil }
        return record.item?.name
    }

    /// Where the endpoint is to lead.
    var pointing: Pointing {
        guard means == .switched else { return .untouched }
        if let rising, rising.isPointedAt { return .open(at: rising.passage.endpoint, to: rising.process) }
        switch life {
        case .resting(let resting):
            guard record.standing == nil else { return .open(at: record.endpoint, to: resting.process) }
            if pointed == .untouched { return .untouched }
            let endpoint = record.item?.endpoint
            return resting.process.attempt == ledTo ? .open(at: endpoint, to: resting.process) : closed(at: endpoint)
        case .advancing(let advance):
            if advance.isPointedAt { return .open(at: advance.passage.endpoint, to: advance.process) }
            return advance.isAnswering ? .untouched : closed(at: advance.passage.endpoint)
        case .waiting: return closed(at: record.endpoint)
        case .stopping(let stopping):
            if case .start(let passage) = stopping.next { return closed(at: record.endpoint ?? passage.endpoint) }
            return closed(at: record.endpoint ?? record.item?.endpoint, forGood: stopping.next.isFinal)
        case .empty:
            if record.standing != nil { return closed(at: record.endpoint) }
            if let successor { return closed(at: successor.passage.endpoint) }
            return record.item == nil ? .untouched : .nowhere
        case .removed: return .nowhere
        }
    }

    /// Rejecting, where there is an endpoint. A port that is taken over from another program is that one's until something
    /// stands here, and again as soon as nothing is to.
    ///
    /// - Parameter forGood: whether nothing is to stand any more.
    private func closed(at endpoint: Endpoint?, forGood: Bool = false) -> Pointing {
        guard let endpoint else { return .nowhere }
        let isOwn = record.has(endpoint.port) && !forGood
        return isOwn || !record.mayTakeOver(endpoint.port) ? .closed(endpoint) : .nowhere
    }

    /// The endpoint leads to the process of this attempt now.
    package mutating func switched(attempt: UInt64, at now: Instant) -> [ReplicaAction] {
        if answeringProcess?.attempt == attempt || rising?.process.attempt == attempt { endpointProblem = nil }
        guard let (place, advance) = advance(of: attempt), case .switching(let switching) = advance else {
            return flush(now)
        }
        if let stableFor = stableFor(switching.passage) {
            put(.observing(Advance.Observing(from: switching, stableFor: stableFor, at: now)), place)
            detachOld(switching.passage, place)
        } else {
            arrive(Life.Resting(from: switching, at: now), switching.passage, place, now)
        }
        return flush(now)
    }

    /// The endpoint cannot be led to the process of this attempt; it leads where it led, and it is tried again.
    package mutating func switchFailed(attempt: UInt64, cause: String, at now: Instant) -> [ReplicaAction] {
        let cause = CauseText.clean("the endpoint cannot be switched: \(cause)", limit: CauseText.causeLimit)
        if let (place, advance) = advance(of: attempt), case .switching(let switching) = advance,
            !switching.passage.hasNoOther
        {
            failed(advance, cause, place, now)
        } else if answeringProcess?.attempt == attempt || life.process?.attempt == attempt {
            endpointProblem = cause
        }
        return flush(now)
    }

    /// So many established connections end at a process that drains.
    package mutating func connectionsCounted(attempt: UInt64, _ count: Int, at now: Instant) -> [ReplicaAction] {
        if let index = leaving.firstIndex(where: { $0.attempt == attempt }) {
            leaving[index].connections = count
        } else if case .resting(var resting) = life, resting.process.attempt == attempt {
            resting.process.connections = count
            life = .resting(resting)
        } else if case .stopping(var stopping) = life, stopping.process.attempt == attempt {
            stopping.process.connections = count
            life = .stopping(stopping)
        }
        return flush(now)
    }

    /// Established connections that still end at a condemned revision which new ones do not reach any more.
    var condemnedConnections: Int? {
        let answering = answeringProcess?.attempt
        let warm = [life.process].compactMap { $0 }.filter { $0.attempt != answering || self.answering == nil }
        let counts = (warm + leaving).filter { record.condemns($0.revision) }.compactMap(\.connections)
        return counts.isEmpty ? nil : counts.reduce(0, +)
    }

    /// How long everything must be green; `nil` when nothing is observed.
    func stableFor(_ passage: Passage) -> Span? {
        passage.stableFor(record.item).flatMap { $0.milliseconds > 0 ? $0 : nil }
    }

    /// A rollback cuts what is connected to the old one soon after the switch; the old one stays warm.
    private mutating func detachOld(_ passage: Passage, _ place: Place) {
        guard place == .beside, passage.leavesBriefly, let old = life.process else { return }
        actions.append(.detach(attempt: old.attempt))
    }
}
