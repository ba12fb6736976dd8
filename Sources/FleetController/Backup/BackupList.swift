import Fleet

/// What a backup holds, in its file `backup.json`: written last, so that what has none is no backup.
struct BackupList: Codable {
    /// The format of this version.
    static let format = "muster.backup/1"

    /// One file besides the blobs, which bear their digests as names.
    struct File: Codable {
        /// Relative to the backup's directory.
        var path: String
        /// Bytes.
        var size: Int64
        var digest: Digest
    }

    var format: String
    /// The controller's id.
    var controller: String
    /// When it was made.
    var madeAt: Instant
    /// Of the program that made it.
    var version: String
    /// The store's epoch and revision.
    var epoch: UInt64
    var revision: UInt64
    /// The last record of the audit.
    var audit: AuditReference
    var files: [File]
    /// How many blobs, and their bytes.
    var blobs: Int
    var blobBytes: Int64
}
