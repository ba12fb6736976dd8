import FleetProtocol
import NIOCore
import RPCTransport

/// Sends batches to the controller: one `Telemetry` stream on the bulk connection, and its answer.
struct TelemetryUplink: Sendable {
    /// How long the controller may take.
    private static let deadline = TimeAmount.seconds(10)

    private let send: @Sendable ([[UInt8]]) async throws -> UInt64
    private let isThere: @Sendable () -> Bool

    /// An uplink; tests hand it another way.
    init(isThere: @escaping @Sendable () -> Bool, send: @escaping @Sendable ([[UInt8]]) async throws -> UInt64) {
        self.isThere = isThere
        self.send = send
    }

    /// The way to the controller.
    init(bulk: BulkConnection, presence: ControllerPresence) {
        self.init(isThere: { presence.isThere }) { batches in
            let connection = try await bulk.open()
            do {
                return try await Self.send(batches, on: connection)
            } catch let status as RPCStatus {
                // A refusal is no reason to cut what else the connection carries.
                if status.code == .unavailable { bulk.forget(connection) }
                throw status
            }
        }
    }

    /// Whether there is somebody to send to.
    var isReachable: Bool { isThere() }

    /// Sends batches, in order; how many of them the controller has shed.
    func carry(_ batches: [[UInt8]]) async throws -> UInt64 { try await send(batches) }

    private static func send(_ batches: [[UInt8]], on connection: RPCClientConnection) async throws -> UInt64 {
        let duplex = try await connection.openStream(path: LinkMethod.telemetry, deadline: deadline)
        for batch in batches { try await duplex.send(ByteBuffer(bytes: batch)) }
        duplex.finishSending()
        var shed: UInt64 = 0
        for try await answer in duplex.inbound { shed &+= try WireTelemetryReceived(buffer: answer).dropped }
        return shed
    }
}
