import Fleet
import FleetProtocol
import FleetSecurity
import FleetStore
import Logging
import NIOCore
import RPCTransport
import Synchronization

import struct FoundationEssentials.Data

/// Lets a host back in whose certificate ended while it was away: by the key that its last certificate bound (DESIGN §10).
extension Enrolment {
    /// Answers one Renew on a connection without a certificate. On its event loop.
    func renewByKey(_ message: ByteBuffer, on connection: RPCServerConnection, reply: RPCUnaryReply) {
        let request: WireRenewRequest
        do {
            request = try WireRenewRequest(buffer: message)
        } catch {
            return reply.fail(Self.status(of: error))
        }
        guard request.hasBoundKey else {
            return reply.fail(RPCStatus(.unauthenticated, "a client certificate is needed: enrol this host first"))
        }
        guard !request.boundKey.signature.isEmpty else {
            let challenge = RenewalChallenge(Array(environment.freshID().utf8))
            connection.attachment = challenge
            var response = WireRenewResponse()
            response.challenge = Data(challenge.bytes)
            return reply.succeed(response.buffer())
        }
        let challenge = connection.attachment as? RenewalChallenge
        connection.attachment = nil
        let (address, id) = (connection.peer.address, request.boundKey.hostID.prefix(64))
        let who: Logger.Metadata = ["address": "\(address)", "id": "\(id)"]
        answer(reply, from: address, refusal: "renewal by a bound key refused", metadata: who) { [self] in
            try await renew(request, answering: challenge?.bytes).buffer()
        }
    }

    /// Keeps the key of a host whose certificate was given before keys were kept. On the connection's event loop.
    func learnKey(of host: String, from connection: RPCServerConnection) {
        guard keyless.withLock({ $0.contains(host) }), let der = connection.peerCertificate,
            let facts = try? CertificateFacts(der: der)
        else { return }
        // One task a host and start, for the time of an upgrade.
        Task {
            do {
                try await store.write(change(actor: "controller")) {
                    try $0.bindKey(facts.key, serial: facts.serialHex)
                }
                keyless.withLock { _ = $0.remove(host) }
            } catch {
                logger.warning("a host's key could not be stored", metadata: ["host": "\(host)", "why": "\(error)"])
            }
        }
    }

    private func renew(
        _ request: WireRenewRequest,
        answering challenge: [UInt8]?
    ) async throws -> WireRenewResponse {
        guard let host = directory[request.boundKey.hostID]?.host else { throw Self.unknown }
        guard !host.isRevoked else { throw Self.revoked(host) }
        guard renewWithin > .seconds(0) else {
            throw Self.refusal(host, "this controller lets no host back in by its key", Self.again(host))
        }
        guard let challenge else {
            let why = "it was asked for nothing on this connection"
            throw Self.refusal(host, why, "let its agent try again", .unauthenticated)
        }
        let last = try await store.read { try $0.certificates(of: host.id).last }
        let proof = BoundKeyProof(
            hostID: host.id,
            authority: authority.digest,
            challenge: challenge,
            request: request.certificateSigningRequest
        )
        guard let last, let bound = last.key else {
            throw Self.refusal(host, "it is not known which key its last certificate bound", Self.again(host))
        }
        guard ConstantTime.equal(bound, try authority.keyDigest(ofRequest: proof.request)) else {
            throw Self.refusal(host, "its last certificate bound another key", Self.again(host), .unauthenticated)
        }
        guard authority.isSigned(proof, by: Array(request.boundKey.signature)) else {
            let why = "what it signed is not what it was asked to sign"
            throw Self.refusal(host, why, "let its agent try again", .unauthenticated)
        }
        let now = environment.now()
        guard now <= last.notAfter + renewWithin else {
            throw Self.refusal(
                host,
                "its certificate ended at \(last.notAfter), longer ago than the \(Self.text(renewWithin)) of this controller",
                "restart the controller once with a longer --renew-within, or \(Self.again(host))"
            )
        }
        let certificate = try issue(proof.request, host: host.id)
        let facts = [
            "by": "bound key", "certificateEnded": "\(last.notAfter)", "certificateEnds": "\(certificate.notAfter)",
        ]
        try await put(certificate, of: host) { try $0.auditIdentity("renew", ofHost: host.name, facts: facts) }
        logger.notice(
            "certificate renewed by its bound key",
            metadata: ["host": "\(host.name)", "ended": "\(last.notAfter)"]
        )
        return renewal(certificate)
    }

    /// A host that nobody knows here.
    static var unknown: RPCStatus {
        RPCStatus(
            .permissionDenied,
            "no host of this fleet has that id: it was deleted, or this is another controller; enrol this host again"
        )
    }

    static func revoked(_ host: FleetHost) -> RPCStatus {
        RPCStatus(
            .permissionDenied,
            "host '\(host.name)' was revoked; its models serve on; to let it in again, \(again(host))"
        )
    }

    /// - Parameter code: `unauthenticated` for what guessing would meet.
    private static func refusal(
        _ host: FleetHost,
        _ why: String,
        _ next: String,
        _ code: RPCStatus.Code = .permissionDenied
    ) -> RPCStatus {
        RPCStatus(code, "host '\(host.name)' was not let back in by its key: \(why); \(next)")
    }

    private static func text(_ span: Span) -> String {
        let day = Span.seconds(86_400).milliseconds
        return span.milliseconds % day == 0 ? "\(span.milliseconds / day) days" : "\(span)"
    }

    private static func again(_ host: FleetHost) -> String {
        "delete it (muster host delete \(host.name)) and enrol it anew (muster host token create; on the host, "
            + "muster-agent enroll --again)"
    }
}
