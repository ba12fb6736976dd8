package import NIOCore

/// The transport's half of one call on a client. Use it on `eventLoop` only. After the stream has closed every call does
/// nothing.
///
/// `@unchecked Sendable`: its state is confined to `eventLoop`, which every entry asserts.
package final class RPCClientStream: @unchecked Sendable {
    package let eventLoop: any EventLoop
    /// False while more than the high watermark (64 KiB) waits to be sent.
    package private(set) var isWritable = true

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Sends one gRPC message (of an HTTP request: a piece of the body).
    package func send(message: ByteBuffer) {}
    /// Ends the request; the response may go on.
    package func finishSending() {}
    /// Gives up: RST_STREAM `CANCEL`, and the handler hears `finished(cancelled)`.
    package func cancel() {}
    /// Delivers nothing more until `resumeReading`; the peer's flow-control window then closes behind what it has sent.
    package func pauseReading() {}
    package func resumeReading() {}
}
