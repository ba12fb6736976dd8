import FleetProtocol
import NIOCore
import RPCTransport

/// One `Telemetry` call of a host: every batch is taken or let go at once; the answer says how many were let go.
///
/// Confined to the connection's event loop.
final class TelemetryStream: RPCServerStreamHandler {
    private let host: String
    private let memory: TelemetryMemory
    private let stream: RPCServerStream
    private var dropped: UInt64 = 0

    init(host: String, memory: TelemetryMemory, stream: RPCServerStream) {
        self.host = host
        self.memory = memory
        self.stream = stream
    }

    func received(message: ByteBuffer) {
        if !memory.take(message, of: host) { dropped += 1 }
    }

    func receivedEnd() {
        var answer = WireTelemetryReceived()
        answer.dropped = dropped
        stream.send(message: answer.buffer())
        stream.finish()
    }
}
