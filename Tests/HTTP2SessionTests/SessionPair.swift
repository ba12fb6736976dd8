import HTTP2Session
import NIOCore
import Testing

/// A client's and a server's connection whose bytes go to each other, cut at random places when a seed is given.
struct SessionPair: ~Copyable {
    var client: HTTP2Connection
    var server: HTTP2Connection
    var clientEvents: [HTTP2Event] = []
    var serverEvents: [HTTP2Event] = []
    var now: UInt64 = 1_000_000_000
    private var random: SeededRandom?

    init(
        client: HTTP2Limits = HTTP2Limits(),
        server: HTTP2Limits = HTTP2Limits(),
        seed: UInt64? = nil
    ) throws {
        let clientEnd = try HTTP2Connection(role: .client, limits: client)
        let serverEnd = try HTTP2Connection(role: .server, limits: server)
        self.client = clientEnd
        self.server = serverEnd
        random = seed.map { SeededRandom(seed: $0) }
    }

    /// Carries bytes both ways until neither end has any.
    mutating func settle() {
        while true {
            let up = SessionPair.drain(&client)
            let down = SessionPair.drain(&server)
            if up.readableBytes == 0, down.readableBytes == 0 { return }
            for piece in pieces(of: up) {
                server.receive(piece, at: now)
                while let event = server.nextEvent() { serverEvents.append(event) }
            }
            for piece in pieces(of: down) {
                client.receive(piece, at: now)
                while let event = client.nextEvent() { clientEvents.append(event) }
            }
            while let event = server.nextEvent() { serverEvents.append(event) }
            while let event = client.nextEvent() { clientEvents.append(event) }
        }
    }

    private static func drain(_ connection: inout HTTP2Connection) -> ByteBuffer {
        var buffer = ByteBuffer()
        while connection.drain(into: &buffer, limit: 1 << 16), buffer.readableBytes < 8 << 20 {
            if buffer.readableBytes > 4 << 20 { break }
        }
        return buffer
    }

    private mutating func pieces(of buffer: ByteBuffer) -> [ByteBuffer] {
        guard random != nil else { return buffer.readableBytes > 0 ? [buffer] : [] }
        var rest = buffer
        var pieces: [ByteBuffer] = []
        while rest.readableBytes > 0 {
            let count = Int((random?.next() ?? 0) % 40) + 1
            if let piece = rest.readSlice(length: min(count, rest.readableBytes)) { pieces.append(piece) }
        }
        return pieces
    }

    mutating func takeServerEvents() -> [HTTP2Event] {
        defer { serverEvents = [] }
        return serverEvents
    }

    mutating func takeClientEvents() -> [HTTP2Event] {
        defer { clientEvents = [] }
        return clientEvents
    }
}

/// `#expect` for a value of something that cannot be copied, which the macro would do.
func expect(_ isSo: Bool, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(isSo, comment, sourceLocation: sourceLocation)
}

/// SplitMix64: the same numbers for the same seed.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// An event as text, for comparison and for messages.
func text(_ event: HTTP2Event) -> String {
    switch event {
    case .headers(let stream, let headers, let ends):
        "headers \(stream.id) \(headers.fields.map { "\($0.name)=\($0.value)" }.joined(separator: ",")) end=\(ends)"
    case .headersTooLarge(let stream, let ends): "headersTooLarge \(stream.id) end=\(ends)"
    case .data(let stream, let bytes): "data \(stream.id) \(bytes.readableBytes)"
    case .ended(let stream): "ended \(stream.id)"
    case .closed(let stream, let code): "closed \(stream.id) \(code.rawValue)"
    case .writable(let stream): "writable \(stream.id)"
    case .ready: "ready"
    case .goaway(let last, let code): "goaway \(last) \(code.rawValue)"
    case .pong(let data): "pong \(data)"
    case .violation(let kind): "violation \(kind.rawValue)"
    }
}

func requestHead(_ path: String = "/a", extra: [(name: String, value: String)] = []) -> HTTP2Headers {
    HTTP2Headers([(":method", "POST"), (":scheme", "https"), (":path", path), (":authority", "x")] + extra)
}
