/// A model version with what the store knows of it.
package struct ModelVersionView: Sendable, Codable {
    /// As written.
    package var modelVersion: ModelVersion
    /// The revision of the last change.
    package var resourceVersion: UInt64
    /// When it was pushed.
    package var createdAt: Instant
    /// How many files the bundle holds.
    package var files: Int
    /// Bytes of all files together.
    package var bytes: Int64

    /// A model version with what the store knows of it.
    package init(
        modelVersion: ModelVersion,
        resourceVersion: UInt64,
        createdAt: Instant,
        files: Int,
        bytes: Int64
    ) {
        self.modelVersion = modelVersion
        self.resourceVersion = resourceVersion
        self.createdAt = createdAt
        self.files = files
        self.bytes = bytes
    }
}
