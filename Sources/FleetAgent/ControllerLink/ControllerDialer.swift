import Fleet
import FleetSecurity
import Logging
import RPCTransport

/// Opens connections to the controller in this host's name.
struct ControllerDialer: Sendable {
    let identity: AgentIdentity
    let logger: Logger

    func connect() async throws -> RPCClientConnection {
        let settings = identity.settings
        return try await RPCClient.connect(
            to: RPCTarget(
                host: settings.controllerHost,
                port: settings.controllerPort,
                serverName: ControllerAddress.serverName
            ),
            tls: RPCClientTLS(
                trust: .roots(pem: Array(identity.authorityPEM.utf8)),
                identity: RPCClientTLS.Identity(
                    certificateChainPEM: Array(try identity.certificatePEM().utf8),
                    privateKeyPEM: Array(identity.keyPEM.utf8)
                )
            ),
            logger: logger
        )
    }
}
