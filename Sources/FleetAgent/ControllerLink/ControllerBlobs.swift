package import Fleet
import FleetProtocol
package import Logging
package import RPCTransport
import Synchronization

/// The bulk connection: blobs by digest, opened when there is something to fetch, so that no download ever delays a
/// command.
package final class ControllerBlobs: Sendable {
    /// One blob on its way.
    package struct Download: Sendable {
        /// Bytes of the whole blob.
        package let size: Int64
        /// The bytes from the offset on, in pieces; throws when it is cut short.
        package let body: RPCInbound
    }

    private let dialer: ControllerDialer
    private let open = Mutex<RPCClientConnection?>(nil)

    /// A connection that is not open yet.
    package init(identity: AgentIdentity, logger: Logger) {
        dialer = ControllerDialer(identity: identity, logger: logger)
    }

    /// Begins to fetch a blob from an offset on.
    ///
    /// - Throws: `RPCStatus` when the controller cannot be reached; `AgentLinkError` when it does not have the blob.
    package func fetch(_ digest: Digest, from offset: Int64) async throws -> Download {
        do {
            return try await begin(digest, from: offset)
        } catch is RPCStatus {
            // The connection may have gone while nobody used it; a new one tells whether the controller has.
            return try await begin(digest, from: offset)
        }
    }

    private func begin(_ digest: Digest, from offset: Int64) async throws -> Download {
        let connection = try await connection()
        do {
            let path = LinkMethod.blobs + digest.hex
            let download = try await connection.get(path: path, range: offset > 0 ? Int(offset)..<Int.max : nil)
            switch download.head.status {
            case 200, 206:
                return Download(size: try Self.size(of: download.head, from: offset), body: download.body)
            case 404:
                throw AgentLinkError("the controller does not have the blob \(digest); push the bundle again")
            case let status:
                throw AgentLinkError("the controller answered \(status) for the blob \(digest)")
            }
        } catch let status as RPCStatus {
            forget(connection)
            throw status
        }
    }

    /// Closes the connection; the next fetch opens another.
    package func close() {
        let connection = open.withLock { open in
            defer { open = nil }
            return open
        }
        connection?.closeGracefully()
    }

    private func connection() async throws -> RPCClientConnection {
        if let connection = open.withLock({ $0 }) { return connection }
        let connection = try await dialer.connect()
        open.withLock { $0 = connection }
        return connection
    }

    private func forget(_ connection: RPCClientConnection) {
        open.withLock { if $0 === connection { $0 = nil } }
        connection.close()
    }

    private static func size(of head: RPCResponseHead, from offset: Int64) throws -> Int64 {
        guard let length = head.headers["content-length"].flatMap({ Int64($0) }) else {
            throw AgentLinkError("the controller did not say how long the blob is")
        }
        return head.status == 206 ? offset + length : length
    }
}
