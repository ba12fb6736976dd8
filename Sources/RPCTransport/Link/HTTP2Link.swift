import HTTP2Session
import NIOCore
import NIOSSL
import NIOTLS

/// The owner of one `HTTP2Connection`: a channel handler that feeds it what the socket brings, hands its events to the delegate,
/// and writes what it has to say, once per turn of the event loop and only while the socket takes it.
///
/// Confined to its event loop.
final class HTTP2Link: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Bytes written in one go, and how often before other connections have their turn.
    private static let writeBytes = 64 << 10
    private static let writesPerTurn = 16

    let channel: any Channel
    let http2: HTTP2Connection
    /// Set right after `init`, dropped when the connection is gone (they hold each other).
    var delegate: (any HTTP2LinkDelegate)?
    /// When the peer was last heard of.
    private(set) var lastReadAt: NIODeadline
    private(set) var isHandshakeDone = false
    /// The transport connection existed.
    private(set) var wasActive = false

    private let scratch: HTTP2LinkScratch
    private var context: ChannelHandlerContext?
    private var error: (any Error)?
    private var isReading = false
    private var isPumping = false
    private var isFlushScheduled = false
    /// The connection is being closed, or is gone.
    private(set) var isClosing = false

    /// - Parameter scratch: the loop's write buffer, shared by its connections.
    init(
        channel: any Channel,
        role: HTTP2Connection.Role,
        limits: HTTP2Limits,
        scratch: HTTP2LinkScratch
    ) throws(HTTP2SessionError) {
        self.channel = channel
        self.scratch = scratch
        lastReadAt = .now()
        http2 = try HTTP2Connection(role: role, limits: limits)
    }

    var eventLoop: any EventLoop { channel.eventLoop }

    /// The peer's certificate, once the handshake is done.
    var peerCertificate: NIOSSLCertificate? {
        guard let context else { return nil }
        if let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self) {
            return handler.peerCertificate
        }
        return try? context.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self).peerCertificate
    }

    /// Commands were given: what they have to say is written when this turn of reading ends, or in the loop's next turn.
    func setNeedsFlush() {
        guard !isReading, !isPumping, !isFlushScheduled, context != nil else { return }
        isFlushScheduled = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute {
            bound.value.isFlushScheduled = false
            bound.value.pump()
        }
    }

    /// Cuts the connection after writing what waits already.
    func close() {
        guard !isClosing else { return }
        pump()
        closeChannel()
    }

    private func closeChannel() {
        guard !isClosing, let context else { return }
        isClosing = true
        context.close(promise: nil)
    }

    // MARK: ChannelInboundHandler

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        wasActive = context.channel.isActive
    }

    func channelActive(context: ChannelHandlerContext) {
        wasActive = true
        context.fireChannelActive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        finish()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let negotiated) = event as? TLSUserEvent {
            guard negotiated == "h2" else {
                error = error ?? RPCStatus(.unavailable, "the peer does not offer HTTP/2 (ALPN h2) on this port")
                closeChannel()
                return
            }
            isHandshakeDone = true
            lastReadAt = .now()
            delegate?.handshakeCompleted()
            pump()
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        let now = NIODeadline.now()
        lastReadAt = now
        http2.receive(unwrapInboundIn(data), at: now.uptimeNanoseconds)
        deliverEvents()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        pump()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, !isReading { pump() }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.error = self.error ?? error
        closeChannel()
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    // MARK: Pumping

    private func deliverEvents() {
        while let event = http2.nextEvent() { delegate?.received(event) }
    }

    /// Writes what waits, and hears what writing caused, until neither is left, the socket is full or the turn is over.
    private func pump() {
        guard !isPumping, isHandshakeDone, let context, !isClosing else { return }
        isPumping = true
        var writes = 0
        deliverEvents()
        while context.channel.isWritable, writes < HTTP2Link.writesPerTurn, writeOnce(context) {
            writes += 1
            deliverEvents()
        }
        deliverEvents()
        isPumping = false
        if http2.isFinished {
            closeChannel()
        } else if writes == HTTP2Link.writesPerTurn {
            setNeedsFlush()
        }
    }

    private func writeOnce(_ context: ChannelHandlerContext) -> Bool {
        var buffer = scratch.take()
        _ = http2.drain(into: &buffer, limit: HTTP2Link.writeBytes)
        guard buffer.readableBytes > 0 else {
            scratch.give(buffer)
            return false
        }
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        scratch.give(buffer)
        return true
    }

    private func finish() {
        guard let delegate else { return }
        isClosing = true
        self.delegate = nil
        delegate.disconnected(error)
    }
}
