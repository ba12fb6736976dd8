import HTTP2Session
package import NIOCore

/// The transport's half of one call on a client. Use it on `eventLoop` only. After the call is over every call does nothing.
///
/// ```
/// pending → open → (END_STREAM or reset) → ending: what arrived is still being delivered → finished (heard once)
/// ```
///
/// `@unchecked Sendable`: its state is confined to `eventLoop`, which every entry asserts.
package final class RPCClientStream: @unchecked Sendable {
    package let eventLoop: any EventLoop

    private let session: RPCClientSession
    private let isRPC: Bool
    private var stream: HTTP2Stream?
    private var handler: (any RPCClientStreamHandler)?
    private var body: RPCInboundBody
    private var head: RPCResponseHead?
    private var trailers = RPCMetadata()
    /// How the call ends, once everything that arrived is delivered.
    private var outcome: RPCStatus?
    private var isDelivering = false
    private var isSendingEnded = false
    private var deadline: Scheduled<Void>?

    init(session: RPCClientSession, isRPC: Bool, handler: any RPCClientStreamHandler) {
        self.session = session
        self.isRPC = isRPC
        self.handler = handler
        eventLoop = session.link.eventLoop
        body = RPCInboundBody(maximumMessageBytes: isRPC ? session.configuration.maximumMessageBytes : nil)
    }

    /// False while more than the high watermark (64 KiB) waits to be sent, and once the call is over.
    package var isWritable: Bool { stream?.isWritable == true && handler != nil }

    /// `finished` has been called, or will be as soon as what arrived is delivered.
    package var isOver: Bool { handler == nil || outcome != nil }

    // MARK: Sending

    /// Sends one gRPC message (of an HTTP request: a piece of the body).
    package func send(message: ByteBuffer) {
        eventLoop.assertInEventLoop()
        guard let stream, !isOver, !isSendingEnded else { return }
        session.link.http2.send(message, isPrefixed: isRPC, on: stream)
        session.link.setNeedsFlush()
    }

    /// Ends the request; the response may go on.
    package func finishSending() {
        eventLoop.assertInEventLoop()
        guard let stream, !isOver, !isSendingEnded else { return }
        isSendingEnded = true
        session.link.http2.finish(stream, trailers: nil, abandonsPeer: false)
        session.link.setNeedsFlush()
    }

    /// Gives up: RST_STREAM `CANCEL`, and the handler hears `finished(cancelled)`.
    package func cancel() {
        abandon(RPCStatus(.cancelled, "cancelled by this end"))
    }

    private func abandon(_ status: RPCStatus) {
        eventLoop.assertInEventLoop()
        guard handler != nil else { return }
        if let stream { session.link.http2.reset(stream, .cancel) }
        session.link.setNeedsFlush()
        body.discard()
        finish(status)
    }

    // MARK: Receiving

    /// Delivers nothing more until `resumeReading`; the peer's flow-control window then closes behind what it has sent.
    package func pauseReading() {
        eventLoop.assertInEventLoop()
        body.isPaused = true
    }

    package func resumeReading() {
        eventLoop.assertInEventLoop()
        body.isPaused = false
        deliver()
    }

    func begun(_ stream: HTTP2Stream, deadline time: TimeAmount?) {
        self.stream = stream
        stream.attachment = self
        guard let time else { return }
        deadline = eventLoop.scheduleTask(in: time) { [weak self] in
            self?.abandon(RPCStatus(.deadlineExceeded, "the deadline passed before the call ended"))
        }
    }

    /// The call could not begin; said in the loop's next turn, so that the caller has its stream first.
    func refused(_ status: RPCStatus) {
        outcome = status
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute { bound.value.finish(status) }
    }

    func received(_ headers: HTTP2Headers, endsStream: Bool) {
        let fields = RPCMetadata(
            headers.fields.filter { !$0.name.hasPrefix(":") }.map { RPCMetadata.Field(name: $0.name, value: $0.value) }
        )
        if head == nil {
            let status = headers[":status"].flatMap { Int($0) } ?? 0
            if (100..<200).contains(status) { return }
            let head = RPCResponseHead(status: status, headers: fields)
            self.head = head
            if endsStream { trailers = fields }
            handler?.receivedHead(head)
        } else {
            trailers = fields
        }
        if endsStream { receivedEnd() }
    }

    func received(_ bytes: ByteBuffer) {
        body.append(bytes)
        deliver()
    }

    func receivedEnd() {
        body.end()
        if outcome == nil { outcome = statusAtEnd() }
        deliver()
    }

    func becameWritable() {
        guard !isOver else { return }
        handler?.writabilityChanged(isWritable: true)
    }

    func closed(_ code: HTTP2ErrorCode) {
        if outcome == nil {
            body.discard()
            outcome = RPCClientStream.status(ofReset: code)
        } else if !body.isEndReceived {
            body.discard()
        }
        stream?.attachment = nil
        deliver()
    }

    func disconnected(_ status: RPCStatus) {
        if outcome == nil {
            body.discard()
            outcome = status
        }
        stream?.attachment = nil
        deliver()
    }

    private func deliver() {
        guard !isDelivering else { return }
        isDelivering = true
        while handler != nil, let delivery = body.next() {
            switch delivery {
            case .message(let message): handler?.received(message: message)
            case .end: break
            case .failure(let status):
                if let stream { session.link.http2.reset(stream, .cancel) }
                outcome = status
            }
        }
        isDelivering = false
        giveWindowBack()
        if let outcome, body.isOver { finish(outcome) }
    }

    private func giveWindowBack() {
        let count = body.takeConsumed()
        guard count > 0, let stream else { return }
        session.link.http2.consumed(count, on: stream)
        session.link.setNeedsFlush()
    }

    // MARK: Ending

    private func finish(_ status: RPCStatus) {
        guard let handler else { return }
        self.handler = nil
        outcome = status
        deadline?.cancel()
        deadline = nil
        body.discard()
        giveWindowBack()
        handler.finished(status, trailers: trailers)
    }

    private func statusAtEnd() -> RPCStatus {
        guard isRPC else { return .ok }
        if let text = trailers["grpc-status"] {
            let code = Int(text).flatMap { RPCStatus.Code(rawValue: $0) } ?? .unknown
            return RPCStatus(code, RPCPercentEncoding.decode(trailers["grpc-message"] ?? ""))
        }
        guard let head, head.status != 200 else {
            return RPCStatus(.internal, "the response ended without grpc-status")
        }
        return RPCStatus(RPCClientStream.code(ofHTTP: head.status), "the server answered HTTP \(head.status)")
    }

    /// gRPC's `doc/http-grpc-status-mapping.md`.
    private static func code(ofHTTP status: Int) -> RPCStatus.Code {
        switch status {
        case 400: .internal
        case 401: .unauthenticated
        case 403: .permissionDenied
        case 404: .unimplemented
        case 429, 502, 503, 504: .unavailable
        default: .unknown
        }
    }

    /// gRPC over HTTP/2, "HTTP2 Transport Mapping": what a reset means.
    private static func status(ofReset code: HTTP2ErrorCode) -> RPCStatus {
        let text = "the server reset the stream (HTTP/2 error \(code.rawValue))"
        switch code {
        case .refusedStream: return RPCStatus(.unavailable, text + " before it worked on it; try again")
        case .cancel: return RPCStatus(.cancelled, text)
        case .enhanceYourCalm: return RPCStatus(.resourceExhausted, text)
        case .inadequateSecurity: return RPCStatus(.permissionDenied, text)
        default: return RPCStatus(.internal, text)
        }
    }
}
