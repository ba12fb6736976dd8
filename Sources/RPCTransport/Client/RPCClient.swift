package import Logging
package import NIOCore

/// Makes connections.
package enum RPCClient {
    /// Dials, finishes the TLS handshake and waits for the server's SETTINGS. Throws `unavailable` (cannot connect, timed
    /// out), `unauthenticated` (TLS: who refused whom) or `invalidArgument` (certificate or key cannot be read).
    /// - Parameter group: a group, or one loop to live on.
    package static func connect(
        to target: RPCTarget,
        tls: RPCClientTLS,
        configuration: RPCClientConfiguration = RPCClientConfiguration(),
        on group: any EventLoopGroup = RPCEventLoops.shared,
        logger: Logger
    ) async throws(RPCStatus) -> RPCClientConnection {
        throw RPCStatus(.unimplemented, "the transport has not landed yet")
    }
}
