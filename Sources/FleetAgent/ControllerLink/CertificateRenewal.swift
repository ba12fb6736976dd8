import Fleet
import FleetProtocol
import FleetSecurity
import NIOCore
import RPCTransport

import struct FoundationEssentials.Data

/// Asks the controller for a new certificate for the host's own key.
struct CertificateRenewal: Sendable {
    let identity: AgentIdentity

    /// In the name of the certificate that the connection was made with.
    func renew(on connection: RPCClientConnection) async throws {
        var request = WireRenewRequest()
        request.certificateSigningRequest = try HostKey(pem: identity.keyPEM).certificateSigningRequest()
        try identity.replaceCertificate(try await ask(request, on: connection).certificateChain)
    }

    /// In the name of the key, on a connection without a certificate: when the certificate has ended.
    ///
    /// - Throws: `RPCStatus` with what the controller says, `SecurityError`, `AgentLinkError`.
    func renewByKey(on connection: RPCClientConnection) async throws {
        let key = try HostKey(pem: identity.keyPEM)
        var request = WireRenewRequest()
        request.certificateSigningRequest = try key.certificateSigningRequest()
        request.boundKey.hostID = identity.settings.hostID
        let challenge = Array(try await ask(request, on: connection).challenge)
        guard !challenge.isEmpty else {
            throw AgentLinkError("the controller asked for no proof of the key; upgrade the controller")
        }
        let proof = BoundKeyProof(
            hostID: identity.settings.hostID,
            authority: try CertificateFacts(pem: identity.authorityPEM).digest,
            challenge: challenge,
            request: request.certificateSigningRequest
        )
        request.boundKey.signature = Data(try key.signature(of: proof))
        try identity.replaceCertificate(try await ask(request, on: connection).certificateChain)
    }

    private func ask(
        _ request: WireRenewRequest,
        on connection: RPCClientConnection
    ) async throws -> WireRenewResponse {
        let answer = try await connection.unary(
            path: LinkMethod.renew,
            message: request.buffer(),
            deadline: .seconds(30)
        )
        return try WireRenewResponse(buffer: answer)
    }
}
