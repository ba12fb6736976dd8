package import HTTP2Session
package import NIOCore

/// The transport's half of one request on a server. Use it on `eventLoop` only; hop there from elsewhere with
/// `eventLoop.execute`. After the stream has closed every call does nothing.
///
/// `@unchecked Sendable`: its state is confined to `eventLoop`, which every entry asserts.
package final class RPCServerStream: @unchecked Sendable {
    package let eventLoop: any EventLoop
    /// False while more than the high watermark (64 KiB) waits to be sent; a handler that streams stops then.
    package private(set) var isWritable = true

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Sends one gRPC message; the response's head goes out first if it has not.
    package func send(message: ByteBuffer) {}
    /// Sends the response's head now, with further header fields.
    package func sendHeaders(_ metadata: RPCMetadata = [:]) {}
    /// Ends an RPC with its status and further trailer fields.
    package func finish(_ status: RPCStatus = .ok, trailers: RPCMetadata = [:]) {}
    /// Answers an HTTP request with its head.
    package func respond(status: Int, headers: RPCMetadata = [:]) {}
    /// Sends a piece of an HTTP response's body.
    package func send(chunk: ByteBuffer) {}
    /// Ends an HTTP response's body.
    package func finishBody() {}
    /// Delivers nothing more until `resumeReading`; the peer's flow-control window then closes behind what it has sent.
    package func pauseReading() {}
    package func resumeReading() {}
    /// Ends the stream at once with RST_STREAM.
    package func reset(_ code: HTTP2ErrorCode) {}
}
