package import Fleet

/// What was backed up or restored, for people.
package struct BackupSummary: Sendable {
    /// When the backup was made.
    package var madeAt: Instant
    /// The store's revision in it.
    package var revision: UInt64
    /// The epoch in it; after a restore the one that was taken.
    package var epoch: UInt64
    /// The last record of the audit in it.
    package var audit: AuditReference
    /// How many blobs, and their bytes.
    package var blobs: Int
    /// Bytes.
    package var blobBytes: Int64
    /// Blobs that the source no longer had as they should be; they were left out.
    package var damaged: [Digest]
}
