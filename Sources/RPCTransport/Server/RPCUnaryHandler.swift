package import NIOCore

/// The handler of a method that takes one message and answers one.
///
/// The closure is called on the event loop when the request is whole; it answers at once or later through the reply.
package final class RPCUnaryHandler: RPCServerStreamHandler {
    private let stream: RPCServerStream
    private let answer: (ByteBuffer, RPCUnaryReply) -> Void
    private var request: ByteBuffer?
    private var isRefused = false

    package init(stream: RPCServerStream, answer: @escaping (ByteBuffer, RPCUnaryReply) -> Void) {
        self.stream = stream
        self.answer = answer
    }

    package func received(message: ByteBuffer) {
        guard request == nil, !isRefused else {
            isRefused = true
            request = nil
            stream.finish(RPCStatus(.internal, "a unary call carries one message, this one carried more"))
            return
        }
        request = message
    }

    package func receivedEnd() {
        guard !isRefused else { return }
        guard let message = request else {
            stream.finish(RPCStatus(.internal, "a unary call carries one message, this one carried none"))
            return
        }
        request = nil
        answer(message, RPCUnaryReply(stream: stream))
    }
}

/// Answers one unary call, from any thread, once.
package struct RPCUnaryReply: Sendable {
    let stream: RPCServerStream

    /// Sends the answer and `ok`.
    package func succeed(_ message: ByteBuffer) {
        let stream = stream
        guard stream.eventLoop.inEventLoop else { return stream.eventLoop.execute { succeed(message) } }
        stream.send(message: message)
        stream.finish()
    }

    /// Ends the call with a status that is not `ok`.
    package func fail(_ status: RPCStatus) {
        let stream = stream
        guard stream.eventLoop.inEventLoop else { return stream.eventLoop.execute { fail(status) } }
        stream.finish(status)
    }
}
