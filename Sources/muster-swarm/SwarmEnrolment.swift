import DaemonKit
import Fleet
import FleetProtocol
import FleetSecurity
import Logging
import NIOCore
import RPCTransport

/// Enrols one simulated host as an agent does: its own key, its own connection, the authority pinned by the token.
struct SwarmEnrolment: Sendable {
    /// Where the controller is.
    var target: RPCTarget
    var logger: Logger

    /// An enrolled host, and the trust anchors that came with its certificate.
    func enroll(_ token: EnrolmentToken, name: String) async throws -> (identity: SwarmIdentity, authority: String) {
        let key = try HostKey.generate()
        let random = RandomSource.system
        let instanceID = Digest(of: random.bytes(32)).short + Digest(of: random.bytes(32)).short
        let machineID = String(Digest(of: random.bytes(32)).hex.prefix(32))
        let pin = TrustPin(authority: token.authority)
        let host = target.serverName ?? target.host
        let connection = try await RPCClient.connect(
            to: target,
            tls: RPCClientTLS(
                trust: .pinned { try pin.verify(chain: $0, host: host, now: TimeSource.system.now()) }
            ),
            logger: logger
        )
        defer { connection.close() }
        var request = WireEnrollRequest()
        request.token = token.text
        request.certificateSigningRequest = try key.certificateSigningRequest()
        request.name = name
        request.machineID = machineID
        request.instanceID = instanceID
        request.agentVersion = BuildInfo.version
        let answer = try await connection.unary(
            path: LinkMethod.enroll,
            message: request.buffer(),
            deadline: .seconds(60)
        )
        let response = try WireEnrollResponse(buffer: answer)
        let identity = SwarmIdentity(
            name: name,
            hostID: response.hostID,
            instanceID: instanceID,
            machineID: machineID,
            tokenID: token.id,
            certificateChain: response.certificateChain,
            key: key.pem
        )
        return (identity, response.trustAnchors)
    }
}
