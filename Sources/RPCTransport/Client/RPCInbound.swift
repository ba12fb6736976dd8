package import NIOCore

/// What arrives on a stream, one message or piece of a body at a time.
package struct RPCInbound: AsyncSequence, Sendable {
    package typealias Element = ByteBuffer
    package typealias Failure = any Error

    /// The one iterator.
    package struct AsyncIterator: AsyncIteratorProtocol {
        package mutating func next() async throws -> ByteBuffer? { nil }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator() }
}
