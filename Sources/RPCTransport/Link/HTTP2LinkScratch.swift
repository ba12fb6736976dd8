import NIOCore

/// One write buffer that the connections of an event loop share: TLS has copied its bytes when the write returns, so the next
/// connection finds it free, and an idle connection owns none. Confined to its event loop.
final class HTTP2LinkScratch {
    private static let keptBytes = 128 << 10
    private var buffer = ByteBuffer()

    /// An empty buffer to fill.
    func take() -> ByteBuffer {
        var taken = ByteBuffer()
        swap(&taken, &buffer)
        return taken
    }

    /// Gives it back after the write. Should somebody still hold its bytes, `clear` leaves them theirs.
    func give(_ used: ByteBuffer) {
        guard used.capacity <= HTTP2LinkScratch.keptBytes else { return }
        buffer = used
        buffer.clear()
    }
}
