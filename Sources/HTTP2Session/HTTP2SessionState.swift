import CNGHTTP2
import NIOCore

/// What nghttp2's callbacks reach: they append events here and touch nothing else. Owned by one `HTTP2Connection`.
final class HTTP2SessionState {
    let role: HTTP2Connection.Role
    let limits: HTTP2Limits
    /// The newest of the streams that have not closed; each holds the next.
    private(set) var newest: HTTP2Stream?
    private(set) var openStreams = 0
    /// The stream whose header block is being decoded.
    private var decoding: HTTP2Stream?
    private var scratch = HTTP2HeaderScratch()
    /// Consumed bytes whose share of the connection's window is given back with the next drain.
    var returnedBytes = 0
    var isFailureSent = false
    /// The bytes being digested, and where they begin: DATA events are slices of them.
    var input = ByteBuffer()
    var inputBase: UnsafeRawPointer?
    var output = ByteBuffer()
    /// The moment of the bytes being digested, in nanoseconds.
    var now: UInt64 = 0
    /// The violation that ended the connection, if one did.
    var failure: HTTP2Violation?
    var lastPeerStreamID: Int32 = 0
    /// What ends the connection, or the owner's wish to end it, needs no further counting.
    var hasCountedEnd = false

    private var events = HTTP2EventQueue()
    private var isReady = false
    private var continuations = 0
    private var resets: HTTP2TokenBucket
    private var settings: HTTP2TokenBucket
    private var pings: HTTP2TokenBucket
    private var emptyData: HTTP2TokenBucket
    private var ignoredFrames: HTTP2TokenBucket

    init(role: HTTP2Connection.Role, limits: HTTP2Limits) {
        self.role = role
        self.limits = limits
        resets = HTTP2TokenBucket(limits.resets)
        settings = HTTP2TokenBucket(limits.settings)
        pings = HTTP2TokenBucket(limits.pings)
        emptyData = HTTP2TokenBucket(limits.emptyData)
        ignoredFrames = HTTP2TokenBucket(limits.ignoredFrames)
    }

    func append(_ event: consuming HTTP2Event) {
        events.append(event)
    }

    func nextEvent() -> HTTP2Event? {
        events.popFirst()
    }

