import DaemonKit
import Fleet
import FleetSecurity
import Logging
import RPCTransport

/// Opens connections to the controller in this host's name.
struct ControllerDialer: Sendable {
    let identity: AgentIdentity
    let time: TimeSource
    let logger: Logger

    /// Dials. When the controller does not take the certificate, or it should have been renewed long ago, the key that it
    /// bound vouches for the host, and it dials with the new one.
    func connect() async throws -> RPCClientConnection {
        do {
            return try await dial(try credentials())
        } catch let refusal as RPCStatus {
            let facts = try CertificateFacts(pem: identity.certificatePEM())
            // A server that refuses a certificate may be gone before it is heard why: so not only then.
            guard refusal.code == .unauthenticated || facts.halfLife <= time.now() else { throw refusal }
            do {
                try await renewByKey()
            } catch {
                guard facts.notAfter <= time.now() else { throw refusal }
                throw AgentLinkError(
                    "this host's certificate ended at \(facts.notAfter), and the controller did not renew it by the host's "
                        + "key: \((error as? RPCStatus)?.message ?? "\(error)")"
                )
            }
            return try await dial(try credentials())
        }
    }

    private func renewByKey() async throws {
        let connection = try await dial(nil)
        defer { connection.close() }
        do {
            try await CertificateRenewal(identity: identity).renewByKey(on: connection)
        } catch let error as SecurityError where error.code == .file {
            logger.error("the new certificate is used, but could not be written", metadata: ["why": "\(error)"])
        }
        logger.notice("certificate renewed by the host's key")
    }

    private func dial(_ credentials: RPCClientTLS.Identity?) async throws -> RPCClientConnection {
        let settings = identity.settings
        var configuration = RPCClientConfiguration()
        configuration.proxy = try settings.proxy?.proxy()
        return try await RPCClient.connect(
            to: RPCTarget(
                host: settings.controllerHost,
                port: settings.controllerPort,
                serverName: ControllerAddress.serverName
            ),
            tls: RPCClientTLS(trust: .roots(pem: Array(identity.authorityPEM.utf8)), identity: credentials),
            configuration: configuration,
            logger: logger
        )
    }

    private func credentials() throws -> RPCClientTLS.Identity {
        RPCClientTLS.Identity(
            certificateChainPEM: Array(try identity.certificatePEM().utf8),
            privateKeyPEM: Array(identity.keyPEM.utf8)
        )
    }
}
