package import Fleet
package import NIOCore

/// Where blobs come from: the controller, and one day mirrors, registries and peers. What it gives is not trusted.
package protocol BlobSource: Sendable {
    /// Begins to fetch a blob from a byte on. It may begin earlier: the answer says where. Returns soon after its task was
    /// cancelled, however silent the other side is.
    ///
    /// - Throws: `AgentError` with `blobMissing` when the source does not have it, and `blobUnavailable` when it may have
    ///   it later.
    func open(_ digest: Digest, from offset: Int64) async throws -> BlobStream
}

/// A blob on its way.
package struct BlobStream: Sendable {
    /// Where its bytes begin.
    package let offset: Int64
    /// The bytes, in pieces of any size; throws when they are cut short.
    package let body: any AsyncSequence<ByteBuffer, any Error> & Sendable
    /// To be called when the body was not read to its end: nothing more is expected of what carries it.
    package let abandon: @Sendable () -> Void

    /// A blob on its way.
    package init(
        offset: Int64,
        body: any AsyncSequence<ByteBuffer, any Error> & Sendable,
        abandon: @escaping @Sendable () -> Void = {}
    ) {
        self.offset = offset
        self.body = body
        self.abandon = abandon
    }
}
