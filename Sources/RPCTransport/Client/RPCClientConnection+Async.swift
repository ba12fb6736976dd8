package import NIOCore

extension RPCClientConnection {
    /// One message there, one message back. Throws the call's status when it is not `ok`; cancelling the task cancels the call.
    package func unary(
        path: String,
        message: ByteBuffer,
        metadata: RPCMetadata = [:],
        deadline: TimeAmount? = nil
    ) async throws(RPCStatus) -> ByteBuffer {
        throw RPCStatus(.unimplemented, "the transport has not landed yet")
    }

    /// Begins a streaming call of any shape.
    package func openStream(
        path: String,
        metadata: RPCMetadata = [:],
        deadline: TimeAmount? = nil
    ) async throws(RPCStatus) -> RPCDuplex {
        throw RPCStatus(.unimplemented, "the transport has not landed yet")
    }

    /// Begins a GET and returns when the response's head is here.
    /// - Parameter range: bytes asked for (`Range: bytes=a-b`), nil for all; an upper bound of `Int.max` leaves it open.
    package func get(
        path: String,
        range: Range<Int>? = nil,
        headers: RPCMetadata = [:]
    ) async throws(RPCStatus) -> RPCDownload {
        throw RPCStatus(.unimplemented, "the transport has not landed yet")
    }

    /// Sends a PUT whose body is the sequence, no faster than the peer takes it, and returns the response's head and body
    /// (at most 64 KiB of it).
    package func put<Body: AsyncSequence & Sendable>(
        path: String,
        headers: RPCMetadata = [:],
        body: Body
    ) async throws -> (head: RPCResponseHead, body: ByteBuffer) where Body.Element == ByteBuffer {
        throw RPCStatus(.unimplemented, "the transport has not landed yet")
    }
}
