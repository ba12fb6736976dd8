package import Fleet
import FleetStore

extension FleetOperations {
    /// Reads and hashes a blob. One that was cut short or changed on disk is taken away, so that a push repairs it.
    ///
    /// - Throws: `CancellationError`.
    @concurrent package func checkBlob(_ digest: Digest) async throws -> BlobCondition {
        try await blobs.check(digest, id: environment.freshID())
    }

    /// Begins to receive a blob. The caller writes the pieces and then calls `keep`.
    package func receiveBlob(_ digest: Digest) throws -> BlobUpload {
        try blobs.receive(digest, id: environment.freshID())
    }

    /// Keeps a blob that has arrived whole, on disk and in the store.
    ///
    /// - Throws: `invalid` when its bytes do not have the digest.
    package func keep(_ upload: consuming BlobUpload, as digest: Digest, by identity: OperatorIdentity) async throws {
        try identity.check(.operator, to: "push files")
        let size = try upload.finish()
        let record = BlobRecord(digest: digest, size: size, state: .present, createdAt: environment.now())
        try await write(by: identity, reason: nil) { try $0.putBlob(record) }
    }
}
