import NIOCore

/// Cuts the bytes of a stream into gRPC messages: one byte of flags, four of length, the message.
struct RPCDeframer {
    private let maximumMessageBytes: Int
    private var buffer: ByteBuffer?

    init(maximumMessageBytes: Int) {
        self.maximumMessageBytes = maximumMessageBytes
    }

    /// Bytes of a message that has not ended are held.
    var holdsPartialMessage: Bool { (buffer?.readableBytes ?? 0) > 0 }

    /// Takes a piece of the stream. Between messages it is kept as it is, without a copy.
    mutating func append(_ chunk: ByteBuffer) {
        guard var held = buffer else {
            buffer = chunk
            return
        }
        buffer = nil
        var chunk = chunk
        if let length = held.getInteger(at: held.readerIndex + 1, as: UInt32.self) {
            let missing = min(Int(length), maximumMessageBytes) + 5 - held.readableBytes
            held.reserveCapacity(minimumWritableBytes: max(missing, chunk.readableBytes))
        }
        held.writeBuffer(&chunk)
        buffer = held
    }

    /// The next whole message, or nil when more bytes are needed.
    /// - Throws: `resourceExhausted` for a message above the limit, `unimplemented` for a compressed one, `internal` for
    ///   flags that do not exist.
    mutating func next() throws(RPCStatus) -> ByteBuffer? {
        guard var held = buffer else { return nil }
        guard let flags = held.getInteger(at: held.readerIndex, as: UInt8.self),
            let length = held.getInteger(at: held.readerIndex + 1, as: UInt32.self)
        else { return nil }
        if flags == 1 {
            throw RPCStatus(.unimplemented, "the message is compressed; send it uncompressed (grpc-encoding: identity)")
        }
        guard flags == 0 else { throw RPCStatus(.internal, "a message begins with flags \(flags), which do not exist") }
        guard Int(length) <= maximumMessageBytes else {
            throw RPCStatus(
                .resourceExhausted,
                "a message of \(length) bytes is larger than the \(maximumMessageBytes) accepted; send a smaller one"
            )
        }
        guard held.readableBytes >= 5 + Int(length) else { return nil }
        buffer = nil
        held.moveReaderIndex(forwardBy: 5)
        let message = held.readSlice(length: Int(length))
        if held.readableBytes > 0 { buffer = held }
        return message
    }
}
