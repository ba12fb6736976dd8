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
    let headers: RPCMetadata

    /// The first value of a header field (lower-case name), or nil.
    package func header(_ name: String) -> String? { headers[name] }
}
