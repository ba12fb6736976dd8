import NIOCore

/// Read buffers of one size that no channel keeps: an idle connection owns none.
struct HTTP2ReceiveAllocator: RecvByteBufferAllocator {
    /// A full TLS record and its frame.
    private static let size = 17 << 10

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        allocator.buffer(capacity: HTTP2ReceiveAllocator.size)
    }

    mutating func record(actualReadBytes: Int) -> Bool { false }
}
