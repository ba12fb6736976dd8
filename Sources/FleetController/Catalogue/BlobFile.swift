import Crypto
import Fleet
import Glibc
package import NIOCore

/// One blob, open for reading. Closed when nobody holds it.
package final class BlobFile: Sendable {
    private static let pieceBytes = 64 << 10

    private let descriptor: Int32
    /// Bytes.
    package let size: Int64
    /// Tells this file from another that took its name.
    private let inode: UInt64

    init?(path: String) {
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        var facts = stat()
        guard unsafe fstat(descriptor, &facts) == 0 else {
            close(descriptor)
            return nil
        }
        size = Int64(facts.st_size)
        inode = UInt64(facts.st_ino)
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

    /// Whether two are the same file on one disk.
    func isSameFile(as other: BlobFile) -> Bool {
        inode == other.inode
    }

    /// The digest of what is on disk now, read in pieces of 64 KiB; `nil` when the disk cannot tell.
    ///
    /// - Throws: `CancellationError`.
    func digest() async throws -> Fleet.Digest? {
        var hash = SHA256()
        var offset: Int64 = 0
        while offset < size {
            try Task.checkCancellation()
            guard let piece = read(at: offset, count: Int(min(Int64(Self.pieceBytes), size - offset))) else {
                return nil
            }
            piece.readableBytesView.withUnsafeBytes { bytes in unsafe hash.update(bufferPointer: bytes) }
            offset += Int64(piece.readableBytes)
            // A blob may hold many gigabytes, and others want the thread too.
            await Task.yield()
        }
        return Fleet.Digest(hash.finalize())
    }
}