    /// Ends the connection because of a violation: nghttp2 is told to stop, and is not asked anything any more.
    func fail(_ violation: HTTP2Violation) -> Int32 {
        if failure == nil {
            failure = violation
            append(.violation(violation))
        }
        return Int32(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
    }

    // MARK: Frames begin

    func frameBegan(_ header: nghttp2_frame_hd) -> Int32 {
        switch UInt32(header.type) {
        case NGHTTP2_CONTINUATION.rawValue:
            continuations += 1
            if continuations > limits.continuations { return fail(.continuationFlood) }
        case NGHTTP2_HEADERS.rawValue:
            continuations = 0
            if header.stream_id > lastPeerStreamID, role == .server { lastPeerStreamID = header.stream_id }
        case NGHTTP2_RST_STREAM.rawValue:
            if !resets.take(at: now) { return fail(.resetFlood) }
        case NGHTTP2_SETTINGS.rawValue where header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) == 0:
            if !settings.take(at: now) { return fail(.settingsFlood) }
        case NGHTTP2_PING.rawValue where header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) == 0:
            if !pings.take(at: now) { return fail(.pingFlood) }
        case NGHTTP2_DATA.rawValue
        where header.length == 0 && header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) == 0:
            if !emptyData.take(at: now) { return fail(.emptyDataFlood) }
        case NGHTTP2_PRIORITY.rawValue, (NGHTTP2_CONTINUATION.rawValue + 1)...:
            if !ignoredFrames.take(at: now) { return fail(.ignoredFrameFlood) }
        default:
            break
        }
        return 0
    }

    // MARK: Frames received

    /// A header block begins: of a new stream when this is a server and the block is a request's.
    func headersBegan(streamID: Int32, isRequest: Bool, known: HTTP2Stream?) -> HTTP2Stream? {
        guard known == nil, isRequest, role == .server else {
            decoding = known
            return nil
        }
        let stream = HTTP2Stream(id: streamID)
        insert(stream)
        decoding = stream
        return stream
    }

    func headerReceived(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        guard decoding != nil else { return }
        scratch.add(name: name, value: value, limit: limits.headerListBytes)
    }

    func headersEnded(endsStream: Bool) {
        let isTooLarge = scratch.listBytes > limits.headerListBytes
        let headers = scratch.take()
        guard let stream = decoding else { return }
        decoding = nil
        if endsStream { stream.isRemoteEnded = true }
        if isTooLarge {
            append(.violation(.headerList))
            append(.headersTooLarge(stream, endsStream: endsStream))
        } else {
            append(.headers(stream, headers, endsStream: endsStream))
        }
    }

    // MARK: Streams

    func insert(_ stream: HTTP2Stream) {
        openStreams += 1
        stream.next = newest
        newest?.previous = stream
        newest = stream
    }

    private func remove(_ stream: HTTP2Stream) {
        openStreams -= 1
        stream.next?.previous = stream.previous
        if let previous = stream.previous {
            previous.next = stream.next
        } else {
            newest = stream.next
        }
        stream.next = nil
        stream.previous = nil
    }

    /// Our request could not begin.
    func requestRefused(_ id: Int32) {
        var stream = newest
        while let candidate = stream, candidate.id != id { stream = candidate.next }
        if let stream { streamClosed(stream, code: NGHTTP2_REFUSED_STREAM.rawValue) }
    }

    func streamClosed(_ stream: HTTP2Stream, code: UInt32) {
        guard !stream.isClosed else { return }
        stream.isClosed = true
        stream.outbound = HTTP2OutboundQueue()
        stream.trailers = nil
        append(.closed(stream, HTTP2ErrorCode(rawValue: code)))
        if decoding === stream { decoding = nil }
        remove(stream)
    }

    func dataReceived(_ stream: HTTP2Stream, at pointer: UnsafeRawPointer, count: Int) {
        guard count > 0, let inputBase else { return }
        let offset = pointer - inputBase
        guard let slice = input.getSlice(at: input.readerIndex + offset, length: count) else { return }
        append(.data(stream, slice))
    }

    func settingsReceived() {
        guard !isReady else { return }
        isReady = true
        append(.ready)
    }

    /// nghttp2 found a frame invalid and answers it. A stream that the peer makes us reset costs as much as one that it
    /// resets itself.
    func frameInvalid(_ code: Int32) -> Int32 {
        hasCountedEnd = true
        append(.violation(HTTP2SessionState.violation(of: code)))
        return resets.take(at: now) ? 0 : fail(.resetFlood)
    }

    /// nghttp2 resets a stream or ends the connection: what no other callback has told of is counted here.
    func errorSent(_ code: HTTP2ErrorCode, endsConnection: Bool) {
        guard endsConnection else {
            if code == .flowControlError { append(.violation(.flowControl)) }
            return
        }
        guard code != .noError, !hasCountedEnd else { return }
        hasCountedEnd = true
        switch code {
        case .frameSizeError: append(.violation(.frameSize))
        case .flowControlError: append(.violation(.flowControl))
        case .compressionError: append(.violation(.compression))
        default: append(.violation(.protocolError))
        }
    }

    static func violation(of code: Int32) -> HTTP2Violation {
        switch code {
        case Int32(NGHTTP2_ERR_REFUSED_STREAM.rawValue): .concurrentStreams
        case Int32(NGHTTP2_ERR_FRAME_SIZE_ERROR.rawValue): .frameSize
        case Int32(NGHTTP2_ERR_FLOW_CONTROL.rawValue): .flowControl
        case Int32(NGHTTP2_ERR_HEADER_COMP.rawValue): .compression
        case Int32(NGHTTP2_ERR_HTTP_HEADER.rawValue), Int32(NGHTTP2_ERR_HTTP_MESSAGING.rawValue): .malformedMessage
        case Int32(NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue): .badPreface
        case Int32(NGHTTP2_ERR_FLOODED.rawValue): .acknowledgementFlood
        case Int32(NGHTTP2_ERR_TOO_MANY_CONTINUATIONS.rawValue): .continuationFlood
        default: .protocolError
        }
    }

    // MARK: DATA to send

    /// How many bytes of a stream go into the next DATA frame, and whether they are its last; nil to wait for more.
    func dataWanted(_ stream: HTTP2Stream, upTo length: Int) -> (count: Int, isLast: Bool)? {
        let waiting = stream.outbound.readableBytes
        if waiting == 0, !stream.isLocalEnded {
            stream.isDeferred = true
            return nil
        }
        let count = min(waiting, length)
        return (count, stream.isLocalEnded && count == waiting)
    }

    /// nghttp2 puts a DATA frame on the wire: its header, then our bytes.
    func dataSent(_ stream: HTTP2Stream, frameHeader: UnsafeRawBufferPointer, count: Int) {
        output.writeBytes(frameHeader)
        stream.outbound.move(count, to: &output)
        if !stream.isWritable, stream.outbound.readableBytes <= limits.outboundLowWatermark {
            stream.isWritable = true
            append(.writable(stream))
        }
    }
}
