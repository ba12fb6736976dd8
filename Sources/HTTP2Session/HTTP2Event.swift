package import NIOCore

/// What happened on a connection, in the order of the wire. Nothing acts until the bytes that caused it are digested.
package enum HTTP2Event {
    /// A complete header block: a request's or a response's head, or trailers (the stream's second block).
    case headers(HTTP2Stream, HTTP2Headers, endsStream: Bool)
    /// A header block larger than the limit; its fields are gone.
    case headersTooLarge(HTTP2Stream, endsStream: Bool)
    /// A piece of the body. The owner gives its window back with `consumed`.
    case data(HTTP2Stream, ByteBuffer)
    /// The peer has finished its half after DATA.
    case ended(HTTP2Stream)
    /// Both halves are over (`noError`) or the stream was reset, by either side. The last event of a stream.
    case closed(HTTP2Stream, HTTP2ErrorCode)
    /// What waits to be sent on the stream fell below the low watermark, after it had been above the high one.
    case writable(HTTP2Stream)
    /// The peer's first SETTINGS: the connection is usable.
    case ready
    /// The peer will take no stream above `lastStreamID`.
    case goaway(lastStreamID: Int32, HTTP2ErrorCode)
    /// Our PING came back.
    case pong(UInt64)
    /// The peer broke a rule; what must be answered has been answered.
    case violation(HTTP2Violation)
}
