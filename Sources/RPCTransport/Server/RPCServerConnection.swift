package import NIOCore
import NIOSSL

/// One accepted connection, after its handshake. Use it on `eventLoop` only, but for `close` and `closeGracefully`, which may be
/// called anywhere.
package final class RPCServerConnection: Sendable {
    package let eventLoop: any EventLoop
    /// Who is at the other end.
    package let peer: RPCPeer
    private let session: NIOLoopBound<RPCServerSession>

    init(_ session: RPCServerSession) {
        eventLoop = session.link.eventLoop
        peer = session.peer
        self.session = NIOLoopBound(session, eventLoop: eventLoop)
    }

    /// The certificate that the peer presented, DER; nil without one. It is written anew each time.
    package var peerCertificate: [UInt8]? { session.value.link.peerCertificate.flatMap { try? $0.toDERBytes() } }

    /// Whatever the service wants to keep with the connection; dropped when it is gone.
    package var attachment: AnyObject? {
        get { session.value.attachment }
        set { session.value.attachment = newValue }
    }

    /// Closes the connection gracefully: GOAWAY, then the open streams end, then it goes.
    package func closeGracefully() {
        guard eventLoop.inEventLoop else { return eventLoop.execute { self.closeGracefully() } }
        session.value.closeGracefully()
    }

    /// Closes the connection at once; open streams end `unavailable`.
    package func close() {
        guard eventLoop.inEventLoop else { return eventLoop.execute { self.close() } }
        session.value.cut()
    }
}
