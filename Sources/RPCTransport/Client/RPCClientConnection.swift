package import NIOCore

/// One connection to a server, open for calls until it closes or the server sends GOAWAY.
///
/// `open`, `openHTTP`, what they return and `onGoaway` are for `eventLoop`; everything that is `async`, `close` and
/// `closed` may be used anywhere.
package final class RPCClientConnection: Sendable {
    package let eventLoop: any EventLoop
    /// The server, as TLS proved it.
    package let peer: RPCPeer
    /// Succeeds when the connection is gone, however it went.
    package let closed: EventLoopFuture<Void>
    private let session: NIOLoopBound<RPCClientSession>

    init(_ session: RPCClientSession) {
        eventLoop = session.link.eventLoop
        peer = session.peer
        closed = session.closed
        self.session = NIOLoopBound(session, eventLoop: eventLoop)
    }

    /// Called once on `eventLoop` when the server says GOAWAY: open calls go on, new ones fail `unavailable`.
    package var onGoaway: (() -> Void)? {
        get { session.value.onGoaway }
        set { session.value.onGoaway = newValue }
    }

    /// Begins a call. A failure, even an immediate one, is told to the handler by `finished`, never from within this call.
    /// - Parameter deadline: how long from now; sent as `grpc-timeout` and enforced here too.
    package func open(
        path: String,
        metadata: RPCMetadata = [:],
        deadline: TimeAmount? = nil,
        handler: any RPCClientStreamHandler
    ) -> RPCClientStream {
        session.value.open(path: path, metadata: metadata, deadline: deadline, handler: handler)
    }

    /// Begins a plain HTTP request; its body is sent by `send(message:)` and ended by `finishSending()`.
    package func openHTTP(
        method: String,
        path: String,
        headers: RPCMetadata = [:],
        handler: any RPCClientStreamHandler
    ) -> RPCClientStream {
        session.value.openHTTP(method: method, path: path, headers: headers, handler: handler)
    }

    /// Refuses new calls, lets open ones end, then closes.
    package func closeGracefully() {
        guard eventLoop.inEventLoop else { return eventLoop.execute { self.closeGracefully() } }
        session.value.closeGracefully()
    }

    /// Closes at once; open calls end `unavailable`.
    package func close() {
        guard eventLoop.inEventLoop else { return eventLoop.execute { self.close() } }
        session.value.close()
    }
}
