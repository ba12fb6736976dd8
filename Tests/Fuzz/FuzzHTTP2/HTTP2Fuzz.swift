import HTTP2Session
import NIOCore

/// Feeds a server's and a client's connection with whatever bytes a peer could send, cut wherever it could cut them, and checks
/// what the rest of the transport relies on: a stream has one head before anything else and nothing after `closed`.
///
/// The input's first byte chooses the role and whether the preface is given; each piece begins with its own length.
/// Run by `Deploy/scripts/fuzz` with libFuzzer and the address sanitizer; `FuzzTests` replay its seeds and findings.
package enum HTTP2Fuzz {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]

    package static func run(_ input: UnsafeRawBufferPointer) {
        guard let first = input.first else { return }
        var limits = HTTP2Limits()
        limits.headerListBytes = 2000
        limits.streamWindowBytes = 3000
        let role: HTTP2Connection.Role = first & 1 == 0 ? .server : .client
        guard var connection = try? HTTP2Connection(role: role, limits: limits) else { return }
        var out = ByteBuffer()
        if role == .client {
            for _ in 0..<3 {
                let head = HTTP2Headers([
                    (":method", "GET"), (":scheme", "https"), (":path", "/"), (":authority", "x"),
                ])
                guard let stream = try? connection.request(head, endsStream: false) else { break }
                connection.send(ByteBuffer(string: "hello"), on: stream)
            }
        } else if first & 2 == 0 {
            connection.receive(ByteBuffer(bytes: preface), at: 0)
        }
        _ = connection.drain(into: &out, limit: 1 << 16)
        feed(&connection, input.dropFirst(), role)
    }

    private static func feed(
        _ connection: inout HTTP2Connection,
        _ input: Slice<UnsafeRawBufferPointer>,
        _ role: HTTP2Connection.Role
    ) {
        var rest = input
        var closed: Set<Int32> = []
        var headed: Set<Int32> = []
        var now: UInt64 = 0
        var out = ByteBuffer()
        while let length = rest.popFirst() {
            now += UInt64(length) * 1_000_000
            let piece = rest.prefix(Int(length))
            rest = rest.dropFirst(Int(length))
            connection.receive(ByteBuffer(bytes: piece), at: now)
            while let event = connection.nextEvent() {
                check(event, &headed, &closed)
                if role == .server { answer(event, on: &connection) }
            }
            out.clear()
            while connection.drain(into: &out, limit: 1 << 16), out.readableBytes < 1 << 20 {}
        }
        for stream in connection.streams {
            precondition(!closed.contains(stream.id), "a closed stream is still listed")
        }
    }

    private static func check(_ event: HTTP2Event, _ headed: inout Set<Int32>, _ closed: inout Set<Int32>) {
        switch event {
        case .headers(let stream, _, _), .headersTooLarge(let stream, _):
            precondition(!closed.contains(stream.id), "headers after closed")
            headed.insert(stream.id)
        case .data(let stream, let bytes):
            precondition(headed.contains(stream.id) && !closed.contains(stream.id), "data out of order")
            precondition(bytes.readableBytes > 0, "empty data")
        case .ended(let stream):
            precondition(headed.contains(stream.id) && !closed.contains(stream.id), "end out of order")
        case .closed(let stream, _):
            precondition(closed.insert(stream.id).inserted, "closed twice")
        case .writable, .ready, .goaway, .pong, .violation: break
        }
    }

    private static func answer(_ event: HTTP2Event, on connection: inout HTTP2Connection) {
        switch event {
        case .headers(let stream, let headers, let ends):
            _ = headers.fields
            connection.respond(HTTP2Headers([(":status", "200")]), endsStream: ends, on: stream)
        case .data(let stream, let bytes):
            connection.send(bytes, on: stream)
            connection.consumed(bytes.readableBytes, on: stream)
        case .ended(let stream):
            connection.finish(stream, trailers: HTTP2Headers([("grpc-status", "0")]), abandonsPeer: true)
        default: break
        }
    }
}
