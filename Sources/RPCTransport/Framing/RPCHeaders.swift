import HTTP2Session

/// The header lists of gRPC over HTTP/2.
enum RPCHeaders {
    private static let plainResponseHead = HTTP2Headers([
        (":status", "200"), ("content-type", "application/grpc"),
    ])
    private static let plainTrailers = HTTP2Headers([("grpc-status", "0")])

    /// What answers a header list above the limit, in gRPC's terms and in HTTP's.
    static let headerListTooLarge = HTTP2Headers([
        (":status", "431"), ("content-type", "application/grpc"), ("grpc-status", "8"),
        ("grpc-message", "the header list is larger than this server accepts; send fewer or smaller fields"),
    ])

    static func responseHead(_ metadata: RPCMetadata) -> HTTP2Headers {
        var headers = plainResponseHead
        headers.add(metadata)
        return headers
    }

    static func trailers(_ status: RPCStatus, _ metadata: RPCMetadata) -> HTTP2Headers {
        var headers = status.code == .ok ? plainTrailers : HTTP2Headers()
        if status.code != .ok { headers.add(status) }
        headers.add(metadata)
        return headers
    }

    static func trailersOnly(_ status: RPCStatus, _ metadata: RPCMetadata) -> HTTP2Headers {
        var headers = plainResponseHead
        headers.add(status)
        headers.add(metadata)
        return headers
    }

    static func http(status: Int, _ metadata: RPCMetadata) -> HTTP2Headers {
        var headers = HTTP2Headers([(":status", String(status))])
        headers.add(metadata)
        return headers
    }

    /// The head of a call.
    static func call(path: String, authority: String, timeout: String?, _ metadata: RPCMetadata) -> HTTP2Headers {
        var headers = HTTP2Headers([
            (":method", "POST"), (":scheme", "https"), (":path", path), (":authority", authority),
            ("te", "trailers"), ("content-type", "application/grpc"), ("user-agent", "muster"),
        ])
        if let timeout { headers.add("grpc-timeout", timeout) }
        headers.add(metadata)
        return headers
    }

    /// The head of a plain HTTP request.
    static func http(method: String, path: String, authority: String, _ metadata: RPCMetadata) -> HTTP2Headers {
        var headers = HTTP2Headers([
            (":method", method), (":scheme", "https"), (":path", path), (":authority", authority),
            ("user-agent", "muster"),
        ])
        headers.add(metadata)
        return headers
    }

    /// The HTTP status that says what a gRPC status says.
    static func httpStatus(of status: RPCStatus) -> Int {
        switch status.code {
        case .ok: 200
        case .invalidArgument: 400
        case .unauthenticated: 401
        case .permissionDenied: 403
        case .notFound, .unimplemented: 404
        case .alreadyExists, .aborted, .failedPrecondition: 409
        case .outOfRange: 416
        case .resourceExhausted: 429
        case .unavailable: 503
        case .deadlineExceeded: 504
        case .cancelled, .unknown, .internal, .dataLoss: 500
        }
    }
}

extension HTTP2Headers {
    fileprivate mutating func add(_ status: RPCStatus) {
        add("grpc-status", String(status.code.rawValue))
        if !status.message.isEmpty { add("grpc-message", RPCPercentEncoding.encode(status.message)) }
    }

    fileprivate mutating func add(_ metadata: RPCMetadata) {
        for field in metadata.fields { add(field.name, field.value) }
    }
}
