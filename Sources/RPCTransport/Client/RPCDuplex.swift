package import NIOCore

/// A streaming call for async code: send with back-pressure, receive as a sequence. Usable from any task.
package struct RPCDuplex: Sendable {
    /// The messages as they arrive. The peer's flow-control window is given back only as they are consumed. It ends when the
    /// status is `ok` and throws the `RPCStatus` otherwise. One consumer, once; dropping it cancels the call.
    package let inbound: RPCInbound

    let stream: RPCClientStream
    let receiver: NIOLoopBound<RPCStreamReceiver>

    /// Sends one message; returns once there is room for the next. Throws the status when the call is over.
    package func send(_ message: ByteBuffer) async throws(RPCStatus) {
        let (stream, receiver) = (stream, receiver)
        do {
            try await stream.eventLoop.flatSubmit { receiver.value.send(message, on: stream) }.get()
        } catch {
            throw RPCStatus(describing: error)
        }
    }

    /// Ends the request; the response may go on.
    package func finishSending() {
        let stream = stream
        stream.eventLoop.execute { stream.finishSending() }
    }

    /// Gives up: RST_STREAM `CANCEL`.
    package func cancel() {
        let stream = stream
        stream.eventLoop.execute { stream.cancel() }
    }

    /// The response's head, once it is here. Throws the status of a call that ended without one.
    package func head() async throws(RPCStatus) -> RPCResponseHead {
        let receiver = receiver
        do {
            return try await stream.eventLoop.flatSubmit { receiver.value.head.futureResult }.get()
        } catch {
            throw RPCStatus(describing: error)
        }
    }
}
