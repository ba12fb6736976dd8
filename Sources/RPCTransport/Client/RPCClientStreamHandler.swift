package import NIOCore

/// The caller's half of one stream. Called on the connection's event loop only, in the order of the wire; `finished` is the
/// last call, made exactly once.
package protocol RPCClientStreamHandler: AnyObject {
    /// The response's head arrived (not for a call that failed at once).
    func receivedHead(_ head: RPCResponseHead)
    /// A whole message arrived (for an HTTP request: a piece of the body, of any size).
    func received(message: ByteBuffer)
    /// What waits to be sent fell below the low watermark (16 KiB), after it had been above the high one: send on. Falling is
    /// told, rising is not: look at the stream's `isWritable` after each send.
    func writabilityChanged(isWritable: Bool)
    /// The call is over; for an HTTP request `ok` means that the whole body arrived.
    func finished(_ status: RPCStatus, trailers: RPCMetadata)
}

extension RPCClientStreamHandler {
    package func receivedHead(_ head: RPCResponseHead) {}
    package func writabilityChanged(isWritable: Bool) {}
}
