import Fleet
import FleetProtocol
import FleetSecurity
import FleetStore
import Logging
import NIOCore
import RPCTransport
import Synchronization

/// Lets hosts in: token and certificate signing request → certificate.
final class Enrolment: Sendable {
    let store: FleetDatabase
    let authority: CertificateAuthority
    let environment: ControllerEnvironment
    let directory: HostDirectory
    let logger: Logger
    let gate = Mutex(EnrolmentGate())
    /// How long after the end of its certificate a host may return by the key that it bound; 0 for never.
    let renewWithin: Span
    /// Hosts of whose good certificates some bind a key that is not known.
    let keyless: Mutex<Set<String>>
    private let term: UInt64
    private let enrolled: @Sendable (FleetHost) -> Void

    /// - Parameters:
    ///   - keyless: hosts of whose good certificates some bind a key that is not known.
    ///   - enrolled: called after a host was stored; must not block.
    init(
        store: FleetDatabase,
        directory: HostDirectory,
        authority: CertificateAuthority,
        environment: ControllerEnvironment,
        term: UInt64,
        renewWithin: Span,
        keyless: Set<String>,
        logger: Logger,
        enrolled: @escaping @Sendable (FleetHost) -> Void
    ) {
        self.store = store
        self.directory = directory
        self.authority = authority
        self.environment = environment
        self.term = term
        self.renewWithin = renewWithin
        self.keyless = Mutex(keyless)
        self.logger = logger
        self.enrolled = enrolled
    }

    /// Answers one Enroll.
    func enroll(_ message: ByteBuffer, from address: String, reply: RPCUnaryReply) {
        answer(reply, from: address, refusal: "enrolment refused", metadata: ["address": "\(address)"]) { [self] in
            try await enroll(WireEnrollRequest(buffer: message)).buffer()
        }
    }

    /// Answers one Renew.
    func renew(_ message: ByteBuffer, of entry: HostEntry, reply: RPCUnaryReply) {
        let who: Logger.Metadata = ["host": "\(entry.host.name)"]
        answer(reply, from: nil, refusal: "certificate not renewed", metadata: who) { [self] in
            let request = try WireRenewRequest(buffer: message)
            let certificate = try issue(request.certificateSigningRequest, host: entry.id)
            try await put(certificate, of: entry.host) { _ in }
            return renewal(certificate).buffer()
        }
    }

    /// Works on an answer, away from the event loop.
    ///
    /// - Parameters:
    ///   - address: who passes the gate and whose failures are counted there; `nil` for a host that has shown a certificate.
    ///   - refusal: what is logged of an answer that is none, with the metadata.
    func answer(
        _ reply: RPCUnaryReply,
        from address: String?,
        refusal: Logger.Message,
        metadata: Logger.Metadata,
        _ work: @escaping @Sendable () async throws -> ByteBuffer
    ) {
        // One task a call, bounded by the transport's streams and connections; it ends with its reply.
        Task {
            do {
                if let address {
                    try gate.withLock { (gate) throws(RPCStatus) in try gate.admit(address, at: environment.now()) }
                }
                reply.succeed(try await work())
            } catch {
                let status = Self.status(of: error)
                if let address, status.code == .unauthenticated {
                    gate.withLock { $0.failed(address, at: environment.now()) }
                }
                logger.warning(refusal, metadata: metadata.merging(["why": "\(status.message)"]) { $1 })
                reply.fail(status)
            }
        }
    }

    /// Stores a certificate that a host gets, unless somebody revoked or deleted the host meanwhile.
    ///
    /// - Parameter also: what is stored with it.
    func put(
        _ certificate: IssuedCertificate,
        of host: FleetHost,
        _ also: @escaping @Sendable (FleetWriter) throws -> Void
    ) async throws {
        let now = environment.now()
        try await store.write(change(actor: "host/\(host.name)")) { writer in
            guard let stored = try writer.reader.host(host.id)?.host else { throw Self.unknown }
            guard !stored.isRevoked else { throw Self.revoked(stored) }
            try writer.putCertificate(Self.record(of: certificate, host: host.id, now: now))
            try also(writer)
        }
        directory[host.id]?.certified(until: certificate.notAfter)
    }

    func renewal(_ certificate: IssuedCertificate) -> WireRenewResponse {
        var response = WireRenewResponse()
        response.certificateChain = certificate.pem
        response.trustAnchors = authority.certificatePEM
        response.notAfterMs = certificate.notAfter.milliseconds
        return response
    }

