import NIOCore
import NIOPosix

/// A server that answers every connection's first bytes with the same text.
enum CannedServer {
    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        let text: String
        let asked: @Sendable () -> Void

        init(_ text: String, _ asked: @escaping @Sendable () -> Void) {
            self.text = text
            self.asked = asked
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            asked()
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        }
    }

    /// Runs it while a block does something with its port of 127.0.0.1.
    ///
    /// - Parameter asked: hears of every question before it is answered.
    static func with<Value: Sendable>(
        _ text: String,
        asked: @escaping @Sendable () -> Void = {},
        _ work: (UInt16) async throws -> Value
    ) async throws -> Value {
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(text, asked))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            let value = try await work(UInt16(listener.localAddress?.port ?? 0))
            try await listener.close()
            return value
        } catch {
            try await listener.close()
            throw error
        }
    }

    /// An answer in HTTP.
    static func answer(_ status: String, _ body: String = "") -> String {
        "HTTP/1.1 \(status)\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"
    }
}
