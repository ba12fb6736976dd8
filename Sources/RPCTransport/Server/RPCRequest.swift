import HTTP2Session
package import NIOCore

/// A request's head: what is asked, by whom and until when.
package struct RPCRequest {
    /// Whether the body is gRPC messages or plain HTTP DATA.
    package enum Kind: Sendable, Hashable {
        case rpc
        case http(method: String)
    }

    package let kind: Kind
    /// `/muster.agent.v1.AgentLink/Session`, or an HTTP path with its query.
    package let path: String
    /// When the caller gives up, from `grpc-timeout`; the transport enforces it.
    package let deadline: NIODeadline?
    /// The connection it came on; `connection.peer` is the caller.
    package let connection: RPCServerConnection
    private let headers: HTTP2Headers

    /// Who asks.
    package var peer: RPCPeer { connection.peer }

    /// The first value of a header field (lower-case name), or nil.
    package func header(_ name: String) -> String? { headers[name] }

    /// Why a head is not a request that can be served.
    enum Refusal {
        /// Answered with an HTTP status.
        case http(status: Int, violation: String)
        /// Answered with a gRPC status.
        case rpc(RPCStatus, violation: String)
    }

    init(kind: Kind, path: String, deadline: NIODeadline?, connection: RPCServerConnection, headers: HTTP2Headers) {
        self.kind = kind
        self.path = path
        self.deadline = deadline
        self.connection = connection
        self.headers = headers
    }

    /// Reads a head: gRPC when it is a POST of `application/grpc`, HTTP when it is a GET, HEAD or PUT without it.
    static func parse(
        _ headers: HTTP2Headers,
        on connection: RPCServerConnection,
        _ loop: RPCServerLoop
    ) -> (RPCRequest?, Refusal?) {
        var head = Head(path: loop.lastPath)
        headers.forEach { name, value in head.take(name, value) }
        loop.lastPath = head.path
        if head.isGRPC {
            guard head.method == "POST" else { return (nil, .http(status: 405, violation: "method")) }
            return parseRPC(head, headers, connection)
        }
        switch head.method {
        case "POST": return (nil, .http(status: 415, violation: "contentType"))
        case "GET", "HEAD", "PUT":
            let kind = Kind.http(method: head.method)
            return (
                RPCRequest(kind: kind, path: head.path, deadline: nil, connection: connection, headers: headers), nil
            )
        default: return (nil, .http(status: 405, violation: "method"))
        }
    }

    private static func parseRPC(
        _ head: Head,
        _ headers: HTTP2Headers,
        _ connection: RPCServerConnection
    ) -> (RPCRequest?, Refusal?) {
        var deadline: NIODeadline?
        if let text = head.timeout {
            guard let timeout = RPCTimeout.parse(text) else {
                return (nil, .rpc(RPCStatus(.internal, "grpc-timeout is malformed: \(text)"), violation: "timeout"))
            }
            guard timeout.nanoseconds > 0 else {
                return (
                    nil, .rpc(RPCStatus(.deadlineExceeded, "the deadline had passed on arrival"), violation: "deadline")
                )
            }
            deadline = .now() + timeout
        }
        return (
            RPCRequest(kind: .rpc, path: head.path, deadline: deadline, connection: connection, headers: headers), nil
        )
    }

    /// The fields that decide what a request is.
    private struct Head {
        var method = ""
        var path: String
        var isGRPC = false
        var timeout: String?

        /// - Parameter path: a path that may be the one.
        init(path: String) {
            self.path = path
        }

        mutating func take(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
            switch name.count {
            case 5 where name.isText(":path"):
                if !value.isText(path) { path = String(decoding: value, as: UTF8.self) }
            case 7 where name.isText(":method"):
                method = value.isText("POST") ? "POST" : String(decoding: value, as: UTF8.self)
            case 12 where name.isText("content-type"):
                isGRPC = Head.isGRPC(value)
            case 12 where name.isText("grpc-timeout"):
                timeout = String(decoding: value, as: UTF8.self)
            default: break
            }
        }

        /// `application/grpc`, alone or with a `+` or `;` part.
        private static func isGRPC(_ value: UnsafeRawBufferPointer) -> Bool {
            let prefix: StaticString = "application/grpc"
            let length = prefix.utf8CodeUnitCount
            guard value.count >= length, UnsafeRawBufferPointer(rebasing: value[..<length]).isText(prefix) else {
                return false
            }
            guard value.count > length else { return true }
            let next = value[length]
            return next == UInt8(ascii: "+") || next == UInt8(ascii: ";")
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these bytes are this text, which is kept as UTF-8.
    fileprivate func isText(_ text: String) -> Bool {
        text.utf8.withContiguousStorageIfAvailable { text in
            guard count == text.count else { return false }
            for index in 0..<count where self[index] != text[index] { return false }
            return true
        } ?? false
    }

    /// Whether these bytes are this text.
    fileprivate func isText(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { text in
            for index in 0..<count where self[index] != text[index] { return false }
            return true
        }
    }
}
