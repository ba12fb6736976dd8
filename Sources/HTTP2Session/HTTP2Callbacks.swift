import CNGHTTP2

/// nghttp2's callbacks: each turns C's arguments into one call of `HTTP2SessionState`.
///
/// They borrow the state and the streams: whoever called nghttp2 holds the state, and the state holds the streams until they
/// close. What closes a stream must hold it itself.
enum HTTP2Callbacks {
    /// Makes the table; the caller deletes it once the session exists.
    static func make() -> OpaquePointer? {
        var table: OpaquePointer?
        guard nghttp2_session_callbacks_new(&table) == 0, let table else { return nil }
        setInbound(table)
        setOutbound(table)
        return table
    }

    private static func setInbound(_ table: OpaquePointer) {
        nghttp2_session_callbacks_set_on_begin_frame_callback(table) { _, header, user in
            guard let header, let user else { return 0 }
            return withState(user) { $0.frameBegan(header.pointee) }
        }
        nghttp2_session_callbacks_set_on_begin_headers_callback(table) { session, frame, user in
            guard let frame, let user else { return 0 }
            headersBegan(frame, session, user)
            return 0
        }
        nghttp2_session_callbacks_set_on_header_callback(table) { _, _, name, nameLength, value, length, _, user in
            guard let user else { return 0 }
            let name = UnsafeRawBufferPointer(start: name, count: nameLength)
            let value = UnsafeRawBufferPointer(start: value, count: length)
            withState(user) { $0.headerReceived(name: name, value: value) }
            return 0
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(table) { session, _, id, data, length, user in
            guard let data, let user else { return 0 }
            withStream(session, id) { stream in
                withState(user) { $0.dataReceived(stream, at: UnsafeRawPointer(data), count: length) }
            }
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(table) { session, frame, user in
            guard let frame, let user else { return 0 }
            withState(user) { frameReceived(frame.pointee, session, $0) }
            return 0
        }
        nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(table) { _, _, code, user in
            guard let user else { return 0 }
            return withState(user) { $0.frameInvalid(code) }
        }
        // Frames of unknown types are counted when they begin, and dropped.
        nghttp2_session_callbacks_set_unpack_extension_callback(table) { _, _, _, _ in
            NGHTTP2_ERR_CANCEL.rawValue
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(table) { session, id, code, user in
            guard let user, let pointer = nghttp2_session_get_stream_user_data(session, id) else { return 0 }
            // Not borrowed: closing drops what may be the last reference to it.
            let stream = Unmanaged<HTTP2Stream>.fromOpaque(pointer).takeUnretainedValue()
            withState(user) { $0.streamClosed(stream, code: code) }
            return 0
        }
    }

    private static func setOutbound(_ table: OpaquePointer) {
        nghttp2_session_callbacks_set_on_frame_not_send_callback(table) { _, frame, _, user in
            guard let frame, let user else { return 0 }
            // A request that cannot begin (the peer said GOAWAY) has no stream that could close.
            if UInt32(frame.pointee.hd.type) == NGHTTP2_HEADERS.rawValue,
                frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST
            {
                withState(user) { $0.requestRefused(frame.pointee.hd.stream_id) }
            }
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_send_callback(table) { session, frame, user in
            guard let frame, let user else { return 0 }
            withState(user) { frameSent(frame, session, $0) }
            return 0
        }
        nghttp2_session_callbacks_set_send_data_callback(table) { _, frame, header, length, source, user in
            guard let frame, let header, let user, let pointer = source?.pointee.ptr else { return 0 }
            precondition(frame.pointee.data.padlen == 0, "no padding was asked for")
            let header9 = UnsafeRawBufferPointer(start: header, count: 9)
            Unmanaged<HTTP2Stream>.fromOpaque(pointer)._withUnsafeGuaranteedRef { stream in
                withState(user) { $0.dataSent(stream, frameHeader: header9, count: length) }
            }
            return 0
        }
    }

    /// Reads a stream's next DATA: tells how much there is, and leaves the copying to the send callback.
    static let read: nghttp2_data_source_read_callback = { session, id, _, length, flags, source, user in
        guard let user, let flags, let pointer = source?.pointee.ptr else {
            return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
        }
        return Unmanaged<HTTP2Stream>.fromOpaque(pointer)._withUnsafeGuaranteedRef { stream in
            guard let (count, isLast) = withState(user, { $0.dataWanted(stream, upTo: length) }) else {
                return Int(NGHTTP2_ERR_DEFERRED.rawValue)
            }
            flags.pointee |= NGHTTP2_DATA_FLAG_NO_COPY.rawValue
            guard isLast else { return count }
            flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
            if let trailers = stream.trailers {
                flags.pointee |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
                _ = trailers.withNameValues { nghttp2_submit_trailer(session, id, $0.baseAddress, $0.count) }
                stream.trailers = nil
            }
            return count
        }
    }
}

// C calls these through function pointers, which cannot capture a type.

private func withState<Result>(_ user: UnsafeMutableRawPointer, _ body: (HTTP2SessionState) -> Result) -> Result {
    Unmanaged<HTTP2SessionState>.fromOpaque(user)._withUnsafeGuaranteedRef(body)
}

private func withStream(_ session: OpaquePointer?, _ id: Int32, _ body: (HTTP2Stream) -> Void) {
    guard let pointer = nghttp2_session_get_stream_user_data(session, id) else { return }
    Unmanaged<HTTP2Stream>.fromOpaque(pointer)._withUnsafeGuaranteedRef(body)
}

private func headersBegan(
    _ frame: UnsafePointer<nghttp2_frame>,
    _ session: OpaquePointer?,
    _ user: UnsafeMutableRawPointer
) {
    let id = frame.pointee.hd.stream_id
    let isRequest = frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST
    let known = nghttp2_session_get_stream_user_data(session, id).map {
        Unmanaged<HTTP2Stream>.fromOpaque($0).takeUnretainedValue()
    }
    let begun = withState(user) { $0.headersBegan(streamID: id, isRequest: isRequest, known: known) }
    if let begun {
        nghttp2_session_set_stream_user_data(session, id, Unmanaged.passUnretained(begun).toOpaque())
    }
}

private func frameReceived(_ frame: nghttp2_frame, _ session: OpaquePointer?, _ state: HTTP2SessionState) {
    let endsStream = frame.hd.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
    switch UInt32(frame.hd.type) {
    case NGHTTP2_HEADERS.rawValue:
        state.headersEnded(endsStream: endsStream)
    case NGHTTP2_DATA.rawValue:
        guard endsStream else { return }
        withStream(session, frame.hd.stream_id) { stream in
            stream.isRemoteEnded = true
            state.append(.ended(stream))
        }
    case NGHTTP2_SETTINGS.rawValue where frame.hd.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) == 0:
        state.settingsReceived()
    case NGHTTP2_GOAWAY.rawValue:
        let code = HTTP2ErrorCode(rawValue: frame.goaway.error_code)
        state.append(.goaway(lastStreamID: frame.goaway.last_stream_id, code))
    case NGHTTP2_PING.rawValue where frame.hd.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0:
        let data = withUnsafeBytes(of: frame.ping.opaque_data) { $0.loadUnaligned(as: UInt64.self) }
        state.append(.pong(UInt64(bigEndian: data)))
    default:
        break
    }
}

private func frameSent(
    _ frame: UnsafePointer<nghttp2_frame>,
    _ session: OpaquePointer?,
    _ state: HTTP2SessionState
) {
    switch UInt32(frame.pointee.hd.type) {
    case NGHTTP2_HEADERS.rawValue, NGHTTP2_DATA.rawValue:
        guard frame.pointee.hd.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 else { return }
        withStream(session, frame.pointee.hd.stream_id) { stream in
            if stream.resetsAfterEnd, !stream.isRemoteEnded {
                nghttp2_submit_rst_stream(session, 0, stream.id, NGHTTP2_NO_ERROR.rawValue)
            }
        }
    case NGHTTP2_GOAWAY.rawValue:
        state.errorSent(HTTP2ErrorCode(rawValue: frame.pointee.goaway.error_code), endsConnection: true)
    case NGHTTP2_RST_STREAM.rawValue:
        state.errorSent(HTTP2ErrorCode(rawValue: frame.pointee.rst_stream.error_code), endsConnection: false)
    default:
        break
    }
}
