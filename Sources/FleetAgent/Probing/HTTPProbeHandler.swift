import NIOCore
import NIOHTTP1

/// Sends one request when the connection is made, gathers the answer, closes. Confined to the connection's event loop.
final class HTTPProbeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let request: HTTPRequestHead
    private let body: [UInt8]?
    private let timeout: TimeAmount
    private let promise: EventLoopPromise<HTTPAnswer>
    private var answer: HTTPAnswer?
    private var deadline: Scheduled<Void>?
    private var isDone = false

    init(request: HTTPRequestHead, body: [UInt8]?, timeout: TimeAmount, promise: EventLoopPromise<HTTPAnswer>) {
        self.request = request
        self.body = body
        self.timeout = timeout
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: timeout) {
            let (handler, context) = bound.value
            handler.fail(AgentError(.start, "no answer within \(handler.timeout.nanoseconds / 1_000_000) ms"), context)
        }
        context.write(wrapOutboundOut(.head(request)), promise: nil)
        if let body {
            context.write(
                wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: body)))),
                promise: nil
            )
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            if head.status.code >= 200 { answer = HTTPAnswer(status: Int(head.status.code), body: []) }
        case .body(let piece):
            answer?.body += piece.readableBytesView
            if answer?.body.count ?? 0 > HTTPProbe.bodyLimit {
                fail(AgentError(.start, "the answer is longer than \(HTTPProbe.bodyLimit) bytes"), context)
            }
        case .end: finish(context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error, context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(AgentError(.start, "the server closed the connection without an answer"), context)
        context.fireChannelInactive()
    }

    private func finish(_ context: ChannelHandlerContext) {
        guard let answer, !isDone else { return }
        isDone = true
        deadline?.cancel()
        promise.succeed(answer)
        context.close(promise: nil)
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        guard !isDone else { return }
        isDone = true
        deadline?.cancel()
        promise.fail(error)
        context.close(promise: nil)
    }
}
