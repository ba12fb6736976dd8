package import Fleet

extension WireRequest {
    /// A request on the wire.
    ///
    /// - Parameter id: made for it; a cancellation bears the id of what it cancels.
    package init(id: String, _ request: HostRequest) {
        self.init()
        self.id = id
        switch request {
        case .logs(let query):
            logs.deployment = query.deployment
            logs.follow = query.follow
            if let tail = query.tail { logs.tailLines = UInt32(clamping: tail) }
            logs.sinceMs = query.since?.milliseconds ?? 0
        case .inspect: inspect = WireInspectRequest()
        case .supportBundle(let redacted): supportBundle.redact = redacted
        case .cancel: cancel = WireCancel()
        }
    }

    /// What is asked for; `nil` when it is a newer controller's.
    ///
    /// - Throws: `ProtocolError`.
    package func request() throws(ProtocolError) -> (id: String, request: HostRequest)? {
        let id = try PeerText.name(id, "Request.id")
        switch body {
        case .logs(let logs):
            let query = LogQuery(
                deployment: try PeerText.name(logs.deployment, "LogsRequest.deployment"),
                follow: logs.follow,
                tail: logs.hasTailLines ? min(Int(logs.tailLines), LogQuery.mostLines) : nil,
                since: logs.sinceMs > 0 ? PeerText.instant(logs.sinceMs) : nil
            )
            return (id, .logs(query))
        case .cancel: return (id, .cancel)
        case .inspect: return (id, .inspect)
        case .supportBundle(let bundle): return (id, .supportBundle(redacted: bundle.redact))
        case nil: return nil
        }
    }
}

extension WireAnswerChunk {
    /// The most data of one chunk, in bytes.
    package static let limit = 64 << 10

    /// Why there is no more, as people may read it; `nil` when nothing is wrong.
    package var refusal: String? { error.isEmpty ? nil : PeerText.words(error) }
}
