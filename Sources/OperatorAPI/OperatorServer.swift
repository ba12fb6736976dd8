package import DaemonKit
package import Fleet
package import FleetController
import Foundation
import Glibc
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
package import Logging
import NIOCore
import NIOSSL
import Synchronization

/// The operator API over HTTPS: HTTP/1.1, TLS 1.3 only. `Protocols/openapi.yaml` describes it.
package final class OperatorServer: Sendable {
    /// The most connections at once; others wait to be accepted.
    private static let connections = 2_000
    /// The most event streams at once: fewer than connections, so that other requests always find one.
    private static let watches = 1_600
    /// A connection without a request for so long is closed.
    private static let idle = TimeAmount.seconds(75)
    /// An answer that many ask for may be so old, where nothing was written since.
    private static let recent = Span(milliseconds: 250)
    /// Bytes of a request's headers, and how many there may be.
    private static let headers = (bytes: 16 << 10, count: 100)

    private let host: String
    private let port: Int
    private let tls: TLSConfiguration
    private let exchange: Exchange
    private let logger: Logger
    private let bound = Mutex(0)

    /// A server over the controller's operations; `run` starts it.
    ///
    /// - Parameters:
    ///   - port: 0 takes a free one.
    ///   - certificateChainPEM: the server's certificate, followed by the authority's, which anybody may fetch and compare
    ///     with a pin.
    ///   - rate: how often each operator may ask, routes that are not counted aside.
    ///   - beat: an event stream without news says so often that it is alive.
    /// - Throws: `ControllerError` `unavailable` when the certificates or the key cannot be used.
    package init(
        host: String,
        port: Int,
        certificateChainPEM: String,
        keyPEM: String,
        operations: FleetOperations,
        logger: Logger,
        time: TimeSource = .system,
        beat: Span = .seconds(15),
        rate: RequestRate.Limit = .usual
    ) throws {
        self.host = host
        self.port = port
        self.logger = logger
        tls = try Self.tls(certificateChainPEM, keyPEM)
        let recent = RecentAnswers(age: Self.recent, time: time)
        exchange = Exchange(
            table: RouteTable(authorityPEM: Self.last(of: certificateChainPEM)),
            operations: operations,
            streams: EventStreams(
                limit: Self.watches,
                feed: EventFeed(operations: operations, beat: beat, time: time, onChange: recent.storeChanged),
                beat: beat,
                time: time
            ),
            rates: RequestRates(rate, time: time),
            answers: IdempotentAnswers(time: time),
            recent: recent,
            time: time,
            logger: logger
        )
    }

    /// The port that is bound; 0 before it is.
    package var localPort: Int { bound.withLock { $0 } }

    /// Serves until a graceful shutdown is asked for; call it once. Event streams and what hosts are answering then
    /// end at once, other requests are
    /// answered first.
    ///
    /// - Parameter onListening: called once with the bound port.
    /// - Throws: `ControllerError` `unavailable` when the address cannot be bound.
    package func run(onListening: @escaping @Sendable (Int) async -> Void = { _ in }) async throws {
        // The library's own remarks tell nothing that this server does not say in its own words.
        var quiet = logger
        quiet.logLevel = .critical
        let server = Server(
            childChannelSetup: try channel(),
            configuration: ServerConfiguration(
                address: .hostname(host, port: port),
                availableConnectionsDelegate: .maximum(Self.connections, logger: quiet)
            ),
            onServerRunning: { [self] channel in
                let port = channel.localAddress?.port ?? 0
                bound.withLock { $0 = port }
                logger.info("listening for operators", metadata: ["port": "\(port)"])
                await onListening(port)
            },
            eventLoopGroup: EventLoopGroupProvider.singleton.eventLoopGroup,
            logger: quiet
        )
        do {
            try await GracefulShutdown.during {
                try await withThrowingTaskGroup(of: Void.self) { [feed = exchange.streams.feed] group in
                    group.addTask { await feed.run() }
                    defer { group.cancelAll() }
                    try await server.run()
                }
            } onRequest: { [exchange] in
                exchange.operations.endAnswers()
                exchange.streams.feed.end()
            }
        } catch  where localPort == 0 {
            throw ControllerError(
                .unavailable,
                "cannot listen for operators on \(host):\(port): \(Self.reason(error))",
                hint: "stop what listens there, or choose another: --listen-api HOST:PORT",
                cause: error
            )
        }
    }

    private func channel() throws -> TLSChannel<HTTP1Channel> {
        let configuration = HTTP1Channel.Configuration(
            idleTimeout: Self.idle,
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: Self.headers.bytes,
                maxHeaderListSize: Self.headers.bytes,
                maxHeaderFieldCount: Self.headers.count
            )
        )
        let plain = HTTP1Channel(
            responder: { [exchange] request, writer, channel in
                let peer = channel.remoteAddress.map { "\($0.ipAddress ?? "?"):\($0.port ?? 0)" } ?? "?"
                try await exchange.answer(request, writer, peer: peer)
            },
            configuration: configuration
        )
        return try TLSChannel(plain, tlsConfiguration: tls)
    }

    private static func tls(_ chainPEM: String, _ keyPEM: String) throws -> TLSConfiguration {
        do {
            let chain = try NIOSSLCertificate.fromPEMBytes(Array(chainPEM.utf8))
            let key = try NIOSSLPrivateKey(bytes: Array(keyPEM.utf8), format: .pem)
            var tls = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) },
                privateKey: .privateKey(key)
            )
            tls.minimumTLSVersion = .tlsv13
            tls.applicationProtocols = ["http/1.1"]
            return tls
        } catch {
            throw ControllerError(
                .unavailable,
                "the operator API cannot use its certificate: \(error)",
                hint: "check authority.pem and authority-key.pem in the data directory",
                cause: error
            )
        }
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        return unsafe String(cString: strerror(error.errnoCode))
    }

    private static func last(of chain: String) -> String {
        let begin = "-----BEGIN CERTIFICATE-----"
        guard let last = chain.components(separatedBy: begin).last else { return chain }
        return begin + last
    }
}
