package import HTTP2Session
package import NIOCore

/// How a client connects and what it tolerates.
package struct RPCClientConfiguration: Sendable {
    package var limits: HTTP2Limits = HTTP2Limits()
    /// The largest gRPC message accepted, in bytes (DESIGN §11).
    package var maximumMessageBytes: Int = 1 << 20
    /// From dialling to the server's SETTINGS.
    package var connectTimeout: TimeAmount = .seconds(10)
    /// A connection that has been silent for so long is sent a PING, and closed when it does not answer within
    /// `keepaliveTimeout`; nil sends none. A server counts PINGs (`HTTP2Limits.pings`): ask no more often than every second.
    package var keepaliveInterval: TimeAmount? = nil
    package var keepaliveTimeout: TimeAmount = .seconds(20)
    /// The local address to dial from, nil for any.
    package var localAddress: String? = nil
    /// Who is asked for a tunnel to the server; nil dials the server itself.
    package var proxy: RPCProxy? = nil

    package init() {}
}
