package import Fleet

/// A blob that the controller knows. Its bytes are a file beside the database, owned by the controller.
package struct BlobRecord: Sendable, Hashable {
    /// Whether the bytes are there.
    package enum State: String, Sendable, Hashable {
        /// Announced, not all of it is there.
        case partial
        /// On disk, verified.
        case present
    }

    /// Its name.
    package var digest: Digest
    /// Bytes.
    package var size: Int64
    /// Whether the bytes are there.
    package var state: State
    /// When it was announced.
    package var createdAt: Instant

    package init(digest: Digest, size: Int64, state: State, createdAt: Instant) {
        self.digest = digest
        self.size = size
        self.state = state
        self.createdAt = createdAt
    }
}
