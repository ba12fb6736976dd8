package import FleetController
import Foundation
import Hummingbird
import HummingbirdTLS
package import Logging
import NIOCore
import NIOSSL
import Synchronization

/// The operator API over HTTPS: HTTP/1.1, TLS 1.3 only. `Protocols/openapi.yaml` describes it.
package final class OperatorServer: Sendable {
    private let host: String
    private let port: Int
    private let tls: TLSConfiguration
    private let routes: OperatorRoutes
    private let logger: Logger
    private let bound = Mutex(0)

    /// A server over the controller's operations; `run` starts it.
    ///
    /// - Parameters:
    ///   - port: 0 takes a free one.
    ///   - certificateChainPEM: the server's certificate, followed by the authority's, which anybody may fetch and compare
    ///     with a pin.
    /// - Throws: `ControllerError` `unavailable` when the certificates or the key cannot be used.
    package init(
        host: String,
        port: Int,
        certificateChainPEM: String,
        keyPEM: String,
        operations: FleetOperations,
        logger: Logger
    ) throws {
        self.host = host
        self.port = port
        self.logger = logger
        do {
            let chain = try NIOSSLCertificate.fromPEMBytes(Array(certificateChainPEM.utf8))
            let key = try NIOSSLPrivateKey(bytes: Array(keyPEM.utf8), format: .pem)
            var tls = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) },
                privateKey: .privateKey(key)
            )
            tls.minimumTLSVersion = .tlsv13
            self.tls = tls
        } catch {
            throw ControllerError(
                .unavailable,
                "the operator API cannot use its certificate: \(error)",
                hint: "check authority.pem and authority-key.pem in the data directory",
                cause: error
            )
        }
        routes = OperatorRoutes(operations: operations, authorityPEM: Self.last(of: certificateChainPEM))
    }

    /// The port that is bound; 0 before it is.
    package var localPort: Int { bound.withLock { $0 } }

    /// Serves until a graceful shutdown was asked for; call it once. Event streams end at once, other requests are
    /// answered first.
    ///
    /// - Parameter onListening: called once with the bound port.
    /// - Throws: `ControllerError` `unavailable` when the address cannot be bound.
    package func run(onListening: @escaping @Sendable (Int) async -> Void = { _ in }) async throws {
        let router = Router(context: OperatorContext.self)
        router.add(middleware: ProblemMiddleware())
        router.add(middleware: AuthenticationMiddleware(operations: routes.operations))
        routes.add(to: router)
        // The library's own remarks tell nothing that this server does not say in its own words.
        var quiet = logger
        quiet.logLevel = .critical
        let application = Application(
            router: router,
            server: try .tls(.http1(configuration: .init(idleTimeout: .seconds(120))), tlsConfiguration: tls),
            configuration: .init(address: .hostname(host, port: port)),
            onServerRunning: { [self] channel in
                let port = channel.localAddress?.port ?? 0
                bound.withLock { $0 = port }
                logger.info("listening for operators", metadata: ["port": "\(port)"])
                await onListening(port)
            },
            logger: quiet
        )
        do {
            try await application.run()
        } catch  where localPort == 0 {
            throw ControllerError(
                .unavailable,
                "cannot listen for operators on \(host):\(port): \(error)",
                hint: "stop what listens there, or choose another: --listen-api HOST:PORT",
                cause: error
            )
        }
    }

    private static func last(of chain: String) -> String {
        let begin = "-----BEGIN CERTIFICATE-----"
        guard let last = chain.components(separatedBy: begin).last else { return chain }
        return begin + last
    }
}
