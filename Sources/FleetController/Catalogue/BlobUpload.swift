import Crypto
import Fleet
import Glibc
package import NIOCore

/// One blob on its way in: hashed as it is written, kept only if it has the digest that was announced.
package struct BlobUpload: ~Copyable {
    private let digest: Fleet.Digest
    private let temporary: String
    private let final: String
    private let descriptor: Int32
    private var hash = SHA256()
    /// Bytes so far.
    package private(set) var size: Int64 = 0

    init(digest: Fleet.Digest, temporary: String, final: String) throws {
        self.digest = digest
        self.temporary = temporary
        self.final = final
        descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw ControllerError(.unavailable, "cannot write \(temporary): errno \(errno)", hint: "see to the disk")
        }
    }

    deinit {
        close(descriptor)
        // Harmless after `finish`: the name is gone then.
        unsafe unlink(temporary)
    }

    /// Writes a piece.
    package mutating func write(_ piece: ByteBuffer) throws {
        try piece.readableBytesView.withUnsafeBytes { bytes in
            unsafe hash.update(bufferPointer: bytes)
            var written = 0
            while written < bytes.count {
                let count = unsafe Glibc.write(
                    descriptor,
                    bytes.baseAddress?.advanced(by: written),
                    bytes.count - written
                )
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    throw ControllerError(
                        .unavailable,
                        "the blob could not be written: errno \(errno)",
                        hint: "see to the controller's disk, then push again; nothing was kept"
                    )
                }
                written += count
            }
        }
        size += Int64(piece.readableBytes)
    }

    /// Everything has come: flushes and gives the blob its name, or refuses it.
    ///
    /// - Returns: bytes.
    /// - Throws: `ControllerError` `invalid` when the bytes do not have the digest; `unavailable` when the disk fails.
    package consuming func finish() throws -> Int64 {
        let actual = Fleet.Digest(hash.finalize())
        guard actual == digest else {
            throw ControllerError(
                .invalid,
                "the blob \(digest.short) was cut short or changed: \(size) bytes arrived whose digest is \(actual)",
                hint: "push again; nothing was kept"
            )
        }
        guard fsync(descriptor) == 0, unsafe rename(temporary, final) == 0 else {
            throw ControllerError(.unavailable, "the blob could not be kept: errno \(errno)", hint: "see to the disk")
        }
        return size
    }
}
