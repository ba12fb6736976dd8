package import Fleet
import Glibc
import NIOCore

/// The controller's blobs as files `xx/HEX` under one directory. A file that stands under its name had its digest when it
/// got there: it was hashed while it was written, flushed, and renamed. What a disk or a person did to it since, `check` finds.
package struct BlobDirectory: Sendable {
    private let root: String

    /// A directory for blobs; made if it is not there.
    ///
    /// - Throws: `ControllerError` `unavailable` when it cannot be made.
    package init(root: String) throws {
        self.root = root
        try Self.makeDirectory(root)
        try Self.makeDirectory("\(root)/incoming")
    }

    /// Whether a blob is there.
    package func contains(_ digest: Digest) -> Bool {
        unsafe access(path(of: digest), R_OK) == 0
    }

    /// Opens a blob; `nil` when it is not there.
    package func open(_ digest: Digest) -> BlobFile? {
        BlobFile(path: path(of: digest))
    }

    /// Reads a blob and hashes it; one that has another digest now is taken away, so that it can be sent again.
    ///
    /// - Parameter id: a name that nobody else uses.
    /// - Throws: `CancellationError`.
    package func check(_ digest: Digest, id: String) async throws -> BlobCondition {
        guard let file = open(digest) else { return .missing }
        guard try await file.digest() != digest else { return .whole(size: file.size) }
        // Moved aside first: a good one that was renamed into the place meanwhile must not go.
        let aside = "\(root)/incoming/\(id)"
        guard unsafe rename(path(of: digest), aside) == 0 else { return .missing }
        if let moved = BlobFile(path: aside), !moved.isSameFile(as: file) {
            guard unsafe rename(aside, path(of: digest)) == 0 else { return .missing }
            return .whole(size: moved.size)
        }
        unsafe unlink(aside)
        return .damaged
    }

    /// All bytes of a small blob, such as a bundle's list; `nil` when it is not there or larger than `limit`.
    package func bytes(of digest: Digest, limit: Int) -> [UInt8]? {
        guard let file = open(digest), file.size <= Int64(limit) else { return nil }
        guard file.size > 0 else { return [] }
        var all: [UInt8] = []
        while all.count < Int(file.size) {
            guard let piece = file.read(at: Int64(all.count), count: Int(file.size) - all.count) else { return nil }
            all += piece.readableBytesView
        }
        return all
    }

    /// Begins to write a blob.
    ///
    /// - Parameter id: a name that nobody else uses.
    package func receive(_ digest: Digest, id: String) throws -> BlobUpload {
        try Self.makeDirectory("\(root)/\(digest.hex.prefix(2))")
        return try BlobUpload(digest: digest, temporary: "\(root)/incoming/\(id)", final: path(of: digest))
    }

    private func path(of digest: Digest) -> String {
        let hex = digest.hex
        return "\(root)/\(hex.prefix(2))/\(hex)"
    }

    private static func makeDirectory(_ path: String) throws {
        guard unsafe mkdir(path, 0o700) != 0, errno != EEXIST else { return }
        throw ControllerError(.unavailable, "cannot make the directory \(path): errno \(errno)")
    }
}
