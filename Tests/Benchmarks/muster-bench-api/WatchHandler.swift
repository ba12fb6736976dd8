import NIOCore

/// One watch: tells when it began, and when an event names the model. Server-sent events come a line at a time, whatever
/// chunks (RFC 9112 §7.1) they are in.
final class WatchHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let request: ByteBuffer
    private let model: String
    private let arrivals: WatchArrivals
    private var unread = ByteBuffer()
    private var isWatching = false

    init(request: ByteBuffer, model: String, arrivals: WatchArrivals) {
        self.request = request
        self.model = model
        self.arrivals = arrivals
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(request), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let now = NIODeadline.now()
        var bytes = unwrapInboundIn(data)
        if unread.readableBytes == 0 { unread = bytes } else { unread.writeBuffer(&bytes) }
        while let end = unread.readableBytesView.firstIndex(of: 0x0A) {
            let line = unread.readString(length: end - unread.readerIndex + 1) ?? ""
            take(line.filter { !$0.isNewline }, at: now)
        }
    }

    private func take(_ line: String, at now: NIODeadline) {
        if line.hasPrefix("HTTP/1.1 "), !line.hasPrefix("HTTP/1.1 200") {
            arrivals.broke("a watch was answered \(line)")
        }
        if line == ": watching", !isWatching {
            isWatching = true
            arrivals.arrived(at: now)
        } else if line.hasPrefix("data: "), line.contains("\"name\":\"\(model)\"") {
            arrivals.arrived(at: now)
        } else if line.hasPrefix("event: resync") {
            arrivals.broke("a watcher was too far behind")
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        arrivals.broke("the server closed a watch")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        arrivals.broke("\(error)")
        context.close(promise: nil)
    }
}
