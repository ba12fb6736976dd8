import Fleet
import FleetProtocol
import Logging
import NIOCore
import RPCTransport
import SessionLifecycle
import Synchronization

/// The agent port: who may call what, and which object handles it. Runs on the connections' event loops.
final class HostLink: RPCService {
    let directory: HostDirectory
    let inbox: HostInbox
    let blobs: BlobDirectory
    let telemetry: TelemetryMemory
    let requests: HostRequests
    let environment: ControllerEnvironment
    let leaseRule: LeaseRule
    let trustDomain: String
    let restore: RestoreWatch
    let logger: Logger
    private let enrolment: Enrolment
    private let hostChanged: @Sendable (HostEntry) -> Void
    private let leasesReceived = Atomic<UInt64>(0)

    /// - Parameter hostChanged: called when a host returns or becomes reachable, from an event loop; must not block.
    init(
        directory: HostDirectory,
        inbox: HostInbox,
        blobs: BlobDirectory,
        telemetry: TelemetryMemory,
        requests: HostRequests,
        enrolment: Enrolment,
        environment: ControllerEnvironment,
        leaseRule: LeaseRule,
        trustDomain: String,
        restore: RestoreWatch,
        logger: Logger,
        hostChanged: @escaping @Sendable (HostEntry) -> Void
    ) {
        self.directory = directory
        self.inbox = inbox
        self.blobs = blobs
        self.telemetry = telemetry
        self.requests = requests
        self.enrolment = enrolment
        self.environment = environment
        self.leaseRule = leaseRule
        self.trustDomain = trustDomain
        self.restore = restore
        self.logger = logger
        self.hostChanged = hostChanged
    }

    func accept(
        _ request: RPCRequest,
        on stream: RPCServerStream
    ) throws(RPCStatus) -> any RPCServerStreamHandler {
        switch request.kind {
        case .http(let method): try download(request, method: method, on: stream)
        case .rpc: try call(request, on: stream)
        }
    }

    private func call(
        _ request: RPCRequest,
        on stream: RPCServerStream
    ) throws(RPCStatus) -> any RPCServerStreamHandler {
        switch request.path {
        case LinkMethod.session:
            return HostSessionHandler(
                entry: try caller(of: request),
                link: self,
                connection: request.connection,
                stream: stream,
                now: environment.steady()
            )
        case LinkMethod.enroll:
            let address = request.connection.peer.address
            return RPCUnaryHandler(stream: stream) { [enrolment] message, reply in
                enrolment.enroll(message, from: address, reply: reply)
            }
        case LinkMethod.renew:
            guard request.peer.hasCertificate else {
                let connection = request.connection
                return RPCUnaryHandler(stream: stream) { [enrolment] message, reply in
                    enrolment.renewByKey(message, on: connection, reply: reply)
                }
            }
            let entry = try enrolled(request)
            return RPCUnaryHandler(stream: stream) { [enrolment] message, reply in
                enrolment.renew(message, of: entry, reply: reply)
            }
        case LinkMethod.telemetry:
            return TelemetryStream(host: try caller(of: request).id, memory: telemetry, stream: stream)
        case LinkMethod.answer:
            return AnswerStream(hostID: try caller(of: request).id, requests: requests, stream: stream)
        default:
            throw RPCStatus(.unimplemented, "this controller does not offer \(request.path)")
        }
    }

    private func download(
        _ request: RPCRequest,
        method: String,
        on stream: RPCServerStream
    ) throws(RPCStatus) -> any RPCServerStreamHandler {
        _ = try caller(of: request)
        guard request.path.hasPrefix(LinkMethod.blobs) else {
            throw RPCStatus(.unimplemented, "there is nothing at \(request.path)")
        }
        return BlobDownload(
            digest: Digest(hex: request.path.dropFirst(LinkMethod.blobs.count)),
            method: method,
            range: request.header("range"),
            blobs: blobs,
            stream: stream
        )
    }

