/// One stream of a connection: the handle that events carry, and what waits to be sent on it. Confined to its connection.
package final class HTTP2Stream {
    /// The stream's number on the wire.
    package let id: Int32
    /// Whatever the owner keeps with the stream; found again without a look-up.
    package var attachment: AnyObject?
    /// False while more than the high watermark waits to be sent.
    package internal(set) var isWritable = true
    /// The peer has sent END_STREAM.
    package internal(set) var isRemoteEnded = false
    /// Both halves are over; commands do nothing any more.
    package internal(set) var isClosed = false
    /// Our half's last frame is queued; nothing can be sent any more.
    package internal(set) var isLocalEnded = false
    /// Bytes that wait to be sent.
    package var outboundBytes: Int { outbound.readableBytes }

    var outbound = HTTP2OutboundQueue()
    /// Fields to send after the last byte.
    var trailers: HTTP2Headers?
    /// A response's or a request's head is queued, so DATA may follow.
    var isHeadQueued = false
    /// nghttp2 has been told to wait for data.
    var isDeferred = false
    /// Once our half is sent and the peer's is not, reset the stream with NO_ERROR.
    var resetsAfterEnd = false
    /// The connection's list of open streams, in which each holds the next.
    var next: HTTP2Stream?
    unowned(unsafe) var previous: HTTP2Stream?

    init(id: Int32) {
        self.id = id
    }
}
