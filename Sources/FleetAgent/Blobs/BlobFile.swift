import Fleet
import Glibc
import NIOCore

import struct Crypto.SHA256

/// A blob that is being written: what has come before is hashed again and continued.
struct BlobFile: ~Copyable {
    private let file: Int32
    private let path: String
    private var hash = SHA256()
    /// Bytes so far.
    private(set) var size: Int64 = 0

    /// Opens or continues a partial file, for one writer at a time: throws `blobUnavailable` while another has it.
    init(continuing path: String) throws(AgentError) {
        file = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        self.path = path
        guard file >= 0 else { throw FileAccess.failure("write", path) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            throw AgentError(.blobUnavailable, "\(path) is being fetched for another deployment")
        }
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = read(file, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileAccess.failure("read", path) }
            guard count > 0 else { break }
            hash.update(data: buffer[..<count])
            size += Int64(count)
        }
    }

    deinit {
        if file >= 0 { close(file) }
    }

    /// Forgets what there is.
    mutating func restart() throws(AgentError) {
        guard ftruncate(file, 0) == 0, lseek(file, 0, SEEK_SET) == 0 else { throw FileAccess.failure("write", path) }
        hash = SHA256()
        size = 0
    }

    /// Appends a piece.
    mutating func append(_ piece: ByteBuffer) throws(AgentError) {
        guard FileAccess.write(piece.readableBytesView, to: file) else { throw FileAccess.failure("write", path) }
        piece.withUnsafeReadableBytes { unsafe hash.update(bufferPointer: $0) }
        size += Int64(piece.readableBytes)
    }

    /// Makes the bytes durable and says what they are.
    func finish() throws(AgentError) -> Digest {
        guard fsync(file) == 0 else { throw FileAccess.failure("write", path) }
        return Digest(hash.finalize())
    }

    /// The digest of a file's content; `nil` when there is no such file.
    static func digest(of path: String) throws(AgentError) -> Digest? {
        guard FileAccess.exists(path) else { return nil }
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw FileAccess.failure("read", path) }
        defer { close(file) }
        var hash = SHA256()
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = read(file, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileAccess.failure("read", path) }
            guard count > 0 else { return Digest(hash.finalize()) }
            hash.update(data: buffer[..<count])
        }
    }
}
