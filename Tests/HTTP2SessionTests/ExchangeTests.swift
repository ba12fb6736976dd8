import HTTP2Session
import NIOCore
import Testing

@Suite("Two sessions talk", .timeLimit(.minutes(1)))
struct ExchangeTests {
    private static let okHead = HTTP2Headers([(":status", "200")])

    @Test(arguments: [nil, 1, 2, 3, 4, 5, 6, 7, 8] as [UInt64?])
    func aRequestAndItsAnswer(seed: UInt64?) throws {
        var pair = try SessionPair(seed: seed)
        let request = try pair.client.request(requestHead("/echo"), endsStream: false)
        pair.client.send(ByteBuffer(string: "hello"), on: request)
        pair.client.finish(request, trailers: nil, abandonsPeer: false)
        pair.settle()
        let seen = pair.takeServerEvents()
        #expect(
            merged(seen) == [
                "ready", "headers 1 :method=POST,:scheme=https,:path=/echo,:authority=x end=false", "data 1 5",
                "ended 1",
            ],
            "seed \(String(describing: seed))"
        )
        guard case .headers(let stream, _, _) = seen.first(where: { text($0).hasPrefix("headers") }) else { return }
        pair.server.respond(Self.okHead, endsStream: false, on: stream)
        pair.server.send(ByteBuffer(string: "there"), on: stream)
        pair.server.finish(stream, trailers: HTTP2Headers([("grpc-status", "0")]), abandonsPeer: true)
        pair.settle()
        #expect(
            merged(pair.takeClientEvents()) == [
                "ready", "headers 1 :status=200 end=false", "data 1 5", "headers 1 grpc-status=0 end=true",
                "closed 1 0",
            ],
            "seed \(String(describing: seed))"
        )
        #expect(merged(pair.takeServerEvents()) == ["closed 1 0"])
        expect(pair.client.openStreams == 0)
        expect(pair.server.openStreams == 0)
    }

    /// DATA events that follow one another count as one: where bytes are cut is not part of the meaning.
    private func merged(_ events: [HTTP2Event]) -> [String] {
        var result: [String] = []
        var bytes: [Int32: Int] = [:]
        for event in events {
            if case .data(let stream, let chunk) = event {
                if bytes[stream.id] != nil { result.removeLast() }
                bytes[stream.id, default: 0] += chunk.readableBytes
                result.append("data \(stream.id) \(bytes[stream.id] ?? 0)")
            } else {
                bytes = [:]
                result.append(text(event))
            }
        }
        return result
    }

    @Test func nothingIsGivenBackUntilItIsConsumed() throws {
        var limits = HTTP2Limits()
        limits.streamWindowBytes = 1000
        var pair = try SessionPair(server: limits)
        pair.settle()
        let request = try pair.client.request(requestHead(), endsStream: false)
        pair.client.send(ByteBuffer(repeating: 1, count: 5000), on: request)
        pair.settle()
        var stream: HTTP2Stream?
        func received() -> Int {
            pair.takeServerEvents().reduce(0) { sum, event in
                guard case .data(let from, let bytes) = event else { return sum }
                stream = from
                return sum + bytes.readableBytes
            }
        }
        #expect(received() == 1000)
        guard let stream else { return }
        pair.server.consumed(600, on: stream)
        pair.settle()
        #expect(received() == 600)
        #expect(request.outboundBytes == 3400)
    }

    @Test func watermarks() throws {
        var limits = HTTP2Limits()
        limits.outboundHighWatermark = 100
        limits.outboundLowWatermark = 10
        var pair = try SessionPair(client: limits)
        let request = try pair.client.request(requestHead(), endsStream: false)
        pair.client.send(ByteBuffer(repeating: 1, count: 100), on: request)
        #expect(request.isWritable)
        pair.client.send(ByteBuffer(repeating: 1, count: 1), on: request)
        #expect(!request.isWritable)
        pair.settle()
        #expect(request.isWritable)
        #expect(pair.takeClientEvents().map(text).contains("writable 1"))
    }

    @Test func resetsArriveAndCloseBothEnds() throws {
        var pair = try SessionPair()
        let request = try pair.client.request(requestHead(), endsStream: false)
        pair.settle()
        pair.client.reset(request, .cancel)
        pair.settle()
        #expect(pair.takeServerEvents().map(text).last == "closed 1 8")
        #expect(pair.takeClientEvents().map(text).last == "closed 1 8")
        // Commands on a closed stream do nothing.
        pair.client.send(ByteBuffer(string: "late"), on: request)
        pair.client.finish(request, trailers: nil, abandonsPeer: false)
        pair.settle()
        #expect(pair.takeServerEvents().isEmpty)
    }

    @Test func anEarlyAnswerAbandonsTheRequest() throws {
        var pair = try SessionPair()
        _ = try pair.client.request(requestHead(), endsStream: false)
        pair.settle()
        guard case .headers(let stream, _, _) = pair.takeServerEvents().last else { return }
        pair.server.abandonPeer(stream)
        pair.server.respond(HTTP2Headers([(":status", "403")]), endsStream: true, on: stream)
        pair.settle()
        #expect(pair.takeClientEvents().map(text).suffix(2) == ["headers 1 :status=403 end=true", "closed 1 0"])
        expect(pair.server.openStreams == 0)
    }

    @Test func gracefulGoaway() throws {
        var pair = try SessionPair()
        let request = try pair.client.request(requestHead(), endsStream: false)
        pair.settle()
        guard case .headers(let stream, _, _) = pair.takeServerEvents().last else { return }
        pair.server.announceGoaway()
        pair.server.ping(7)
        pair.settle()
        #expect(pair.takeClientEvents().map(text).last == "goaway 2147483647 0")
        #expect(pair.takeServerEvents().map(text) == ["pong 7"])
        #expect(throws: HTTP2SessionError.self) { _ = try pair.client.request(requestHead(), endsStream: true) }
        pair.server.goaway()
        pair.settle()
        expect(!pair.server.isFinished)
        pair.client.finish(request, trailers: nil, abandonsPeer: false)
        pair.server.respond(Self.okHead, endsStream: true, on: stream)
        pair.settle()
        expect(pair.server.isFinished)
        expect(pair.client.isFinished)
    }

    @Test func aThousandStreamsAtRandom() throws {
        let seed: UInt64 = 20_261_121
        var random = SeededRandom(seed: seed)
        var limits = HTTP2Limits()
        limits.maxConcurrentStreams = 8
        limits.streamWindowBytes = 2000
        limits.resets = .init(burst: 100_000, perSecond: 1)
        var pair = try SessionPair(server: limits, seed: seed)
        var sent: [Int32: Int] = [:]
        var received: [Int32: Int] = [:]
        var isReset: Set<Int32> = []
        for _ in 0..<1000 {
            let request = try pair.client.request(requestHead(), endsStream: false)
            let count = Int.random(in: 0...6000, using: &random)
            sent[request.id] = count
            pair.client.send(ByteBuffer(repeating: 3, count: count), on: request)
            pair.client.finish(request, trailers: nil, abandonsPeer: false)
            if Int.random(in: 0..<10, using: &random) == 0 {
                pair.client.reset(request, .cancel)
                isReset.insert(request.id)
            }
            try answer(&pair, &received)
        }
        for _ in 0..<5000 where pair.client.openStreams > 0 { try answer(&pair, &received) }
        expect(pair.client.openStreams == 0, "seed \(seed)")
        expect(pair.server.openStreams == 0, "seed \(seed)")
        for (id, count) in sent where !isReset.contains(id) {
            #expect(received[id, default: 0] == count, "seed \(seed)")
        }
    }

    /// Carries bytes, consumes what came, and answers streams that ended.
    private func answer(_ pair: inout SessionPair, _ received: inout [Int32: Int]) throws {
        pair.settle()
        for event in pair.takeServerEvents() {
            switch event {
            case .data(let stream, let bytes):
                received[stream.id, default: 0] += bytes.readableBytes
                pair.server.consumed(bytes.readableBytes, on: stream)
            case .ended(let stream):
                pair.server.respond(Self.okHead, endsStream: true, on: stream)
            case .violation(let kind): Issue.record("violation \(kind)")
            default: break
            }
        }
        pair.settle()
    }
}
