import CNGHTTP2
package import NIOCore

/// One end of an HTTP/2 connection (RFC 9113) without its socket: bytes in become events, commands become bytes out.
///
/// The owner feeds `receive`, then takes events with `nextEvent` until there is none, then sends what `drain` gives, takes the
/// events that sending caused, and closes the transport once `isFinished`. It is not thread safe. Commands on a closed stream do
/// nothing: the peer may have closed it while they were on their way. No method changes the value itself, only the session
/// that it owns, so an owner keeps it in a `let` and may call it from within an event.
///
/// ```
/// bytes → receive → nextEvent* → owner → respond, send, finish, reset, consumed → drain → bytes
/// ```
package struct HTTP2Connection: ~Copyable {
    /// Which end this is.
    package enum Role: Sendable {
        case client
        case server
    }

    private let session: OpaquePointer
    private let state: HTTP2SessionState

    /// Begins a connection; our SETTINGS (and a client's preface) wait in `drain`.
    /// - Throws: `HTTP2SessionError` when nghttp2 has no memory.
    package init(role: Role, limits: HTTP2Limits) throws(HTTP2SessionError) {
        let state = HTTP2SessionState(role: role, limits: limits)
        self.state = state
        session = try HTTP2Connection.makeSession(role: role, limits: limits, state: state)
    }

    deinit {
        nghttp2_session_del(session)
    }

    /// Nothing more will be read or sent: close the transport.
    package var isFinished: Bool {
        if state.failure != nil { return state.isFailureSent }
        return nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0
    }

    /// How many streams have not closed.
    package var openStreams: Int { state.openStreams }

    /// Every stream that has not closed, the newest first.
    package var streams: [HTTP2Stream] {
        state.newest.map { Array(sequence(first: $0, next: \.next)) } ?? []
    }

    // MARK: In

    /// Digests bytes from the peer. What they mean waits in `nextEvent`; what must be answered waits in `drain`.
    /// - Parameter now: nanoseconds of a clock that never goes back; limits per second are measured by it.
    package func receive(_ bytes: ByteBuffer, at now: UInt64) {
        guard state.failure == nil else { return }
        state.now = now
        state.input = bytes
        let result = bytes.withUnsafeReadableBytes { bytes in
            state.inputBase = bytes.baseAddress
            return nghttp2_session_mem_recv(session, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
        }
        state.inputBase = nil
        state.input = ByteBuffer()
        if result < 0, state.failure == nil {
            _ = state.fail(HTTP2SessionState.violation(of: Int32(result)))
        }
    }

    /// The oldest event not yet taken.
    package func nextEvent() -> HTTP2Event? {
        state.nextEvent()
    }

    // MARK: Out

    /// Appends what waits to be sent, until about `limit` bytes are there. A frame is never split between two calls.
    /// - Returns: whether more waits.
    package func drain(into buffer: inout ByteBuffer, limit: Int) -> Bool {
        if let failure = state.failure {
            if !state.isFailureSent {
                state.isFailureSent = true
                writeGoaway(for: failure, into: &buffer)
            }
            return false
        }
        if state.returnedBytes > 0 {
            nghttp2_session_consume_connection(session, state.returnedBytes)
            state.returnedBytes = 0
        }
        swap(&state.output, &buffer)
        defer { swap(&state.output, &buffer) }
        while state.output.readableBytes < limit {
            var bytes: UnsafePointer<UInt8>?
            let count = nghttp2_session_mem_send(session, &bytes)
            if count < 0 {
                _ = state.fail(HTTP2SessionState.violation(of: Int32(count)))
                return true
            }
            guard count > 0 else { return false }
            state.output.writeBytes(UnsafeRawBufferPointer(start: bytes, count: count))
        }
        return nghttp2_session_want_write(session) != 0
    }

    /// nghttp2 cannot be asked after a violation has stopped it, so the last frame is written by hand (RFC 9113 §6.8).
    private func writeGoaway(for failure: HTTP2Violation, into buffer: inout ByteBuffer) {
        let code: HTTP2ErrorCode
        switch failure {
        case .resetFlood, .settingsFlood, .pingFlood, .continuationFlood, .emptyDataFlood, .ignoredFrameFlood,
            .acknowledgementFlood, .concurrentStreams, .headerList:
            code = .enhanceYourCalm
        case .frameSize: code = .frameSizeError
        case .flowControl: code = .flowControlError
        case .compression: code = .compressionError
        case .badPreface, .protocolError, .malformedMessage: code = .protocolError
        }
        buffer.writeBytes([0, 0, 8, UInt8(NGHTTP2_GOAWAY.rawValue), 0, 0, 0, 0, 0])
        buffer.writeInteger(state.lastPeerStreamID)
        buffer.writeInteger(code.rawValue)
    }

    // MARK: Commands

    /// Begins a request (client).
    /// - Throws: `HTTP2SessionError` when no more streams can be begun on this connection.
    package func request(
        _ headers: HTTP2Headers,
        endsStream: Bool
    ) throws(HTTP2SessionError) -> HTTP2Stream {
        let id = Int32(nghttp2_session_get_next_stream_id(session))
        guard state.failure == nil, id > 0, nghttp2_session_check_request_allowed(session) != 0 else {
            throw HTTP2SessionError("this connection takes no further streams")
        }
        let stream = HTTP2Stream(id: id)
        stream.isHeadQueued = true
        stream.isLocalEnded = endsStream
        let pointer = Unmanaged.passUnretained(stream).toOpaque()
        let result = headers.withNameValues { pairs in
            withProvider(for: stream, hasBody: !endsStream) { provider in
                nghttp2_submit_request(session, nil, pairs.baseAddress, pairs.count, provider, pointer)
            }
        }
        guard result == id else {
            throw HTTP2SessionError("the request could not be begun: \(HTTP2SessionError.text(of: result))")
        }
        state.insert(stream)
        return stream
    }

    /// Sends a response's head (server).
    package func respond(_ headers: HTTP2Headers, endsStream: Bool, on stream: HTTP2Stream) {
        guard !stream.isClosed, !stream.isHeadQueued, state.failure == nil else { return }
        stream.isHeadQueued = true
        stream.isLocalEnded = endsStream
        _ = headers.withNameValues { pairs in
            withProvider(for: stream, hasBody: !endsStream) { provider in
                nghttp2_submit_response(session, stream.id, pairs.baseAddress, pairs.count, provider)
            }
        }
    }

    /// Sends bytes as DATA, after what waits already.
    /// - Parameter isPrefixed: whether gRPC's prefix, a zero and the length in five bytes, goes before them.
    package func send(_ bytes: ByteBuffer, isPrefixed: Bool = false, on stream: HTTP2Stream) {
        guard !stream.isClosed, stream.isHeadQueued, !stream.isLocalEnded else { return }
        stream.outbound.append(bytes, isPrefixed: isPrefixed)
        if stream.outbound.readableBytes > state.limits.outboundHighWatermark { stream.isWritable = false }
        resume(stream)
    }

    /// Ends our half after what waits already, with trailers or without.
    /// - Parameter abandonsPeer: once it is sent, reset the stream with NO_ERROR unless the peer has ended its half too.
    package func finish(_ stream: HTTP2Stream, trailers: HTTP2Headers?, abandonsPeer: Bool) {
        guard !stream.isClosed, stream.isHeadQueued, !stream.isLocalEnded else { return }
        stream.isLocalEnded = true
        stream.trailers = trailers
        stream.resetsAfterEnd = abandonsPeer
        resume(stream)
    }

    /// Once our half, already ended, is sent, reset the stream with NO_ERROR unless the peer has ended its half too.
    package func abandonPeer(_ stream: HTTP2Stream) {
        stream.resetsAfterEnd = true
    }

    /// Ends the stream at once; its `closed` event comes after the frame was drained.
    package func reset(_ stream: HTTP2Stream, _ code: HTTP2ErrorCode) {
        guard !stream.isClosed, state.failure == nil else { return }
        nghttp2_submit_rst_stream(session, 0, stream.id, code.rawValue)
    }

    /// Gives window back for body bytes that their consumer has taken, also after the stream has closed.
    package func consumed(_ count: Int, on stream: HTTP2Stream) {
        guard state.failure == nil, count > 0 else { return }
        // The connection's share goes back in one piece with the next drain; an ended stream needs no window any more.
        state.returnedBytes += count
        if !stream.isRemoteEnded, !stream.isClosed { nghttp2_session_consume_stream(session, stream.id, count) }
    }

    /// Sends a PING; its return is the event `pong`.
    package func ping(_ data: UInt64) {
        guard state.failure == nil else { return }
        withUnsafeBytes(of: data.bigEndian) { bytes in
            _ = nghttp2_submit_ping(session, 0, bytes.bindMemory(to: UInt8.self).baseAddress)
        }
    }

    /// Says that no further streams will be taken soon: GOAWAY with the highest stream number (RFC 9113 §6.8). The owner follows
    /// it with `ping`, and with `goaway` once the PING has come back.
    package func announceGoaway() {
        guard state.failure == nil, state.role == .server else { return }
        nghttp2_submit_shutdown_notice(session)
    }

    /// Takes no further streams; those begun go on. The connection is finished when they have closed.
    package func goaway(_ code: HTTP2ErrorCode = .noError) {
        guard state.failure == nil else { return }
        let last = nghttp2_session_get_last_proc_stream_id(session)
        nghttp2_submit_goaway(session, 0, last, code.rawValue, nil, 0)
    }

    /// Takes nothing any more and ends every stream: GOAWAY, then finished.
    package func terminate(_ code: HTTP2ErrorCode) {
        guard state.failure == nil else { return }
        state.hasCountedEnd = true
        nghttp2_session_terminate_session(session, code.rawValue)
    }

    private func resume(_ stream: HTTP2Stream) {
        guard stream.isDeferred else { return }
        stream.isDeferred = false
        nghttp2_session_resume_data(session, stream.id)
    }

    private func withProvider(
        for stream: HTTP2Stream,
        hasBody: Bool,
        _ body: (UnsafePointer<nghttp2_data_provider>?) -> Int32
    ) -> Int32 {
        guard hasBody else { return body(nil) }
        var provider = nghttp2_data_provider()
        provider.source.ptr = Unmanaged.passUnretained(stream).toOpaque()
        provider.read_callback = HTTP2Callbacks.read
        return withUnsafePointer(to: &provider) { body($0) }
    }
}
