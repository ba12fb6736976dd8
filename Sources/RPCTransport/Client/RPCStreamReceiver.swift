import NIOCore
import Synchronization

/// Turns a stream's callbacks into an async sequence, a head, and room to send. Confined to the event loop.
final class RPCStreamReceiver: RPCClientStreamHandler {
    /// Tells the stream when the consumer wants more, and when it has gone.
    final class Demand: NIOAsyncSequenceProducerDelegate, Sendable {
        fileprivate let stream = Mutex<RPCClientStream?>(nil)

        func produceMore() {
            guard let stream = stream.withLock({ $0 }) else { return }
            stream.eventLoop.execute { stream.resumeReading() }
        }

        func didTerminate() {
            guard let stream = stream.withLock({ $0 }) else { return }
            stream.eventLoop.execute { if !stream.isOver { stream.cancel() } }
        }
    }

    let head: EventLoopPromise<RPCResponseHead>
    private(set) var inbound: RPCInbound?
    private let source: RPCInbound.Producer.Source
    private let demand = Demand()
    private var room: [EventLoopPromise<Void>] = []
    private var stream: RPCClientStream?
    private var outcome: RPCStatus?

    init(eventLoop: any EventLoop) {
        head = eventLoop.makePromise()
        let made = RPCInbound.Producer.makeSequence(
            elementType: ByteBuffer.self,
            failureType: (any Error).self,
            backPressureStrategy: .init(lowWatermark: 1, highWatermark: 4),
            finishOnDeinit: true,
            delegate: demand
        )
        source = made.source
        inbound = RPCInbound(producer: made.sequence)
    }

    /// The stream it receives from; before anything arrives.
    func attach(_ stream: RPCClientStream) {
        demand.stream.withLock { $0 = stream }
        self.stream = stream
    }

    /// The sequence, given away once: its end of life means that the consumer is gone.
    func takeInbound() -> RPCInbound? {
        defer { inbound = nil }
        return inbound
    }

    /// Sends a message and succeeds when there is room for the next; fails with the status when the call is over.
    func send(_ message: ByteBuffer, on stream: RPCClientStream) -> EventLoopFuture<Void> {
        if let outcome { return stream.eventLoop.makeFailedFuture(outcome) }
        stream.send(message: message)
        if stream.isWritable { return stream.eventLoop.makeSucceededVoidFuture() }
        let promise = stream.eventLoop.makePromise(of: Void.self)
        room.append(promise)
        return promise.futureResult
    }

    func receivedHead(_ head: RPCResponseHead) {
        self.head.succeed(head)
    }

    func received(message: ByteBuffer) {
        switch source.yield(message) {
        case .produceMore: break
        case .stopProducing: stream?.pauseReading()
        case .dropped: stream?.cancel()
        }
    }

    func writabilityChanged(isWritable: Bool) {
        guard isWritable else { return }
        let waiting = room
        room = []
        for promise in waiting { promise.succeed() }
    }

    func finished(_ status: RPCStatus, trailers: RPCMetadata) {
        stream = nil
        outcome = status.code == .ok ? RPCStatus(.cancelled, "the call has ended") : status
        head.fail(status.code == .ok ? RPCStatus(.internal, "the response has no head") : status)
        let waiting = room
        room = []
        for promise in waiting { promise.fail(status) }
        if status.code == .ok {
            source.finish()
        } else {
            source.finish(status)
        }
    }
}
