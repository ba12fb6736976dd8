import NIOCore

/// What waits to be sent on one stream. The first piece needs no memory of its own: most streams send one message.
struct HTTP2OutboundQueue {
    /// Bytes, and whether gRPC's prefix (a zero and the length, five bytes) goes before them.
    private struct Piece {
        var bytes: ByteBuffer
        var isPrefixed: Bool

        var count: Int { bytes.readableBytes + (isPrefixed ? 5 : 0) }
    }

    private(set) var readableBytes = 0
    private var first: Piece?
    private var rest: CircularBuffer<Piece>?

    mutating func append(_ bytes: ByteBuffer, isPrefixed: Bool) {
        let piece = Piece(bytes: bytes, isPrefixed: isPrefixed)
        guard piece.count > 0 else { return }
        readableBytes += piece.count
        if first == nil {
            first = piece
        } else {
            rest = rest ?? CircularBuffer(initialCapacity: 4)
            rest?.append(piece)
        }
    }

    /// Moves the first `count` bytes to the end of a buffer; there are as many.
    mutating func move(_ count: Int, to buffer: inout ByteBuffer) {
        readableBytes -= count
        var left = count
        while left > 0, first != nil {
            left -= moveFromFirst(left, to: &buffer)
            if first?.count == 0 {
                first = rest?.popFirst()
                if rest?.isEmpty == true { rest = nil }
            }
        }
    }

    private mutating func moveFromFirst(_ most: Int, to buffer: inout ByteBuffer) -> Int {
        guard var piece = first else { return 0 }
        first = nil
        defer { first = piece }
        var moved = 0
        if piece.isPrefixed {
            guard most >= 5 else {
                // The prefix is cut between two frames: from here on it is bytes like any other.
                var whole = ByteBuffer(integer: UInt8(0))
                whole.writeInteger(UInt32(piece.bytes.readableBytes))
                whole.writeImmutableBuffer(piece.bytes)
                piece = Piece(bytes: whole, isPrefixed: false)
                return HTTP2OutboundQueue.moveBytes(&piece.bytes, most, to: &buffer)
            }
            buffer.writeInteger(UInt8(0))
            buffer.writeInteger(UInt32(piece.bytes.readableBytes))
            piece.isPrefixed = false
            moved = 5
        }
        return moved + HTTP2OutboundQueue.moveBytes(&piece.bytes, most - moved, to: &buffer)
    }

    private static func moveBytes(_ bytes: inout ByteBuffer, _ most: Int, to buffer: inout ByteBuffer) -> Int {
        let count = min(most, bytes.readableBytes)
        bytes.withUnsafeReadableBytes { all in
            _ = buffer.writeBytes(UnsafeRawBufferPointer(rebasing: all.prefix(count)))
        }
        bytes.moveReaderIndex(forwardBy: count)
        return count
    }
}
