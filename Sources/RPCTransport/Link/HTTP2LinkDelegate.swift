import HTTP2Session
import NIOCore

/// The server's or the client's half of a connection: hears what its `HTTP2Link` hears, on the event loop.
protocol HTTP2LinkDelegate: AnyObject {
    /// TLS is done and the peer speaks HTTP/2.
    func handshakeCompleted()
    func received(_ event: HTTP2Event)
    /// The connection is gone; the last call.
    func disconnected(_ error: (any Error)?)
}
