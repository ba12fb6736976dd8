import NIOCore
import RPCTransport
import Synchronization
import Testing

@Suite("Back-pressure both ways", .timeLimit(.minutes(1)))
struct FlowControlTests {
    /// What both ends may hold for one stream: window, watermark, socket buffers are outside of it and are not counted as taken.
    static let bound = (256 << 10) + (64 << 10) + (64 << 10)

    @Test func aServerThatDoesNotReadStopsTheClient() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            let call = try await connection.openStream(path: "/test.Echo/Held")
            let total = 4096
            async let sent: Void = {
                for _ in 0..<total { try await call.send(ByteBuffer(repeating: 1, count: 1024)) }
                call.finishSending()
            }()
            try await eventually("the stream is there") { server.service.held.withLock { !$0.isEmpty } }
            // Another call on the same connection is not disturbed, and when it is done nothing of the held one was read.
            let message = ByteBuffer(string: "beside")
            for _ in 0..<50 {
                #expect(try await connection.unary(path: "/test.Echo/Unary", message: message) == message)
            }
            #expect(server.service.seen.withLock { $0.received["/test.Echo/Held"] } == nil)
            guard let stream = server.service.held.withLock({ $0.first }) else { return }
            stream.eventLoop.execute { stream.resumeReading() }
            try await sent
            var answer = ""
            for try await message in call.inbound { answer = String(buffer: message) }
            #expect(answer == "\(total) \(total * 1024)")
            connection.close()
        }
    }

    @Test func aClientThatDoesNotReadStopsTheServer() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            let call = try await connection.openStream(path: "/test.Echo/Produce")
            try await call.send(ByteBuffer(string: "20000"))
            call.finishSending()
            var iterator = call.inbound.makeAsyncIterator()
            #expect(try await iterator.next() != nil)
            var previous = -1
            // It has stopped when a whole round trip changes nothing any more.
            while true {
                let message = ByteBuffer(string: "beside")
                for _ in 0..<20 {
                    _ = try await connection.unary(path: "/test.Echo/Unary", message: message)
                }
                let produced = server.service.seen.withLock { $0.received["/test.Echo/Produce"] ?? 0 }
                if produced == previous { break }
                previous = produced
            }
            #expect(previous > 0)
            #expect(previous < Self.bound, "the server produced \(previous) bytes for a reader that stands still")
            var count = 1
            while try await iterator.next() != nil { count += 1 }
            #expect(count == 20_000)
            connection.close()
        }
    }

    @Test func droppingTheSequenceCancelsTheCall() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            do {
                let call = try await connection.openStream(path: "/test.Echo/Produce")
                try await call.send(ByteBuffer(string: "1000000"))
                for try await _ in call.inbound { break }
            }
            try await eventually("the server hears it") {
                server.service.seen.withLock { $0.closed["/test.Echo/Produce"]??.code == .cancelled }
            }
            connection.close()
        }
    }
}
