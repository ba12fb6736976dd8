package import HTTP2Session
package import NIOCore

/// How a server listens and what it tolerates.
package struct RPCServerConfiguration: Sendable {
    /// The address to bind.
    package var host: String
    /// The port to bind; 0 takes a free one (`RPCServer.localPort` tells which).
    package var port: Int
    package var tls: RPCServerTLS
    package var limits: HTTP2Limits
    /// The largest gRPC message accepted, in bytes (DESIGN §11).
    package var maximumMessageBytes: Int = 1 << 20
    /// Connections held at once; more are closed at once and counted.
    package var maximumConnections: Int = 16_384
    /// Handshakes in progress at once; further connections wait in the kernel's backlog, which is a delay and no refusal.
    package var maximumHandshakes: Int = 128
    /// From accept to a finished TLS handshake and HTTP/2 preface.
    package var handshakeTimeout: TimeAmount = .seconds(10)
    /// A connection without any stream for so long is closed gracefully; nil never closes it.
    package var idleTimeout: TimeAmount? = .minutes(10)
    /// A connection that has been silent for so long is sent a PING, and closed when it does not answer within
    /// `keepaliveTimeout`; nil sends none.
    package var keepaliveInterval: TimeAmount? = .seconds(45)
    package var keepaliveTimeout: TimeAmount = .seconds(20)
    /// The largest gRPC message accepted from a peer without a certificate, in bytes: anybody may send it.
    package var anonymousMessageBytes: Int = 32 << 10
    /// How long a stream of a peer without a certificate may last, whatever deadline it asks for; nil for any time.
    package var anonymousDeadline: TimeAmount? = .seconds(10)
    /// How long a connection of a peer without a certificate is served before it is sent away gracefully; nil for any time.
    package var anonymousLifetime: TimeAmount? = .seconds(20)
    /// The kernel's queue of connections not yet accepted.
    package var backlog: Int32 = 4096
    /// Event-loop threads that the server makes for itself when it is given no group.
    package var threads: Int = 1

    package init(host: String, port: Int, tls: RPCServerTLS, limits: HTTP2Limits = HTTP2Limits()) {
        self.host = host
        self.port = port
        self.tls = tls
        self.limits = limits
    }
}
