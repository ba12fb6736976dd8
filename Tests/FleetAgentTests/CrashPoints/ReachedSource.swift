import Fleet

@testable import FleetAgent

/// Blobs that the controller gives while it can be reached.
struct ReachedSource: BlobSource {
    let source: MemorySource
    let link: ControllerReach

    func open(_ digest: Digest, from offset: Int64) async throws -> BlobStream {
        guard link.isThere else { throw AgentError(.blobUnavailable, "the controller is not reached") }
        return try await source.open(digest, from: offset)
    }
}