    /// The enrolled host behind a connection, unless its certificate has ended since: an open connection may renew, and no
    /// more.
    private func caller(of request: RPCRequest) throws(RPCStatus) -> HostEntry {
        let entry = try enrolled(request)
        if let end = endOfCertificate(of: request.connection.peer) {
            throw RPCStatus(
                .unauthenticated,
                "the certificate of this connection ended at \(end); renew it, and dial again with the new one"
            )
        }
        return entry
    }

    /// When the certificate of a connection ended; `nil` for one that is good. The handshake looked at it, but a connection may
    /// last longer.
    func endOfCertificate(of peer: RPCPeer) -> Instant? {
        let end = Instant(milliseconds: peer.certificateEnd * 1000)
        return environment.now() > end + Self.certificateGrace ? end : nil
    }

    /// A connection outlives its certificate by so much, for clocks that differ.
    private static let certificateGrace = Span.seconds(60)

    /// The host that the certificate of a connection names.
    private func enrolled(_ request: RPCRequest) throws(RPCStatus) -> HostEntry {
        let peer = request.connection.peer
        guard peer.hasCertificate else {
            throw RPCStatus(.unauthenticated, "a client certificate is needed: enrol this host first")
        }
        guard let entry = entry(of: peer) else {
            throw RPCStatus(.permissionDenied, "the certificate names no host of this fleet: enrol this host again")
        }
        guard !entry.host.isRevoked else {
            throw Enrolment.revoked(entry.host)
        }
        return entry
    }

    // MARK: Sessions

    /// The newest session replaces an older one at once: a network drop, a power cut.
    ///
    /// - Returns: the newest assignment, and the newest outbox entry that is stored.
    func sessionOpened(
        _ session: HostSessionHandler,
        of entry: HostEntry,
        capabilities: UInt64,
        now: Instant
    ) -> (assignment: Assignment?, outbox: UInt64) {
        let (older, assignment, outbox) = entry.state.withLock { state in
            defer { state.session = session }
            state.lastHeard = now
            state.capabilities = capabilities
            state.unheardSince = state.unreachableSince ?? state.unheardSince
            state.unreachableSince = nil
            return (state.session, state.assignment, state.outboxAcknowledged)
        }
        if older != nil { requests.sessionLost(of: entry.id) }
        // Not much later: two machines that displace each other are to be found out within a minute.
        older?.sayGoodbye(
            .displaced,
            reason: "a newer session of this host replaced this one",
            reconnectAfter: .seconds(10)
        )
        enrolment.learnKey(of: entry.id, from: session.connection)
        logger.info("host connected", metadata: ["host": "\(entry.host.name)"])
        hostChanged(entry)
        return (assignment, outbox)
    }

    func sessionClosed(_ session: HostSessionHandler, of entry: HostEntry) {
        let wasCurrent = entry.state.withLock { state -> Bool in
            guard state.session === session else { return false }
            state.session = nil
            state.clones.sessionClosed(now: environment.steady())
            return true
        }
        guard wasCurrent else { return }
        requests.sessionLost(of: entry.id)
        logger.info("host disconnected", metadata: ["host": "\(entry.host.name)"])
    }

    /// How many leases have come since the start.
    var leases: UInt64 { leasesReceived.load(ordering: .relaxed) }

    /// A host has journalled what this store has never given: the planning loop decides what becomes of it.
    func restoreFound(by entry: HostEntry, _ version: AssignmentVersion) {
        logger.error(
            "a host has seen what this store does not know",
            metadata: [
                "host": "\(entry.host.name)", "epoch": "\(version.epoch)", "generation": "\(version.generation)",
            ]
        )
        hostChanged(entry)
    }

    func leaseReceived() { leasesReceived.add(1, ordering: .relaxed) }

    func hostReturned(_ entry: HostEntry) {
        logger.info("host reachable again", metadata: ["host": "\(entry.host.name)"])
        hostChanged(entry)
    }

    /// A planned stop: every agent is told, spread over the fleet, so that it does not return as one.
    func sayGoodbyeToAll() {
        let sessions = directory.all.compactMap { $0.state.withLock { $0.session } }
        for (index, session) in sessions.enumerated() {
            let spread = Span(milliseconds: 500 + Int64(index) * 5)
            session.sayGoodbye(.restart, reason: "the controller is being restarted", reconnectAfter: spread)
        }
    }
}
