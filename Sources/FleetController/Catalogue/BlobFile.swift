import Glibc
package import NIOCore

/// One blob, open for reading. Closed when nobody holds it.
package final class BlobFile: Sendable {
    private let descriptor: Int32
    /// Bytes.
    package let size: Int64

    init?(path: String) {
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        var facts = stat()
        guard unsafe fstat(descriptor, &facts) == 0 else {
            close(descriptor)
            return nil
        }
        size = Int64(facts.st_size)
    }

    deinit {
        close(descriptor)
    }

    /// Reads up to `count` bytes; `nil` on an error or at the end.
    package func read(at offset: Int64, count: Int) -> ByteBuffer? {
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        let read = unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
            unsafe max(0, pread(descriptor, bytes.baseAddress, count, off_t(offset)))
        }
        return read > 0 ? buffer : nil
    }
}