    private func enroll(_ request: WireEnrollRequest) async throws -> WireEnrollResponse {
        let token = try EnrolmentToken.parse(request.token)
        guard token.authority == authority.digest else {
            throw RPCStatus(
                .unauthenticated,
                "this token was made by another controller; make one here with 'muster host token create'"
            )
        }
        let now = environment.now()
        try check(request)
        // The token before the signature: signing is the expensive half.
        let known = try await store.read { try $0.enrolmentToken(hash: token.secretHash) }
        if let known, let use = known.use, now < known.expiresAt, let host = directory[use.host]?.host,
            host.instance == request.instanceID, !host.isRevoked
        {
            // The answer to this host was lost: it asks again with the same key and gets in as itself.
            let certificate = try issue(request.certificateSigningRequest, host: host.id)
            try await store.write(change(actor: "host/\(host.name)")) {
                try $0.putCertificate(Self.record(of: certificate, host: host.id, now: now))
            }
            directory[host.id]?.certified(until: certificate.notAfter)
            return response(certificate, host: host.id)
        }
        let host = FleetHost(
            id: environment.freshID(),
            name: request.name,
            labels: [:],
            machine: request.machineID,
            instance: request.instanceID,
            enrolledAt: now
        )
        let certificate = try issue(request.certificateSigningRequest, host: host.id)
        let stored = try await store.write(change(actor: "host/\(host.name)")) { writer in
            var stored = host
            stored.labels = try writer.useEnrolmentToken(hash: token.secretHash, host: host.id).labels
            try Self.checkGranted(request.labels, by: stored.labels)
            _ = try writer.putHost(stored)
            try writer.putCertificate(Self.record(of: certificate, host: host.id, now: now))
            return stored
        }
        enrolled(stored)
        directory[stored.id]?.certified(until: certificate.notAfter)
        return response(certificate, host: host.id)
    }

    private func response(_ certificate: IssuedCertificate, host: String) -> WireEnrollResponse {
        var response = WireEnrollResponse()
        response.hostID = host
        response.certificateChain = certificate.pem
        response.trustAnchors = authority.certificatePEM
        response.notAfterMs = certificate.notAfter.milliseconds
        response.trustDomain = authority.trustDomain
        return response
    }

    private func check(_ request: WireEnrollRequest) throws(RPCStatus) {
        if let reason = NameRule.problem(withName: request.name) {
            throw RPCStatus(.invalidArgument, "the host name '\(request.name)' \(reason); give another with --name")
        }
        guard !request.instanceID.isEmpty, request.instanceID.utf8.count <= 64, request.machineID.utf8.count <= 64
        else {
            throw RPCStatus(.invalidArgument, "instance id or machine id is missing or longer than 64 bytes")
        }
        guard request.labels.count <= FleetLimits.labels else {
            throw RPCStatus(.invalidArgument, "more than \(FleetLimits.labels) labels")
        }
        for (key, value) in request.labels {
            if let reason = NameRule.problem(withLabelKey: key) {
                throw RPCStatus(.invalidArgument, "the label key '\(key)' \(reason)")
            }
            if let reason = NameRule.problem(withLabelValue: value) {
                throw RPCStatus(.invalidArgument, "the value of label '\(key)' \(reason)")
            }
        }
    }

    /// Labels grant rights, so they come from the token; what the agent says can only agree.
    private static func checkGranted(_ asked: [String: String], by granted: [String: String]) throws(RPCStatus) {
        for (key, value) in asked.sorted(by: { $0.key < $1.key }) where granted[key] != value {
            throw RPCStatus(
                .permissionDenied,
                "the token does not grant the label \(key)=\(value); "
                    + "make one that does: muster host token create --label \(key)=\(value)"
            )
        }
    }

    func issue(_ request: String, host: String) throws -> IssuedCertificate {
        try authority.issueHost(csrPEM: request, hostID: host, now: environment.now())
    }

    func change(actor: String) -> Change {
        Change(actor: actor, now: environment.now(), term: term)
    }

    private static func record(of certificate: IssuedCertificate, host: String, now: Instant) -> CertificateRecord {
        CertificateRecord(
            serial: certificate.serialHex,
            host: host,
            notAfter: certificate.notAfter,
            issuedAt: now,
            key: certificate.key
        )
    }

    /// The wire's status of what can go wrong: chosen here and nowhere else.
    static func status(of error: any Error) -> RPCStatus {
        switch error {
        case let status as RPCStatus: status
        case let error as ProtocolError: RPCStatus(.invalidArgument, error.description)
        case let error as SecurityError: RPCStatus(.unauthenticated, error.message)
        case let error as FleetStoreError:
            switch error.code {
            case .tokenUnknown, .tokenExpired, .tokenUsed: RPCStatus(.unauthenticated, error.message)
            case .conflict, .inUse: RPCStatus(.alreadyExists, error.message)
            case .overloaded: RPCStatus(.resourceExhausted, error.message)
            case .unavailable, .fenced: RPCStatus(.unavailable, error.message)
            case .notFound, .immutable, .removing, .corrupt, .incompatible, .misuse:
                RPCStatus(.internal, error.message)
            }
        default: RPCStatus(.internal, "the certificate could not be made")
        }
    }
}
