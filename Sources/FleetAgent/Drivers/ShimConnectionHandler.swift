import NIOCore
import ShimProtocol

/// Cuts what a shim sends into lines. Confined to the connection's event loop.
final class ShimConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private static let lineLimit = 4096
    private let continuation: AsyncStream<ShimReply>.Continuation
    private var received: [UInt8] = []

    init(continuation: AsyncStream<ShimReply>.Continuation) {
        self.continuation = continuation
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += unwrapInboundIn(data).readableBytesView
        while let end = received.firstIndex(of: 0x0A) {
            if let reply = ShimReply(line: String(decoding: received[..<end], as: UTF8.self)) {
                continuation.yield(reply)
            }
            received.removeSubrange(...end)
        }
        if received.count > Self.lineLimit { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        continuation.finish()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
