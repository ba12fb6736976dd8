package import NIOCore

extension RPCClientConnection {
    /// One message there, one message back. Throws the call's status when it is not `ok`; cancelling the task cancels the call.
    package func unary(
        path: String,
        message: ByteBuffer,
        metadata: RPCMetadata = [:],
        deadline: TimeAmount? = nil
    ) async throws(RPCStatus) -> ByteBuffer {
        let promise = eventLoop.makePromise(of: ByteBuffer.self)
        let begun = eventLoop.submit {
            let call = RPCUnaryCall(promise)
            let stream = self.open(path: path, metadata: metadata, deadline: deadline, handler: call)
            stream.send(message: message)
            stream.finishSending()
            return stream
        }
        do {
            return try await withTaskCancellationHandler {
                try await promise.futureResult.get()
            } onCancel: {
                begun.whenSuccess { $0.cancel() }
            }
        } catch {
            throw RPCStatus(describing: error)
        }
    }

    /// Begins a streaming call of any shape.
    package func openStream(
        path: String,
        metadata: RPCMetadata = [:],
        deadline: TimeAmount? = nil
    ) async throws(RPCStatus) -> RPCDuplex {
        try await duplex { receiver in
            self.open(path: path, metadata: metadata, deadline: deadline, handler: receiver)
        }
    }

    /// Begins a GET and returns when the response's head is here.
    /// - Parameter range: bytes asked for (`Range: bytes=a-b`), nil for all; an upper bound of `Int.max` leaves it open.
    package func get(
        path: String,
        range: Range<Int>? = nil,
        headers: RPCMetadata = [:]
    ) async throws(RPCStatus) -> RPCDownload {
        var headers = headers
        if let range {
            let last = range.upperBound == Int.max ? "" : String(range.upperBound - 1)
            headers.add("range", "bytes=\(range.lowerBound)-\(last)")
        }
        let fields = headers
        let duplex = try await duplex { receiver in
            let stream = self.openHTTP(method: "GET", path: path, headers: fields, handler: receiver)
            stream.finishSending()
            return stream
        }
        return RPCDownload(head: try await duplex.head(), body: duplex.inbound)
    }

    /// Sends a PUT whose body is the sequence, no faster than the peer takes it, and returns the response's head and body
    /// (at most 64 KiB of it). A server that answers before it has read everything ends the sending.
    package func put<Body: AsyncSequence & Sendable>(
        path: String,
        headers: RPCMetadata = [:],
        body: Body
    ) async throws -> (head: RPCResponseHead, body: ByteBuffer) where Body.Element == ByteBuffer {
        let duplex = try await duplex { receiver in
            self.openHTTP(method: "PUT", path: path, headers: headers, handler: receiver)
        }
        do {
            for try await chunk in body {
                do throws(RPCStatus) {
                    try await duplex.send(chunk)
                } catch {
                    break
                }
            }
        } catch {
            duplex.cancel()
            throw error
        }
        duplex.finishSending()
        let head = try await duplex.head()
        var answer = ByteBuffer()
        for try await chunk in duplex.inbound where answer.readableBytes + chunk.readableBytes <= 64 << 10 {
            answer.writeImmutableBuffer(chunk)
        }
        return (head, answer)
    }

    private func duplex(
        _ begin: @escaping @Sendable (RPCStreamReceiver) -> RPCClientStream
    ) async throws(RPCStatus) -> RPCDuplex {
        do {
            return try await eventLoop.submit {
                let receiver = RPCStreamReceiver(eventLoop: self.eventLoop)
                let stream = begin(receiver)
                receiver.attach(stream)
                guard let inbound = receiver.takeInbound() else {
                    throw RPCStatus(.internal, "the sequence was given away before")
                }
                let bound = NIOLoopBound(receiver, eventLoop: self.eventLoop)
                return RPCDuplex(inbound: inbound, stream: stream, receiver: bound)
            }.get()
        } catch {
            throw RPCStatus(describing: error)
        }
    }
}
