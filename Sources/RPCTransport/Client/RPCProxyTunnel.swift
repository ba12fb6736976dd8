import NIOCore
import NIOTLS

/// Asks a proxy for a tunnel, and keeps quiet towards the handlers behind it until there is one: for them the connection begins
/// then. Confined to its event loop.
final class RPCProxyTunnel: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The longest head of an answer, in bytes.
    static let headBytes = 8 << 10

    private let proxy: RPCProxy
    private let target: RPCTarget
    private let failed: (RPCStatus) -> Void
    private var head = ByteBuffer()
    private var state = State.asking

    private enum State {
        case asking
        case open
        case refused
    }

    /// - Parameter failed: called once, with why there is no tunnel.
    init(_ proxy: RPCProxy, to target: RPCTarget, failed: @escaping (RPCStatus) -> Void) {
        self.proxy = proxy
        self.target = target
        self.failed = failed
    }

    func channelActive(context: ChannelHandlerContext) {
        let request = ByteBuffer(string: proxy.request(to: target))
        context.writeAndFlush(wrapOutboundOut(request), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .open: context.fireChannelRead(data)
        case .refused: break
        case .asking:
            head.writeImmutableBuffer(unwrapInboundIn(data))
            readHead(context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if case .open = state { context.fireChannelReadComplete() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // TLS with the proxy is not that of the connection.
        if case .asking = state, event is TLSUserEvent { return }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard case .asking = state else { return context.fireErrorCaught(error) }
        let next = proxy.isTLS ? "check its certificate, or write http:// if it speaks no TLS" : "is it the right port?"
        refuse(RPCStatus(.unavailable, "the connection to \(proxy.name) failed: \(error); \(next)"), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .asking = state {
            let next = proxy.isTLS ? "does it speak TLS?" : "is it an HTTP proxy? If it speaks TLS, write https://"
            refuse(RPCStatus(.unavailable, "\(proxy.name) closed the connection without an answer; \(next)"), context)
        }
        context.fireChannelInactive()
    }

    private func readHead(_ context: ChannelHandlerContext) {
        let bytes = head.readableBytesView
        let end = zip(bytes.indices, bytes.indices.dropFirst(3)).first { first, last in
            bytes[first] == 13 && bytes[first + 1] == 10 && bytes[first + 2] == 13 && bytes[last] == 10
        }
        guard let end, bytes.distance(from: bytes.startIndex, to: end.1) < Self.headBytes else {
            guard head.readableBytes > Self.headBytes else { return }
            let why = "\(proxy.name) answered with a head of more than \(Self.headBytes) bytes"
            return refuse(RPCStatus(.unavailable, "\(why); is it an HTTP proxy?"), context)
        }
        let length = bytes.distance(from: bytes.startIndex, to: end.1) + 1
        let text = head.readString(length: length) ?? ""
        let answer = RPCProxyAnswer(head: text)
        guard let answer, (200..<300).contains(answer.status) else {
            return refuse(RPCProxyAnswer.refusal(answer, by: proxy, of: target), context)
        }
        state = .open
        context.fireChannelActive()
        guard head.readableBytes > 0 else { return }
        let rest = head
        head = ByteBuffer()
        context.fireChannelRead(wrapInboundOut(rest))
        context.fireChannelReadComplete()
    }

    private func refuse(_ status: RPCStatus, _ context: ChannelHandlerContext) {
        state = .refused
        failed(status)
        context.close(promise: nil)
    }
}
