import Fleet
import NIOCore
import Synchronization

/// The controller's end of one answer of a host: what arrives goes in here, and comes out as a ``HostAnswer``.
final class HostAnswerFeed: Sendable {
    /// Tells the stream when the reader wants more, and whoever asked when it has gone.
    final class Demand: NIOAsyncSequenceProducerDelegate, Sendable {
        fileprivate let wanted = Mutex<(@Sendable () -> Void)?>(nil)
        fileprivate let gone = Mutex<(@Sendable () -> Void)?>(nil)

        func produceMore() { wanted.withLock { $0 }?() }

        /// It says so once: what it calls holds the feed, which holds this.
        func didTerminate() { gone.withLock { $0.take() }?() }
    }

    /// Pieces that may wait here, each as large as a chunk may be.
    private static let waiting = 4

    /// The request's id.
    let id: String
    let hostID: String
    /// The host's name.
    let host: String
    /// What is asked for, in words that follow "cannot".
    let what: String
    /// Who asks.
    let asker: OperatorIdentity
    /// Yields once, when the answer begins; throws when it does not.
    let beginnings: AsyncThrowingStream<Void, any Error>
    private let beginning: AsyncThrowingStream<Void, any Error>.Continuation
    private let source = Mutex<HostAnswer.Producer.Source?>(nil)
    private let demand = Demand()

    init(id: String, hostID: String, host: String, what: String, asker: OperatorIdentity) {
        self.id = id
        self.hostID = hostID
        self.host = host
        self.what = what
        self.asker = asker
        (beginnings, beginning) = AsyncThrowingStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The reader's end; once.
    ///
    /// - Parameter onEnd: called when the reader has everything or has gone.
    func begin(onEnd: @escaping @Sendable () -> Void) -> HostAnswer {
        demand.gone.withLock { $0 = onEnd }
        let made = HostAnswer.Producer.makeSequence(
            elementType: ByteBuffer.self,
            failureType: (any Error).self,
            backPressureStrategy: .init(lowWatermark: 1, highWatermark: Self.waiting),
            finishOnDeinit: true,
            delegate: demand
        )
        source.withLock { $0 = made.source }
        return HostAnswer(producer: made.sequence)
    }

    /// The stream that brings the answer is here.
    ///
    /// - Parameter wanted: called when there is room again, from any thread.
    func opened(wanted: @escaping @Sendable () -> Void) {
        demand.wanted.withLock { $0 = wanted }
        beginning.yield()
        beginning.finish()
    }

    /// The stream that brings the answer is gone.
    func closed() { demand.wanted.withLock { $0 = nil } }

    /// A piece has come. Whether there is room for more; `nil` when nobody reads any more.
    func take(_ piece: ByteBuffer) -> Bool? {
        switch source.withLock({ $0 })?.yield(piece) {
        case .produceMore: true
        case .stopProducing: false
        case .dropped, nil: nil
        }
    }

    /// There is no more, or an error why; the first word counts. What has come before is still read.
    func end(_ error: (any Error)? = nil) {
        beginning.finish(throwing: error)
        let source = source.withLock { $0 }
        if let error { source?.finish(error) } else { source?.finish() }
    }

    /// Why it ends when the host's connection does.
    var lost: ControllerError {
        ControllerError(
            .unavailable,
            "cannot \(what) any further: the connection to host '\(host)' was lost",
            hint: "what runs there goes on; ask again when it is back: muster get host \(host)",
            meaning: .hostNotConnected
        )
    }
}
