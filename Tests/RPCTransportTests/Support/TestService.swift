import NIOCore
import RPCTransport
import Synchronization

/// A service with a method of each shape; it notes what it saw.
final class TestService: RPCService {
    /// What happened on the server, for tests to wait for.
    struct Seen {
        var closed: [String: RPCStatus?] = [:]
        var received: [String: Int] = [:]
        var peers: [RPCPeer] = []
        var connectionsClosed = 0
    }

    let seen = Mutex(Seen())
    /// Streams of `/test.Echo/Held`, which read nothing until released.
    let held = Mutex<[RPCServerStream]>([])
    let blob = ByteBuffer(bytes: (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })

    func accept(
        _ request: RPCRequest,
        on stream: RPCServerStream
    ) throws(RPCStatus) -> any RPCServerStreamHandler {
        let name = request.path
        let log = StreamLog(name: name, service: self)
        switch (request.kind, name) {
        case (.rpc, "/test.Echo/Unary"):
            return RPCUnaryHandler(stream: stream) { message, reply in reply.succeed(message) }
        case (.rpc, "/test.Echo/Fail"):
            return RPCUnaryHandler(stream: stream) { _, reply in
                reply.fail(RPCStatus(.failedPrecondition, "ünfit: 100 % of hosts\nare busy"))
            }
        case (.rpc, "/test.Echo/Count"): return CountHandler(stream, log)
        case (.rpc, "/test.Echo/Produce"): return ProduceHandler(stream, log)
        case (.rpc, "/test.Echo/Bidi"): return EchoHandler(stream, log)
        case (.rpc, "/test.Echo/Never"): return NeverHandler(log)
        case (.rpc, "/test.Echo/Held"):
            stream.pauseReading()
            held.withLock { $0.append(stream) }
            return CountHandler(stream, log)
        case (.rpc, "/test.Echo/Whoami"):
            let text = request.peer.uriSANs.first ?? (request.peer.hasCertificate ? "nameless" : "nobody")
            return RPCUnaryHandler(stream: stream) { _, reply in reply.succeed(ByteBuffer(string: text)) }
        case (.rpc, "/test.Echo/Header"):
            let text = request.header("x-test") ?? "none"
            return RPCUnaryHandler(stream: stream) { _, reply in reply.succeed(ByteBuffer(string: text)) }
        case (.http("GET"), "/blob"): return BlobHandler(stream, blob, range: request.header("range"))
        case (.http("PUT"), "/blob"): return UploadHandler(stream, log)
        case (.http("PUT"), "/refused"):
            throw RPCStatus(.permissionDenied, "no")
        default:
            throw RPCStatus(.unimplemented, "\(name) does not exist here")
        }
    }

    func connectionOpened(_ connection: RPCServerConnection) {
        seen.withLock { $0.peers.append(connection.peer) }
    }

    func connectionClosed(_ connection: RPCServerConnection) {
        seen.withLock { $0.connectionsClosed += 1 }
    }
}

/// Notes a stream's bytes and end under its method's name.
struct StreamLog: Sendable {
    let name: String
    let service: TestService

    func received(_ bytes: Int) {
        service.seen.withLock { $0.received[name, default: 0] += bytes }
    }

    func closed(_ reason: RPCStatus?) {
        service.seen.withLock { $0.closed[name] = .some(reason) }
    }
}

/// Answers the number of messages and bytes it received.
final class CountHandler: RPCServerStreamHandler {
    private let stream: RPCServerStream
    private let log: StreamLog
    private var messages = 0
    private var bytes = 0

    init(_ stream: RPCServerStream, _ log: StreamLog) {
        self.stream = stream
        self.log = log
    }

    func received(message: ByteBuffer) {
        messages += 1
        bytes += message.readableBytes
        log.received(message.readableBytes)
    }

    func receivedEnd() {
        stream.send(message: ByteBuffer(string: "\(messages) \(bytes)"))
        stream.finish()
    }

    func closed(reason: RPCStatus?) { log.closed(reason) }
}

/// Sends as many messages of 1,024 bytes as the request's text says, no faster than they are taken.
final class ProduceHandler: RPCServerStreamHandler {
    private let stream: RPCServerStream
    private let log: StreamLog
    private var left = 0

    init(_ stream: RPCServerStream, _ log: StreamLog) {
        self.stream = stream
        self.log = log
    }

    func received(message: ByteBuffer) {
        left = Int(String(buffer: message)) ?? 0
        produce()
    }

    func writabilityChanged(isWritable: Bool) { produce() }

    private func produce() {
        while left > 0, stream.isWritable {
            left -= 1
            stream.send(message: ByteBuffer(repeating: UInt8(truncatingIfNeeded: left), count: 1024))
            log.received(1024)
        }
        if left == 0 { stream.finish(.ok, trailers: ["x-done": "yes"]) }
    }

    func closed(reason: RPCStatus?) { log.closed(reason) }
}

/// Echoes every message.
final class EchoHandler: RPCServerStreamHandler {
    private let stream: RPCServerStream
    private let log: StreamLog

    init(_ stream: RPCServerStream, _ log: StreamLog) {
        self.stream = stream
        self.log = log
    }

    func received(message: ByteBuffer) {
        log.received(message.readableBytes)
        stream.send(message: message)
    }

    func receivedEnd() { stream.finish() }

    func closed(reason: RPCStatus?) { log.closed(reason) }
}

/// Never answers.
final class NeverHandler: RPCServerStreamHandler {
    private let log: StreamLog

    init(_ log: StreamLog) {
        self.log = log
    }

    func received(message: ByteBuffer) { log.received(message.readableBytes) }

    func closed(reason: RPCStatus?) { log.closed(reason) }
}

/// Serves bytes, or the part of them that `Range: bytes=a-b` asks for.
final class BlobHandler: RPCServerStreamHandler {
    private let stream: RPCServerStream
    private var left: ByteBuffer

    init(_ stream: RPCServerStream, _ blob: ByteBuffer, range: String?) {
        self.stream = stream
        left = blob
        guard let range else {
            stream.respond(status: 200, headers: ["content-length": "\(blob.readableBytes)"])
            return
        }
        let bounds = range.dropFirst("bytes=".count).split(separator: "-", omittingEmptySubsequences: false)
        let first = Int(bounds[0]) ?? 0
        let last = Int(bounds[1]) ?? blob.readableBytes - 1
        left = blob.getSlice(at: first, length: last - first + 1) ?? ByteBuffer()
        stream.respond(status: 206, headers: ["content-range": "bytes \(first)-\(last)/\(blob.readableBytes)"])
    }

    func received(message: ByteBuffer) {}

    func receivedEnd() { produce() }

    func writabilityChanged(isWritable: Bool) { produce() }

    private func produce() {
        while stream.isWritable, let chunk = left.readSlice(length: min(left.readableBytes, 16 << 10)) {
            guard chunk.readableBytes > 0 else { return stream.finishBody() }
            stream.send(chunk: chunk)
        }
    }
}

/// Takes a body and answers its length.
final class UploadHandler: RPCServerStreamHandler {
    private let stream: RPCServerStream
    private let log: StreamLog
    private var bytes = 0

    init(_ stream: RPCServerStream, _ log: StreamLog) {
        self.stream = stream
        self.log = log
    }

    func received(message: ByteBuffer) {
        bytes += message.readableBytes
        log.received(message.readableBytes)
    }

    func receivedEnd() {
        stream.respond(status: 201)
        stream.send(chunk: ByteBuffer(string: "\(bytes)"))
        stream.finishBody()
    }

    func closed(reason: RPCStatus?) { log.closed(reason) }
}
