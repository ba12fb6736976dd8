package import Fleet
import FleetProtocol
package import Logging
import RPCTransport
import Synchronization

/// The bulk connection: blobs by digest, opened when there is something to fetch, so that no download ever delays a
/// command.
package final class ControllerBlobs: BlobSource {
    private let dialer: ControllerDialer
    private let current = Mutex<RPCClientConnection?>(nil)

    /// A connection that is not open yet.
    package init(identity: AgentIdentity, logger: Logger) {
        dialer = ControllerDialer(identity: identity, logger: logger)
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
        let connection = try await connection()
        do {
            let path = LinkMethod.blobs + digest.hex
            // A head is awaited until the connection goes: a dead one goes only when it is given up.
            let download = try await withTaskCancellationHandler {
                try await connection.get(path: path, range: offset > 0 ? Int(offset)..<Int.max : nil)
            } onCancel: {
                forget(connection)
            }
            let abandon: @Sendable () -> Void = { self.forget(connection) }
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
                throw AgentError(.blobUnavailable, "the controller answered \(status) for the blob \(digest)")
            }
        } catch let status as RPCStatus {
            forget(connection)
            throw status
        }
    }

    /// Closes the connection; the next fetch opens another.
    package func close() {
        let connection = current.withLock { open in
            defer { open = nil }
            return open
        }
        connection?.closeGracefully()
    }

    private func connection() async throws -> RPCClientConnection {
        if let connection = current.withLock({ $0 }) { return connection }
        let dialled = try await dialer.connect()
        // Two that fetch at once dial at once; one connection is enough.
        let (connection, isSpare) = current.withLock { open in
            if let open { return (open, true) }
            open = dialled
            return (dialled, false)
        }
        if isSpare { dialled.close() }
        return connection
    }

    private func forget(_ connection: RPCClientConnection) {
        current.withLock { if $0 === connection { $0 = nil } }
        connection.close()
    }
}
