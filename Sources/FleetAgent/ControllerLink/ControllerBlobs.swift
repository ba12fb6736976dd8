package import Fleet
import FleetProtocol
import RPCTransport

/// Blobs by digest, from the controller, over the bulk connection.
package final class ControllerBlobs: BlobSource {
    private let bulk: BulkConnection

    /// A source that has not fetched anything yet.
    package init(bulk: BulkConnection) {
        self.bulk = bulk
    }

    package func open(_ digest: Digest, from offset: Int64) async throws -> BlobStream {
        do {
            return try await begin(digest, from: offset)
        } catch is RPCStatus {
            try Task.checkCancellation()
            // The connection may have gone while nobody used it; a new one tells whether the controller has.
            do {
                return try await begin(digest, from: offset)
            } catch let status as RPCStatus {
                throw AgentError(
                    .blobUnavailable,
                    "\(digest) could not be fetched from the controller: \(status.message)",
                    cause: status
                )
            }
        }
    }

    private func begin(_ digest: Digest, from offset: Int64) async throws -> BlobStream {
        let connection = try await bulk.open()
        do {
            let path = LinkMethod.blobs + digest.hex
            // A head is awaited until the connection goes: a dead one goes only when it is given up.
            let download = try await withTaskCancellationHandler {
                try await connection.get(path: path, range: offset > 0 ? Int(offset)..<Int.max : nil)
            } onCancel: {
                bulk.forget(connection)
            }
            let abandon: @Sendable () -> Void = { self.bulk.forget(connection) }
            switch download.head.status {
            case 200: return BlobStream(offset: 0, body: download.body, abandon: abandon)
            case 206: return BlobStream(offset: offset, body: download.body, abandon: abandon)
            // Everything was here already, or more than there is: begin anew.
            case 416 where offset > 0: return try await begin(digest, from: 0)
            case 404:
                throw AgentError(
                    .blobMissing,
                    "the controller does not have the blob \(digest); push the bundle again with `muster model push`"
                )
            case let status:
                // Not a connection to keep, whatever is wrong with it: its certificate may have ended.
                bulk.forget(connection)
                throw AgentError(.blobUnavailable, "the controller answered \(status) for the blob \(digest)")
            }
        } catch let status as RPCStatus {
            bulk.forget(connection)
            throw status
        }
    }
}
