package import Fleet
import FleetStore

extension FleetOperations {
    /// The size of a blob in bytes; `nil` when it is not here.
    package func blobSize(_ digest: Digest) -> Int64? {
        blobs.open(digest)?.size
    }

    /// Begins to receive a blob. The caller writes the pieces and then calls `keep`.
    package func receiveBlob(_ digest: Digest) throws -> BlobUpload {
        try blobs.receive(digest, id: environment.freshID())
    }

    /// Keeps a blob that has arrived whole, on disk and in the store.
    ///
    /// - Throws: `invalid` when its bytes do not have the digest.
    package func keep(_ upload: consuming BlobUpload, as digest: Digest, by identity: OperatorIdentity) async throws {
        let size = try upload.finish()
        let record = BlobRecord(digest: digest, size: size, state: .present, createdAt: environment.now())
        try await write(by: identity, reason: nil) { try $0.putBlob(record) }
    }
}
