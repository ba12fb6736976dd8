package import Fleet

/// A bundle whose list and files are all present.
package struct BundleRecord: Sendable, Hashable {
    /// The digest of its list.
    package var digest: Digest
    /// How many files it holds.
    package var files: Int
    /// Bytes of all files together.
    package var bytes: Int64
    /// When it was pushed.
    package var createdAt: Instant

    package init(digest: Digest, files: Int, bytes: Int64, createdAt: Instant) {
        self.digest = digest
        self.files = files
        self.bytes = bytes
        self.createdAt = createdAt
    }
}
