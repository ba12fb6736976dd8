package import DaemonKit
package import Logging
import RPCTransport
import Synchronization

/// The bulk connection: opened when there is something to carry, so that no download and no figure ever delays a command.
package final class BulkConnection: Sendable {
    private let dialer: ControllerDialer
    private let current = Mutex<RPCClientConnection?>(nil)

    /// A connection that is not open yet.
    package init(identity: AgentIdentity, time: TimeSource = .system, logger: Logger) {
        dialer = ControllerDialer(identity: identity, time: time, logger: logger)
    }

    /// The connection; dials when there is none.
    func open() async throws -> RPCClientConnection {
        if let connection = current.withLock({ $0 }) { return connection }
        let dialled = try await dialer.connect()
        // Two that need it at once dial at once; one connection is enough.
        let (connection, isSpare) = current.withLock { open in
            if let open { return (open, true) }
            open = dialled
            return (dialled, false)
        }
        if isSpare { dialled.close() }
        return connection
    }

    /// Closes a connection that does not serve; the next to need one dials.
    func forget(_ connection: RPCClientConnection) {
        current.withLock { if $0 === connection { $0 = nil } }
        connection.close()
    }
}
