import Fleet
import FleetAgent
import ReplicaLifecycle
import SessionLifecycle

extension SimulatedHost {
    /// The most facts in one message.
    private static let outboxBatch = 256

    func dial() {
        guard isAgentUp, session == nil else { return }
        guard world.canDial(self) else {
            let wait = backoff.attemptFailed(random: world.dice.fraction())
            return world.schedule(.dial(host: index, life: life), after: wait.milliseconds)
        }
        sessionID = world.freshSession()
        sessionBegan = world.now
        session = AgentSession(statusSequence: 0)
        let hello = HostSession.Hello(
            oldest: LinkProtocol.oldest,
            newest: LinkProtocol.newest,
            instance: id,
            assignment: disk.state.assignment
        )
        world.send(.hello(hello), from: self)
    }

    /// The connection is gone, as the agent sees it.
    func linkLost() {
        guard session != nil else { return }
        session = nil
        sessionID = 0
        backoff.sessionEnded(after: world.now - sessionBegan)
        let wait = backoff.attemptFailed(random: world.dice.fraction())
        world.schedule(.dial(host: index, life: life), after: wait.milliseconds)
        tellSession(.sessionLost(since: steady))
    }

    /// A message of the controller's arrived.
    func take(_ message: SimulationEvent.DownMessage) {
        guard isAgentUp, session != nil else { return }
        switch message {
        case .welcome(let welcome):
            tellSession(.sessionBegan)
            act(session?.welcomed(welcome) ?? [])
        case .assignment(let assignment): take(assignment)
        case .ack(let ack): act(session?.acknowledged(ack) ?? [])
        case .goodbye(let span): act(session?.goodbyeReceived(reconnectAfter: span) ?? [])
        }
    }

    /// Something here may be news for the controller.
    func tellLink() {
        guard isAgentUp, session != nil, waiting.records.isEmpty else { return }
        act(session?.statusChanged() ?? [])
        if disk.state.isNumbered { act(session?.outboxGrew(through: disk.state.lastOutcome) ?? []) }
    }

    private func act(_ actions: [AgentSession.Action]) {
        for action in actions {
            guard isAgentUp, session != nil else { return }
            switch action {
            case .sendStatus(let sequence): world.send(.status(report(sequence)), from: self)
            case .releaseOutbox(let through):
                world.monitor.acknowledged(self, through)
                let state = disk.state.applying(waiting.records)
                if let record = state.acknowledgement(through: through) { commit([], [record]) }
            case .sendOutbox(let after): sendOutbox(after)
            case .sendLease: break
            case .close:
                world.controllerHears(endOf: self)
                linkLost()
            }
        }
    }

    private func sendOutbox(_ after: UInt64) {
        guard disk.state.isNumbered else { return }
        let facts = Array(disk.state.outbox.filter { $0.sequence > after }.prefix(Self.outboxBatch))
        guard !facts.isEmpty else { return }
        world.send(.outbox(facts), from: self)
    }

    /// All that the agent says.
    func report(_ sequence: UInt64) -> HostReport {
        if waiting.records.isEmpty { shown = reports }
        return HostReport(
            sequence: sequence,
            assignment: disk.state.assignment,
            facts: world.facts,
            replicas: shown
        )
    }

    private var reports: [ReplicaReport] {
        replicas.indices.compactMap { index in
            guard
                var report = replicas[index]?.machine.report(
                    shift: Span(milliseconds: wallShift - steadyShift)
                )
            else { return nil }
            if replicas[index]?.isFetching == true { report.fetchedBytes = replicas[index]?.fetched }
            report.rollback = replicas[index].flatMap { readiness(of: $0.machine.record) }
            return report
        }
    }

    /// Whether it could go back, as FleetAgent's `WaysBack` says it.
    private func readiness(of record: ReplicaRecord) -> RollbackReadiness? {
        guard record.standing != nil || record.serving != nil, record.settlement?.state != .removed else { return nil }
        guard let way = record.wayBack else { return RollbackReadiness(.none, reason: "nothing else is good here") }
        guard files.contains(way.digest) else { return RollbackReadiness(.notReady, revision: way, reason: "no files") }
        return RollbackReadiness(.ready, revision: way)
    }
}
