/// What one end of a connection tolerates from the other, and the windows and tables it offers (DESIGN §4, §11).
///
/// Every limit that is broken is answered with its own error and counted under its `HTTP2Violation`.
package struct HTTP2Limits: Sendable, Hashable {
    /// Allows `burst` at once, and `perSecond` more each second.
    package struct Rate: Sendable, Hashable {
        package var burst: Int
        package var perSecond: Int

        package init(burst: Int, perSecond: Int) {
            self.burst = burst
            self.perSecond = perSecond
        }
    }

    /// Streams the peer may have open at once; one more is refused with REFUSED_STREAM.
    package var maxConcurrentStreams: Int = 16
    /// A header list's size, RFC 9113 §6.5.2: names, values and 32 bytes a field. At most 65,535.
    package var headerListBytes: Int = 16 << 10
    /// The largest frame's payload accepted, 16,384…16,777,215 bytes.
    package var frameBytes: Int = 16 << 10
    /// The receive window of each stream, in bytes: what a peer may send ahead of the consumer.
    package var streamWindowBytes: Int = 256 << 10
    /// The receive window of the whole connection, in bytes.
    package var connectionWindowBytes: Int = 1 << 20
    /// The decoder's and the encoder's HPACK table, in bytes; they cost memory on an idle connection.
    package var headerTableBytes: Int = 4096
    /// RST_STREAM frames, and streams that the peer makes us reset (CVE-2023-44487).
    package var resets = Rate(burst: 200, perSecond: 50)
    package var settings = Rate(burst: 16, perSecond: 2)
    package var pings = Rate(burst: 32, perSecond: 4)
    /// DATA frames without payload that do not end their stream.
    package var emptyData = Rate(burst: 100, perSecond: 10)
    /// PRIORITY frames and frames of unknown types.
    package var ignoredFrames = Rate(burst: 200, perSecond: 50)
    /// CONTINUATION frames of one header block.
    package var continuations: Int = 8
    /// Bytes that wait to be sent on one stream: above `high` it is not writable, below `low` it is again.
    package var outboundLowWatermark: Int = 16 << 10
    package var outboundHighWatermark: Int = 64 << 10

    package init() {}
}
