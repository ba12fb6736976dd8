import Fleet
import FleetProtocol
import Logging
import NIOCore
import RPCTransport
import SessionLifecycle
import Synchronization

/// The controller's end of one control connection: owner of a `HostSession`.
///
/// `@unchecked Sendable`: its state is confined to the connection's event loop; `sendAssignment`, `acknowledge`,
/// `ask` and `sayGoodbye` hop there.
final class HostSessionHandler: RPCServerStreamHandler, @unchecked Sendable {
    private let entry: HostEntry
    private let link: HostLink
    let connection: RPCServerConnection
    private let stream: RPCServerStream
    private var session: HostSession
    private var sentAssignment = AssignmentVersion.none
    /// What the agent can, in bits of `LinkProtocol`.
    private var capabilities: UInt64 = 0
    private var outcomesWaiting = 0
    private var isAckWaiting = false
    /// Goodbye was said: what still comes counts for nothing.
    private var isSentAway = false
    /// Who says Hello; empty before.
    private(set) var peer = CloneWatch.Peer(machine: "", boot: "", run: "", address: "")
    /// Outcomes of one host that may wait for the store.
    private static let outcomeLimit = 1024

    init(entry: HostEntry, link: HostLink, connection: RPCServerConnection, stream: RPCServerStream, now: Instant) {
        self.entry = entry
        self.link = link
        self.connection = connection
        self.stream = stream
        session = HostSession(now: now)
    }

    func received(message buffer: ByteBuffer) {
        guard !isSentAway else { return }
        do {
            let message = try WireFromAgent(buffer: buffer)
            switch message.body {
            case .lease(let lease): try leased(lease)
            case .status(let status): try reported(status, bytes: buffer.readableBytes)
            case .outbox(let outbox): try delivered(outbox)
            case .hello(let hello): try greeted(hello)
            case .assignmentAck: try session.messageReceived()
            case nil: break  // A newer agent's message: both work with what both know.
            }
        } catch let error as ProtocolError {
            end(RPCStatus(.invalidArgument, error.description))
        } catch let error as HostSession.Violation {
            end(RPCStatus(.failedPrecondition, error.message))
        } catch {
            end(RPCStatus(.internal, "the message could not be handled"))
        }
    }

    func receivedEnd() {
        stream.finish()
    }

    func closed(reason: RPCStatus?) {
        link.sessionClosed(self, of: entry)
    }

    /// Sends an assignment, unless a newer one went out before. From any thread.
    func sendAssignment(_ assignment: Assignment) {
        stream.eventLoop.execute { [self] in
            guard session.isEstablished, assignment.version > sentAssignment, link.restore.maySend(to: entry.id) else {
                return
            }
            send(assignment)
        }
    }

    /// Says what is stored, and goes on reading. From any thread.
    func acknowledge(outbox: UInt64, stored count: Int) {
        stream.eventLoop.execute { [self] in
            outcomesWaiting -= count
            if outcomesWaiting <= Self.outcomeLimit { stream.resumeReading() }
            acknowledge(outbox: outbox)
        }
    }

    /// Asks the host for something. From any thread.
    func ask(_ request: WireRequest) {
        stream.eventLoop.execute { [self] in
            guard session.isEstablished else { return }
            send { $0.request = request }
        }
    }

    /// Says that nobody waits for a request any more. From any thread.
    func cancel(_ id: String) { ask(WireRequest(id: id, .cancel)) }

    /// Says goodbye and ends the session. From any thread.
    func sayGoodbye(_ code: WireGoodbye.Code, reason: String, reconnectAfter: Span) {
        stream.eventLoop.execute { [self] in
            guard !isSentAway else { return }
            isSentAway = true
            send {
                $0.goodbye.code = code
                $0.goodbye.reason = reason
                $0.goodbye.reconnectAfterMs = UInt32(clamping: reconnectAfter.milliseconds)
            }
            stream.finish()
        }
    }

    private func leased(_ lease: WireLease) throws {
        let now = link.environment.steady()
        try session.leaseReceived(number: lease.number, now: now)
        link.leaseReceived()
        if entry.heard(at: now) { link.hostReturned(entry) }
        acknowledge(outbox: entry.state.withLock { $0.outboxAcknowledged })
        guard let end = link.endOfCertificate(of: connection.peer) else { return }
        sayGoodbye(
            .restart,
            reason: "the certificate of this session ended at \(end); dial again with the renewed one",
            reconnectAfter: .seconds(1)
        )
    }

