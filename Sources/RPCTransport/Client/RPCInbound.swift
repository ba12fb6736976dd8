package import NIOCore

/// What arrives on a stream, one message or piece of a body at a time. One consumer, once.
package struct RPCInbound: AsyncSequence, Sendable {
    package typealias Element = ByteBuffer

    typealias Producer = NIOThrowingAsyncSequenceProducer<
        ByteBuffer, any Error, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, RPCStreamReceiver.Demand
    >

    /// The one iterator.
    package struct AsyncIterator: AsyncIteratorProtocol {
        private let iterator: Producer.AsyncIterator

        init(_ iterator: Producer.AsyncIterator) {
            self.iterator = iterator
        }

        /// The next piece; nil when everything arrived. Throws the `RPCStatus` that ended the call early.
        @concurrent
        package mutating func next() async throws -> ByteBuffer? {
            try await iterator.next()
        }
    }

    let producer: Producer

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(producer.makeAsyncIterator()) }
}
