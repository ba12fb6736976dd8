package import NIOCore

/// The service's half of one stream. Called on the connection's event loop only, in the order of the wire; it may call the
/// stream from within. `closed` is the last call, made exactly once.
package protocol RPCServerStreamHandler: AnyObject {
    /// A whole message arrived (for an HTTP request: a piece of the body, of any size).
    func received(message: ByteBuffer)
    /// The peer has finished sending; it still receives.
    func receivedEnd()
    /// The stream is over. `reason` is nil when both halves ended as they should; otherwise it says what ended it early
    /// (`cancelled` by the peer, `deadlineExceeded`, `unavailable` with the connection, `internal` on bad framing).
    func closed(reason: RPCStatus?)
    /// What waits to be sent fell below the low watermark (16 KiB), after it had been above the high one: send on. Falling is
    /// told, rising is not: look at the stream's `isWritable` after each send.
    func writabilityChanged(isWritable: Bool)
}

extension RPCServerStreamHandler {
    package func receivedEnd() {}
    package func closed(reason: RPCStatus?) {}
    package func writabilityChanged(isWritable: Bool) {}
}
