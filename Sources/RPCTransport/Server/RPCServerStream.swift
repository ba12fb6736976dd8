package import HTTP2Session
package import NIOCore

/// The transport's half of one request on a server. Use it on `eventLoop` only; hop there from elsewhere with
/// `eventLoop.execute`. After the stream has closed every call does nothing.
///
/// ```
/// response:  idle → headSent → finished        stream:  open → closed (the handler hears it once)
///              └──────────────────┘
/// ```
///
/// `@unchecked Sendable`: its state is confined to `eventLoop`, which every entry asserts.
package final class RPCServerStream: @unchecked Sendable {
    private enum Response {
        case idle
        case headSent
        case finished
    }

    let session: RPCServerSession
    private let stream: HTTP2Stream
    private let kind: RPCRequest.Kind
    private var handler: (any RPCServerStreamHandler)?
    private var body: RPCInboundBody
    private var response = Response.idle
    private var isClosed = false
    private var isDelivering = false
    /// What ended the stream before its time.
    private var reason: RPCStatus?
    private var deadline: Scheduled<Void>?
    private let begunAt: NIODeadline

    private init(_ stream: HTTP2Stream, kind: RPCRequest.Kind, on session: RPCServerSession) {
        self.stream = stream
        self.kind = kind
        self.session = session
        let configuration = session.loop.configuration
        let most = session.isAnonymous ? configuration.anonymousMessageBytes : configuration.maximumMessageBytes
        body = RPCInboundBody(maximumMessageBytes: kind == .rpc ? most : nil)
        begunAt = session.link.lastReadAt
        stream.attachment = self
        session.counters.streamsOpened.count()
    }

    package var eventLoop: any EventLoop { session.link.eventLoop }

    /// False while more than the high watermark (64 KiB) waits to be sent; a handler that streams stops then.
    package var isWritable: Bool { stream.isWritable && !isClosed }

    /// Nothing can be sent any more.
    package var isFinished: Bool { isClosed || response == .finished }

    // MARK: Sending

    /// Sends one gRPC message; the response's head goes out first if it has not.
    package func send(message: ByteBuffer) {
        eventLoop.assertInEventLoop()
        guard !isFinished else { return }
        sendHeaders()
        session.link.http2.send(message, isPrefixed: true, on: stream)
        session.counters.messagesOut.count()
        session.link.setNeedsFlush()
    }

    /// Sends the response's head now, with further header fields.
    package func sendHeaders(_ metadata: RPCMetadata = [:]) {
        eventLoop.assertInEventLoop()
        guard !isClosed, response == .idle else { return }
        response = .headSent
        session.link.http2.respond(RPCHeaders.responseHead(metadata), endsStream: false, on: stream)
        session.link.setNeedsFlush()
    }

    /// Ends an RPC with its status and further trailer fields.
    package func finish(_ status: RPCStatus = .ok, trailers: RPCMetadata = [:]) {
        eventLoop.assertInEventLoop()
        guard !isFinished else { return }
        let isTrailersOnly = response == .idle
        response = .finished
        if isTrailersOnly {
            respondAndEnd(RPCHeaders.trailersOnly(status, trailers))
        } else {
            let fields = RPCHeaders.trailers(status, trailers)
            session.link.http2.finish(stream, trailers: fields, abandonsPeer: !body.isEndReceived)
            session.link.setNeedsFlush()
        }
        dropInbound()
    }

    /// Answers an HTTP request with its head.
    package func respond(status: Int, headers: RPCMetadata = [:]) {
        eventLoop.assertInEventLoop()
        guard !isClosed, response == .idle else { return }
        response = .headSent
        session.link.http2.respond(RPCHeaders.http(status: status, headers), endsStream: false, on: stream)
        session.link.setNeedsFlush()
    }

    /// Sends a piece of an HTTP response's body.
    package func send(chunk: ByteBuffer) {
        eventLoop.assertInEventLoop()
        guard !isClosed, response == .headSent else { return }
        session.link.http2.send(chunk, on: stream)
        session.link.setNeedsFlush()
    }

    /// Ends an HTTP response's body. Without a head before, the response is an empty 204.
    package func finishBody() {
        eventLoop.assertInEventLoop()
        guard !isFinished else { return }
        let isHeadless = response == .idle
        response = .finished
        if isHeadless {
            respondAndEnd(RPCHeaders.http(status: 204, [:]))
        } else {
            session.link.http2.finish(stream, trailers: nil, abandonsPeer: !body.isEndReceived)
            session.link.setNeedsFlush()
        }
        dropInbound()
    }

    /// Ends the stream at once with RST_STREAM.
    package func reset(_ code: HTTP2ErrorCode) {
        eventLoop.assertInEventLoop()
        guard !isClosed else { return }
        response = .finished
        reason = reason ?? RPCStatus(.aborted, "reset by this end")
        session.link.http2.reset(stream, code)
        session.link.setNeedsFlush()
        dropInbound()
    }

    private func respondAndEnd(_ headers: HTTP2Headers) {
        if !body.isEndReceived { session.link.http2.abandonPeer(stream) }
        session.link.http2.respond(headers, endsStream: true, on: stream)
        session.link.setNeedsFlush()
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

    func received(_ bytes: ByteBuffer) {
        body.append(bytes)
        deliver()
    }

    func receivedEnd() {
        body.end()
        deliver()
    }

    func becameWritable() {
        guard !isFinished else { return }
        handler?.writabilityChanged(isWritable: true)
    }

    private func deliver() {
        guard !isDelivering else { return }
        isDelivering = true
        while !isClosed, let delivery = body.next() {
            switch delivery {
            case .message(let message):
                if kind == .rpc { session.counters.messagesIn.count() }
                handler?.received(message: message)
            case .end: handler?.receivedEnd()
            case .failure(let status):
                session.counters.violated(status.code == .resourceExhausted ? "messageTooLarge" : "framing")
                fail(status)
            }
        }
        isDelivering = false
        giveWindowBack()
    }

    private func giveWindowBack() {
        let count = body.takeConsumed()
        guard count > 0 else { return }
        session.link.http2.consumed(count, on: stream)
        session.link.setNeedsFlush()
    }

    private func dropInbound() {
        body.discard()
        if !isDelivering { giveWindowBack() }
    }

    /// Ends the stream on the transport's own account; the handler hears why when it closes.
    private func fail(_ status: RPCStatus) {
        guard !isFinished else { return }
        reason = status
        switch kind {
        case .rpc: finish(status)
        case .http: response == .idle ? refuse(RPCHeaders.httpStatus(of: status)) : reset(.internalError)
        }
    }

    private func refuse(_ status: Int) {
        respond(status: status, headers: ["content-length": "0"])
        finishBody()
    }

    // MARK: Ending

    func closed(_ code: HTTP2ErrorCode) {
        if reason == nil, code != .noError || response != .finished {
            reason = RPCStatus(.cancelled, "the caller reset the stream (HTTP/2 error \(code.rawValue))")
        }
        end()
    }

    func disconnected() {
        reason = reason ?? RPCStatus(.unavailable, "the connection was lost")
        end()
    }

    private func end() {
        guard !isClosed else { return }
        isClosed = true
        deadline?.cancel()
        deadline = nil
        stream.attachment = nil
        dropInbound()
        session.counters.streamsClosed.count()
        let handler = handler
        self.handler = nil
        handler?.closed(reason: reason)
    }
}

extension RPCServerStream {
    /// Reads a request's head and asks the service for its handler, or refuses it.
    static func begin(
        _ stream: HTTP2Stream,
        _ headers: HTTP2Headers,
        endsStream: Bool,
        on session: RPCServerSession
    ) {
        guard let connection = session.connection else { return }
        let (request, refusal) = RPCRequest.parse(headers, on: connection, session.loop)
        guard let request else {
            let open = RPCServerStream(stream, kind: .rpc, on: session)
            if endsStream { open.body.end() }
            return open.refuse(refusal)
        }
        let open = RPCServerStream(stream, kind: request.kind, on: session)
        if endsStream { open.body.end() }
        do throws(RPCStatus) {
            open.handler = try session.loop.service.accept(request, on: open)
        } catch {
            return open.fail(error)
        }
        if let deadline = request.deadline, !open.isClosed { open.enforce(deadline) }
        if endsStream { open.deliver() }
    }

    /// The header list was above the limit: its fields are gone, so the answer speaks both languages.
    static func refuseHeaders(of stream: HTTP2Stream, on session: RPCServerSession) {
        if let open = stream.attachment as? RPCServerStream {
            return open.fail(RPCStatus(.resourceExhausted, "the trailers are larger than this server accepts"))
        }
        let open = RPCServerStream(stream, kind: .rpc, on: session)
        open.response = .finished
        open.respondAndEnd(RPCHeaders.headerListTooLarge)
        open.dropInbound()
    }

    private func refuse(_ refusal: RPCRequest.Refusal?) {
        switch refusal {
        case .http(let status, let violation):
            session.counters.violated(violation)
            refuse(status)
        case .rpc(let status, let violation):
            session.counters.violated(violation)
            fail(status)
        case nil: reset(.internalError)
        }
    }

    /// Ends a stream that has lasted longer than it may; one that cannot even take its end is reset.
    func enforce(age most: TimeAmount, _ now: NIODeadline) {
        guard !isClosed, now - begunAt > most else { return }
        if !isFinished {
            session.counters.violated("anonymousDeadline")
            fail(RPCStatus(.deadlineExceeded, "a caller without a certificate has \(most.nanoseconds / 1_000_000) ms"))
        } else if now - begunAt > most + most {
            reset(.cancel)
        }
    }

    private func enforce(_ instant: NIODeadline) {
        deadline = eventLoop.scheduleTask(deadline: instant) { [weak self] in
            guard let self, !isFinished else { return }
            session.counters.violated("deadline")
            fail(RPCStatus(.deadlineExceeded, "the deadline passed before the call ended"))
        }
    }
}
