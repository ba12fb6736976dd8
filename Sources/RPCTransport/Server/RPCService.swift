/// What a server does with the requests that reach it. Every method is called on the connection's event loop and must not
/// block it.
package protocol RPCService: Sendable {
    /// A request's headers have arrived. Answer with the object that handles the stream, or throw: the status is then the
    /// whole answer. Throw `unimplemented` for an unknown method (an HTTP request is answered 404 then).
    func accept(
        _ request: RPCRequest,
        on stream: RPCServerStream
    ) throws(RPCStatus) -> any RPCServerStreamHandler

    /// A peer has finished its TLS handshake; no request has been seen yet.
    func connectionOpened(_ connection: RPCServerConnection)

    /// The connection is gone; every stream's `closed` has been called before.
    func connectionClosed(_ connection: RPCServerConnection)
}

extension RPCService {
    package func connectionOpened(_ connection: RPCServerConnection) {}
    package func connectionClosed(_ connection: RPCServerConnection) {}
}
