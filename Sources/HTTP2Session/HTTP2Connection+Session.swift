import CNGHTTP2

extension HTTP2Connection {
    /// Makes the nghttp2 session with our limits, and queues our SETTINGS and the connection's window.
    static func makeSession(
        role: Role,
        limits: HTTP2Limits,
        state: HTTP2SessionState
    ) throws(HTTP2SessionError) -> OpaquePointer {
        guard let callbacks = HTTP2Callbacks.make() else {
            throw HTTP2SessionError("nghttp2 has no memory for callbacks")
        }
        defer { nghttp2_session_callbacks_del(callbacks) }
        var option: OpaquePointer?
        guard nghttp2_option_new(&option) == 0, let option else {
            throw HTTP2SessionError("nghttp2 has no memory for options")
        }
        defer { nghttp2_option_del(option) }
        configure(option, limits)

        var session: OpaquePointer?
        let user = Unmanaged.passUnretained(state).toOpaque()
        let result =
            switch role {
            case .client: nghttp2_session_client_new2(&session, callbacks, user, option)
            case .server: nghttp2_session_server_new2(&session, callbacks, user, option)
            }
        guard result == 0, let session else {
            throw HTTP2SessionError("no session: \(HTTP2SessionError.text(of: result))")
        }
        submitSettings(session, role, limits)
        return session
    }

    private static func configure(_ option: OpaquePointer, _ limits: HTTP2Limits) {
        nghttp2_option_set_no_auto_window_update(option, 1)
        nghttp2_option_set_no_closed_streams(option, 1)
        nghttp2_option_set_max_deflate_dynamic_table_size(option, limits.headerTableBytes)
        nghttp2_option_set_max_send_header_block_length(option, 64 << 10)
        nghttp2_option_set_max_outbound_ack(option, 256)
        nghttp2_option_set_max_settings(option, 32)
        // Our own counters answer first and tell the kinds apart; nghttp2's are the net below them.
        nghttp2_option_set_stream_reset_rate_limit(
            option,
            UInt64(limits.resets.burst) * 2,
            UInt64(limits.resets.perSecond) * 2
        )
        nghttp2_option_set_max_continuations(option, limits.continuations + 1)
        // nghttp2 tells of unknown frames only when it is asked to hand them over.
        for type in UInt8(0x0a)...UInt8.max { nghttp2_option_set_user_recv_extension_type(option, type) }
    }

    private static func submitSettings(_ session: OpaquePointer, _ role: Role, _ limits: HTTP2Limits) {
        var entries: [nghttp2_settings_entry] = []
        func add(_ id: nghttp2_settings_id, _ value: Int) {
            entries.append(nghttp2_settings_entry(settings_id: Int32(id.rawValue), value: UInt32(value)))
        }
        add(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, role == .server ? limits.maxConcurrentStreams : 0)
        add(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.streamWindowBytes)
        add(NGHTTP2_SETTINGS_MAX_FRAME_SIZE, limits.frameBytes)
        add(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.headerListBytes)
        add(NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, limits.headerTableBytes)
        switch role {
        case .client: add(NGHTTP2_SETTINGS_ENABLE_PUSH, 0)
        // Nobody here uses priorities: without their tree streams cost less.
        case .server: add(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1)
        }
        nghttp2_submit_settings(session, 0, entries, entries.count)
        nghttp2_session_set_local_window_size(session, 0, 0, Int32(limits.connectionWindowBytes))
    }
}