    private func reported(_ status: WireStatus, bytes: Int) throws {
        guard bytes <= FleetLimits.reportBytes, status.replicas.count <= FleetLimits.replicasPerHost else {
            let bound = "\(FleetLimits.reportBytes) bytes and \(FleetLimits.replicasPerHost) replicas"
            return end(RPCStatus(.resourceExhausted, "a status holds at most \(bound)"))
        }
        guard try session.statusReceived(sequence: status.sequence) == .store else { return }
        let report = try status.report()
        link.inbox.put(report: report, of: entry.id)
        acknowledge(outbox: entry.state.withLock { $0.outboxAcknowledged })
    }

    private func delivered(_ outbox: WireOutbox) throws {
        try session.messageReceived()
        var outcomes: [HostOutcome] = []
        for outcome in outbox.outcomes { outcomes.append(try outcome.outcome()) }
        guard !outcomes.isEmpty else { return }
        outcomesWaiting += outcomes.count
        // Leases come on the same stream: it is paused only for a host that sends faster than the store can write.
        if outcomesWaiting > Self.outcomeLimit { stream.pauseReading() }
        link.inbox.put(outcomes: outcomes, of: entry.id)
    }

    /// `10.0.0.1` of `[IPv4]10.0.0.1/10.0.0.1:4242`, as NIO writes it.
    static func host(of address: String) -> String {
        let host = address.lastIndex(of: ":").map { address[..<$0] } ?? address[...]
        return String(host.split(separator: "/").last ?? host)
    }

    private func greeted(_ wire: WireHello) throws {
        let hello = HostSession.Hello(
            oldest: wire.protocolMin,
            newest: wire.protocolMax,
            instance: wire.instanceID,
            assignment: wire.assignment.version
        )
        guard link.restore.isPossible(hello.assignment) else {
            return end(RPCStatus(.invalidArgument, "no controller gives an assignment such a version"))
        }
        capabilities = wire.capabilities
        peer = CloneWatch.Peer(
            machine: String(wire.machineID.prefix(64)),
            boot: String(wire.boot.prefix(128)),
            run: String(wire.run.prefix(64)),
            address: Self.host(of: connection.peer.address)
        )
        let now = link.environment.steady()
        switch try session.helloReceived(hello, enrolled: entry.host.instance, now: now) {
        case .welcome(let version):
            guard link.admits(self, peer, of: entry, now: now) else { return }
            switch link.restore.greeted(entry.id, with: hello.assignment, given: entry.given) {
            case .usual: break
            case .claims: link.restoreFound(by: entry, hello.assignment)
            case .withdraws: entry.state.withLock { $0.quarantine = nil }
            }
            // Under one lock: an assignment that is stored from now on is sent to this session.
            let (assignment, outbox) = link.sessionOpened(
                self,
                of: entry,
                capabilities: capabilities,
                now: now
            )
            welcome(version: version, outbox: outbox)
            if let assignment, assignment.version != hello.assignment, link.restore.maySend(to: entry.id) {
                send(assignment)
            }
        case .incompatible:
            sayGoodbye(
                .overloaded,
                reason: "this controller speaks protocol \(LinkProtocol.oldest) to \(LinkProtocol.newest); "
                    + "install an agent that does",
                reconnectAfter: .seconds(60)
            )
        case .wrongInstance:
            link.refuse([self], .otherInstance, of: entry)
        }
    }

    /// The epoch is what people read in the agent's log. A session that is open when it rises is not told again: every
    /// assignment names its own.
    private func welcome(version: UInt32, outbox: UInt64) {
        send {
            $0.welcome.protocol = version
            $0.welcome.capabilities = LinkProtocol.capabilities
            $0.welcome.epoch = link.restore.epoch
            $0.welcome.leaseIntervalMs = UInt32(clamping: link.leaseRule.interval.milliseconds)
            $0.welcome.outboxAcknowledged = outbox
            $0.welcome.nowMs = link.environment.now().milliseconds
        }
    }

    func writabilityChanged(isWritable: Bool) {
        guard isWritable, isAckWaiting else { return }
        acknowledge(outbox: entry.state.withLock { $0.outboxAcknowledged })
    }

    /// An acknowledgement is a level: a peer that takes none is owed one at most.
    private func acknowledge(outbox: UInt64) {
        isAckWaiting = !stream.isWritable
        guard !isAckWaiting else { return }
        send {
            $0.ack.lease = session.lease
            $0.ack.status = session.status
            $0.ack.outbox = outbox
        }
    }

    private func send(_ assignment: Assignment) {
        sentAssignment = assignment.version
        entry.sent(assignment.version)
        send { $0.assignment = WireAssignment(assignment.told(to: capabilities)) }
    }

    private func send(_ fill: (inout WireFromController) -> Void) {
        var message = WireFromController()
        fill(&message)
        stream.send(message: message.buffer())
    }

    private func end(_ status: RPCStatus) {
        link.logger.warning("session ended", metadata: ["host": "\(entry.host.name)", "why": "\(status.message)"])
        stream.finish(status)
    }
}
