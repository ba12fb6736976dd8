import Fleet
import Glibc
import NIOCore

import struct Crypto.SHA256

/// A blob that is being written: what has come before is hashed again and continued.
struct BlobFile: ~Copyable {
    private let disk: any AgentDisk
    private let file: DiskFile
    private let path: String
    private var hash = SHA256()
    /// Bytes so far.
    private(set) var size: Int64 = 0

    /// Opens or continues a partial file, for one writer at a time: throws `blobUnavailable` while another has it.
    ///
    /// - Parameter hashed: hears how many bytes of what is there were hashed.
    init(
        continuing path: String,
        on disk: any AgentDisk,
        hashed: (Int64) -> Void = { _ in }
    ) throws(AgentError) {
        let file: DiskFile
        do {
            file = try disk.open(path, .update)
        } catch {
            throw error.error("write", path)
        }
        do {
            try disk.lock(file)
            size = try Self.hash(file, on: disk, into: &hash, hashed)
        } catch {
            disk.close(file)
            guard error.number == EWOULDBLOCK else { throw error.error("read", path) }
            throw AgentError(.blobUnavailable, "\(path) is being fetched for another deployment")
        }
        self.disk = disk
        self.file = file
        self.path = path
    }

    deinit {
        disk.close(file)
    }

    /// Forgets what there is.
    mutating func restart() throws(AgentError) {
        do {
            try disk.truncate(file, to: 0)
        } catch {
            throw error.error("write", path)
        }
        hash = SHA256()
        size = 0
    }

    /// Appends a piece.
    mutating func append(_ piece: ByteBuffer) throws(AgentError) {
        do {
            try disk.write(piece.readableBytesSpan, to: file, at: size)
        } catch {
            throw error.error("write", path)
        }
        piece.withUnsafeReadableBytes { unsafe hash.update(bufferPointer: $0) }
        size += Int64(piece.readableBytes)
    }

    /// Makes the bytes durable and says what they are.
    func finish() throws(AgentError) -> Digest {
        do {
            try disk.sync(file)
        } catch {
            throw error.error("write", path)
        }
        return Digest(hash.finalize())
    }

    /// The digest of a file's content; `nil` when there is no such file.
    ///
    /// - Parameter hashed: hears how many bytes of it were hashed.
    static func digest(
        of path: String,
        on disk: any AgentDisk,
        hashed: (Int64) -> Void = { _ in }
    ) throws(AgentError) -> Digest? {
        do {
            let file = try disk.open(path, .read)
            defer { disk.close(file) }
            var hash = SHA256()
            _ = try Self.hash(file, on: disk, into: &hash, hashed)
            return Digest(hash.finalize())
        } catch {
            guard error.number != ENOENT else { return nil }
            throw error.error("read", path)
        }
    }

    /// Hashes all that a file holds; how many bytes these were.
    private static func hash(
        _ file: DiskFile,
        on disk: any AgentDisk,
        into hash: inout SHA256,
        _ hashed: (Int64) -> Void
    ) throws(DiskFault) -> Int64 {
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        var size: Int64 = 0
        while true {
            let count = try disk.read(file, at: size, into: &buffer)
            guard count > 0 else { return size }
            hash.update(data: buffer[..<count])
            size += Int64(count)
            hashed(size)
        }
    }
}
