import Fleet
import FleetProtocol
import Logging
import NIOCore
import RPCTransport
import SessionLifecycle

/// One session's messages: owner of an `AgentSession`. An actor, because three tasks feed it: what arrives, what the host
/// has to say, and the lease's clock.
actor SessionConversation {
    private let duplex: RPCDuplex
    private let host: any LinkedHost
    private let presence: ControllerPresence
    private let answers: AnswerDesk?
    private let now: @Sendable () -> Instant
    private let logger: Logger
    private var machine: AgentSession
    private var progress: UInt64 = 0
    private var reconnectAfter: Span?
    private var isOver = false
    private var isSendingOutbox = false
    private var isOutboxAsked = false
    private var sentThrough: UInt64 = 0
    /// What the controller can, in bits of `LinkProtocol`.
    private var capabilities: UInt64 = 0
    /// When the controller was last heard, in the time that `now` gives.
    private(set) var lastHeard: Instant

    init(
        duplex: RPCDuplex,
        host: any LinkedHost,
        presence: ControllerPresence,
        answers: AnswerDesk?,
        machine: AgentSession,
        now: @escaping @Sendable () -> Instant,
        logger: Logger
    ) {
        self.duplex = duplex
        self.host = host
        self.presence = presence
        self.answers = answers
        self.machine = machine
        self.now = now
        self.logger = logger
        lastHeard = now()
    }

    var leaseInterval: Span? { machine.leaseInterval }
    var statusSequence: UInt64 { machine.statusSequence }

    /// Hears the controller out; returns when the session is over.
    func listen() async -> SessionEnding {
        do {
            for try await buffer in duplex.inbound {
                lastHeard = now()
                try await handle(try WireFromController(buffer: buffer))
                if isOver { return ending("the controller said goodbye") }
            }
            return ending("the controller ended the session")
        } catch {
            return ending((error as? RPCStatus)?.message ?? "\(error)")
        }
    }

    func hostChanged() async {
        await carryOut(machine.statusChanged())
        await carryOut(machine.outboxGrew(through: await host.newestOutcome()))
    }

    func leaseDue(progress: UInt64) async {
        self.progress = progress
        await carryOut(machine.leaseDue())
    }

    private func ending(_ why: String) -> SessionEnding {
        SessionEnding(why: why, wasWelcome: machine.leaseInterval != nil || isOver, reconnectAfter: reconnectAfter)
    }

    private func handle(_ message: WireFromController) async throws {
        switch message.body {
        case .welcome(let welcome):
            logger.info("session established", metadata: ["epoch": "\(welcome.epoch)"])
            let facts = AgentSession.Welcome(
                version: welcome.protocol,
                epoch: welcome.epoch,
                leaseInterval: Span(milliseconds: Int64(max(1000, welcome.leaseIntervalMs))),
                outboxAcknowledged: welcome.outboxAcknowledged
            )
            presence.sessionBegan()
            host.sessionBegan()
            capabilities = welcome.capabilities
            await carryOut(machine.welcomed(facts))
        case .assignment(let wire):
            let assignment = try wire.assignment()
            logger.info(
                "assignment received",
                metadata: ["epoch": "\(assignment.version.epoch)", "generation": "\(assignment.version.generation)"]
            )
            try await host.take(assignment)
            // It does not count as received: a newer agent is to get it again.
            guard assignment.refused.isEmpty else { return }
            guard await host.newestAssignment() >= assignment.version else {
                logger.warning("assignment not journalled yet; the status says when it is")
                return
            }
            await send {
                $0.assignmentAck.version = WireAssignmentVersion(assignment.version)
                $0.assignmentAck.stage = .received
            }
        case .ack(let ack):
            let facts = AgentSession.Ack(status: ack.status, outbox: ack.outbox, resync: ack.resync)
            await carryOut(machine.acknowledged(facts))
        case .goodbye(let goodbye):
            logger.notice("controller says goodbye", metadata: ["reason": "\(goodbye.reason)"])
            await carryOut(machine.goodbyeReceived(reconnectAfter: Span(milliseconds: Int64(goodbye.reconnectAfterMs))))
        case .request(let wire):
            if let (id, request) = try wire.request() { answers?.take(id, request) }
        case nil: break  // A newer controller's message: both work with what both know.
        }
    }

    private func carryOut(_ actions: [AgentSession.Action]) async {
        for action in actions {
            switch action {
            case .sendStatus(let sequence):
                let report = await host.report(sequence: sequence)
                await send { $0.status = WireStatus(report) }
            case .releaseOutbox(let through):
                await host.outcomesStored(through: through)
            case .sendOutbox(let after): await sendOutbox(after: after)
            case .sendLease(let number):
                await send {
                    $0.lease.number = number
                    $0.lease.progress = progress
                    $0.lease.statusSequence = machine.statusSequence
                }
            case .close(let after):
                reconnectAfter = after
                isOver = true
            }
        }
    }

    /// Sends everything that stands in the outbox after an entry, in order: an acknowledgement covers all before it, so
    /// one loop sends at a time.
    private func sendOutbox(after sequence: UInt64) async {
        isOutboxAsked = true
        guard !isSendingOutbox else { return }
        isSendingOutbox = true
        var cursor = max(sequence, sentThrough)
        while isOutboxAsked {
            isOutboxAsked = false
            let outcomes = await host.outcomes(after: cursor)
            guard let last = outcomes.last else { continue }
            let known = outcomes.filter { Self.isKnown($0, by: capabilities) }
            if !known.isEmpty { await send { $0.outbox.outcomes = known.map { WireOutcome($0) } } }
            cursor = last.sequence
            isOutboxAsked = true
        }
        sentThrough = cursor
        isSendingOutbox = false
    }

    /// Whether the controller can store it. What an older one cannot stays here until something after it is stored.
    static func isKnown(_ outcome: HostOutcome, by capabilities: UInt64) -> Bool {
        if case .local = outcome.kind { capabilities & LinkProtocol.localActions != 0 } else { true }
    }

    /// A failure to send needs no answer: the stream's end is what ends the session.
    private func send(_ fill: (inout WireFromAgent) -> Void) async {
        var message = WireFromAgent()
        fill(&message)
        try? await duplex.send(message.buffer())
    }
}
