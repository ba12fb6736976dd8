import NIOCore

/// The connection of writes.
final class WriteHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let answers: WriteAnswers
    private var reader = AnswerReader()

    init(answers: WriteAnswers) {
        self.answers = answers
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let now = NIODeadline.now()
        do {
            for status in try reader.take(unwrapInboundIn(data)) {
                guard status == 200 else { throw BenchFailure("a write was answered \(status)") }
                answers.came(at: now)
            }
        } catch {
            errorCaught(context: context, error: error)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        answers.broke(BenchFailure("the server closed the connection of writes"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answers.broke(error)
        context.close(promise: nil)
    }
}
