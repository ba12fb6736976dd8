import NIOCore

/// One connection: sends a request, waits for its answer, sends the next.
final class ReadHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let tally: ReadTally
    private let request: (Int) -> ByteBuffer
    private var reader = AnswerReader()
    private var sent = NIODeadline.now()
    private var isDone = false

    /// - Parameter request: the bytes of a request, by its number.
    init(tally: ReadTally, request: @escaping (Int) -> ByteBuffer) {
        self.tally = tally
        self.request = request
    }

    func channelActive(context: ChannelHandlerContext) {
        send(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            for status in try reader.take(unwrapInboundIn(data)) {
                tally.answered(status, sent: sent, at: .now())
                send(context)
            }
        } catch {
            errorCaught(context: context, error: error)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !isDone { tally.broke("the server closed a connection") }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !isDone { tally.broke("\(error)") }
        isDone = true
        context.close(promise: nil)
    }

    private func send(_ context: ChannelHandlerContext) {
        sent = .now()
        guard let turn = tally.next(at: sent) else {
            isDone = true
            return
        }
        context.writeAndFlush(wrapOutboundOut(request(turn)), promise: nil)
    }
}
