package import Logging
package import NIOCore

/// Listens for HTTP/2 over TLS 1.3 and hands every request to an `RPCService`.
///
/// Its owner calls `start()`, then `shutdownGracefully(deadline:)` when it is time to go.
package final class RPCServer: Sendable {
    /// - Parameter group: the loops to run on; nil makes `configuration.threads` of its own and ends them at shutdown.
    package init(
        configuration: RPCServerConfiguration,
        service: any RPCService,
        group: (any EventLoopGroup)? = nil,
        logger: Logger
    ) {}

    /// Binds and begins to accept. Throws `unavailable` with the reason when the address cannot be bound, and
    /// `invalidArgument` when certificate, key or trust roots cannot be read.
    package func start() async throws(RPCStatus) {
        throw RPCStatus(.unimplemented, "the transport has not landed yet")
    }

    /// The bound port; 0 before `start`.
    package var localPort: Int { 0 }

    /// Uses another certificate, key and trust roots for connections accepted from now on.
    package func replaceTLS(_ tls: RPCServerTLS) throws(RPCStatus) {}

    /// Stops accepting, sends GOAWAY on every connection, waits for their streams, and cuts what is left at the deadline.
    package func shutdownGracefully(deadline: Duration) async {}

    /// The counters now.
    package var metrics: RPCServerMetrics { RPCServerMetrics() }
}
