import NIOCore
import NIOPosix
import ShimProtocol

/// A connection to a shim's socket.
final class ShimConnection: Sendable {
    /// What the shim says, until the connection ends. For one reader.
    let replies: AsyncStream<ShimReply>
    private let channel: any Channel

    private init(channel: any Channel, replies: AsyncStream<ShimReply>) {
        self.channel = channel
        self.replies = replies
    }

    /// Connects. Throws what the system says, for example because the shim has gone.
    static func connect(to path: String, group: any EventLoopGroup) async throws -> ShimConnection {
        // A shim says little: one line to each request, one at the end.
        let (replies, continuation) = AsyncStream.makeStream(of: ShimReply.self, bufferingPolicy: .bufferingNewest(16))
        let channel = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ShimConnectionHandler(continuation: continuation))
                }
            }
            .connect(unixDomainSocketPath: path).get()
        return ShimConnection(channel: channel, replies: replies)
    }

    /// Sends a request.
    func send(_ request: ShimRequest) {
        channel.writeAndFlush(channel.allocator.buffer(string: request.line), promise: nil)
    }

    /// Ends the connection.
    func close() {
        channel.close(promise: nil)
    }
}
