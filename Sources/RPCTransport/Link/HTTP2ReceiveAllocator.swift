import NIOCore

/// Read buffers that follow the traffic: small for a connection that says little, larger while bytes come in bulk.
///
/// NIO keeps the first buffer of a channel for good (with `maxMessagesPerRead` 1) and, as the next may always be larger, no
/// other: an idle connection owns that half KiB.
struct HTTP2ReceiveAllocator: RecvByteBufferAllocator {
    private static let smallest = 512
    private static let largest = 64 << 10
    private var size = HTTP2ReceiveAllocator.smallest

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        allocator.buffer(capacity: size)
    }

    mutating func record(actualReadBytes: Int) -> Bool {
        if actualReadBytes >= size {
            size = min(size * 4, HTTP2ReceiveAllocator.largest)
        } else if actualReadBytes < size / 4 {
            size = max(size / 2, HTTP2ReceiveAllocator.smallest)
        }
        return true
    }
}
