package import NIOCore

/// What a host answers, piece by piece, read no faster than this is. One consumer, once; whoever drops it asks no longer.
///
/// A piece without bytes says that the host lives. It throws a ``ControllerError`` where the answer ends early.
package struct HostAnswer: AsyncSequence, Sendable {
    package typealias Element = ByteBuffer

    typealias Producer = NIOThrowingAsyncSequenceProducer<
        ByteBuffer, any Error, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, HostAnswerFeed.Demand
    >

    /// The one iterator.
    package struct AsyncIterator: AsyncIteratorProtocol {
        private let iterator: Producer.AsyncIterator

        init(_ iterator: Producer.AsyncIterator) {
            self.iterator = iterator
        }

        /// The next piece; `nil` when everything has come.
        @concurrent
        package mutating func next() async throws -> ByteBuffer? {
            try await iterator.next()
        }
    }

    let producer: Producer

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(producer.makeAsyncIterator()) }
}
