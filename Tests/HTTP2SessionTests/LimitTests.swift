import HTTP2Session
import NIOCore
import Testing

/// Frames by hand, as a hostile peer writes them.
enum RawFrame {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    static func frame(type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        let length = payload.count
        var bytes: [UInt8] = [
            UInt8(length >> 16 & 0xff), UInt8(length >> 8 & 0xff), UInt8(length & 0xff), type, flags,
        ]
        withUnsafeBytes(of: stream.bigEndian) { bytes.append(contentsOf: $0) }
        return bytes + payload
    }

    static let settings = frame(type: 4)
    static let settingsAck = frame(type: 4, flags: 1)
    /// `:method POST`, `:scheme https`, `:path /`, `:authority x` without the dynamic table.
    static let head: [UInt8] = [0x83, 0x87, 0x84, 0x01, 0x01, UInt8(ascii: "x")]

    static func headers(stream: UInt32, flags: UInt8 = 4) -> [UInt8] {
        frame(type: 1, flags: flags, stream: stream, head)
    }
    static func reset(stream: UInt32) -> [UInt8] { frame(type: 3, stream: stream, [0, 0, 0, 8]) }
    static func data(stream: UInt32, _ payload: [UInt8], flags: UInt8 = 0) -> [UInt8] {
        frame(type: 0, flags: flags, stream: stream, payload)
    }
}

/// A kind of attack: its bytes, the violation it must be counted as, and the code of the GOAWAY that must answer it.
struct Attack: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let violation: HTTP2Violation
    let goaway: HTTP2ErrorCode

    var testDescription: String { name }

    private static func repeated(_ count: UInt32, _ frame: (UInt32) -> [UInt8]) -> [UInt8] {
        (0..<count).flatMap(frame)
    }

    static let all: [Attack] = [
        Attack(
            name: "RST_STREAM flood",
            bytes: repeated(400) { RawFrame.headers(stream: 2 * $0 + 1) + RawFrame.reset(stream: 2 * $0 + 1) },
            violation: .resetFlood,
            goaway: .enhanceYourCalm
        ),
        Attack(
            name: "SETTINGS flood",
            bytes: repeated(100) { _ in RawFrame.settings },
            violation: .settingsFlood,
            goaway: .enhanceYourCalm
        ),
        Attack(
            name: "PING flood",
            bytes: repeated(100) { _ in RawFrame.frame(type: 6, [1, 2, 3, 4, 5, 6, 7, 8]) },
            violation: .pingFlood,
            goaway: .enhanceYourCalm
        ),
        Attack(
            name: "CONTINUATION flood",
            bytes: RawFrame.headers(stream: 1, flags: 0)
                + repeated(50) { _ in RawFrame.frame(type: 9, stream: 1, [0x83]) },
            violation: .continuationFlood,
            goaway: .enhanceYourCalm
        ),
        Attack(
            name: "empty DATA flood",
            bytes: RawFrame.headers(stream: 1) + repeated(500) { _ in RawFrame.data(stream: 1, []) },
            violation: .emptyDataFlood,
            goaway: .enhanceYourCalm
        ),
        Attack(
            name: "PRIORITY flood",
            bytes: repeated(500) { _ in RawFrame.frame(type: 2, stream: 1, [0, 0, 0, 3, 7]) },
            violation: .ignoredFrameFlood,
            goaway: .enhanceYourCalm
        ),
        Attack(
            name: "unknown frames flood",
            bytes: repeated(500) { _ in RawFrame.frame(type: 77, stream: 1, [0]) },
            violation: .ignoredFrameFlood,
            goaway: .enhanceYourCalm
        ),
        Attack(
            name: "oversized frame",
            bytes: RawFrame.headers(stream: 1) + RawFrame.data(stream: 1, [UInt8](repeating: 0, count: 16_385)),
            violation: .frameSize,
            goaway: .frameSizeError
        ),
        Attack(
            name: "header block that cannot be decoded",
            bytes: RawFrame.frame(type: 1, flags: 4, stream: 1, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            violation: .compression,
            goaway: .compressionError
        ),
        Attack(
            name: "DATA on stream 0",
            bytes: RawFrame.data(stream: 0, [1]),
            violation: .protocolError,
            goaway: .protocolError
        ),
    ]
}

@Suite("A peer that breaks a limit", .timeLimit(.minutes(1)))
struct LimitTests {
    /// Feeds bytes to a server and gives its events and its answer.
    private func attack(
        _ bytes: [UInt8],
        limits: HTTP2Limits = HTTP2Limits(),
        preface: [UInt8] = RawFrame.preface + RawFrame.settings
    ) throws -> (events: [HTTP2Event], answer: [UInt8], isFinished: Bool) {
        let server = try HTTP2Connection(role: .server, limits: limits)
        var answer = ByteBuffer()
        _ = server.drain(into: &answer, limit: 1 << 20)
        server.receive(ByteBuffer(bytes: preface + bytes), at: 1_000_000_000)
        var events: [HTTP2Event] = []
        while let event = server.nextEvent() { events.append(event) }
        while server.drain(into: &answer, limit: 1 << 20) {}
        while let event = server.nextEvent() { events.append(event) }
        return (events, Array(answer.readableBytesView), server.isFinished)
    }

    /// The error codes of the frames of one type in an answer.
    private func codes(of type: UInt8, at offset: Int, in answer: [UInt8]) -> [UInt32] {
        var codes: [UInt32] = []
        var index = 0
        while index + 9 <= answer.count {
            let length = Int(answer[index]) << 16 | Int(answer[index + 1]) << 8 | Int(answer[index + 2])
            if answer[index + 3] == type {
                codes.append(answer[(index + 9 + offset)..<(index + 13 + offset)].reduce(0) { $0 << 8 | UInt32($1) })
            }
            index += 9 + length
        }
        return codes
    }

    private func violations(_ events: [HTTP2Event]) -> [HTTP2Violation] {
        events.compactMap { if case .violation(let kind) = $0 { kind } else { nil } }
    }

    @Test(arguments: Attack.all)
    func isSentAway(_ attack: Attack) throws {
        let outcome = try self.attack(attack.bytes)
        #expect(violations(outcome.events).contains(attack.violation), "\(violations(outcome.events))")
        #expect(codes(of: 7, at: 4, in: outcome.answer).last == attack.goaway.rawValue)
        #expect(outcome.isFinished)
    }

    @Test func aPrefaceThatIsNotHTTP2() throws {
        let outcome = try attack([], preface: Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        #expect(violations(outcome.events) == [.badPreface])
        #expect(codes(of: 7, at: 4, in: outcome.answer).last == HTTP2ErrorCode.protocolError.rawValue)
        #expect(outcome.isFinished)
    }

    @Test func aRateIsAllowedAgainLater() throws {
        var limits = HTTP2Limits()
        limits.pings = .init(burst: 2, perSecond: 1)
        let server = try HTTP2Connection(role: .server, limits: limits)
        var out = ByteBuffer()
        let ping = ByteBuffer(bytes: RawFrame.frame(type: 6, [UInt8](repeating: 0, count: 8)))
        server.receive(ByteBuffer(bytes: RawFrame.preface + RawFrame.settings), at: 0)
        for second in 0..<20 {
            server.receive(ping, at: UInt64(second) * 1_000_000_000)
            _ = server.drain(into: &out, limit: 1 << 20)
        }
        expect(!server.isFinished)
        for _ in 0..<4 { server.receive(ping, at: 20_000_000_000) }
        _ = server.drain(into: &out, limit: 1 << 20)
        expect(server.isFinished)
    }

    @Test func oneStreamTooMany() throws {
        var limits = HTTP2Limits()
        limits.maxConcurrentStreams = 3
        let bytes = (0..<4).flatMap { RawFrame.headers(stream: 2 * $0 + 1) }
        let early = try attack(bytes, limits: limits)
        #expect(violations(early.events) == [.concurrentStreams])
        #expect(codes(of: 3, at: 0, in: early.answer) == [HTTP2ErrorCode.refusedStream.rawValue])
        #expect(early.events.filter { text($0).hasPrefix("headers") }.count == 3)
        #expect(!early.isFinished)
        let late = try attack(RawFrame.settingsAck + bytes, limits: limits)
        #expect(!violations(late.events).isEmpty)
        #expect(codes(of: 7, at: 4, in: late.answer) == [HTTP2ErrorCode.protocolError.rawValue])
    }

    @Test func aHeaderListAboveTheLimit() throws {
        var limits = HTTP2Limits()
        limits.headerListBytes = 1000
        var pair = try SessionPair(server: limits)
        _ = try pair.client.request(
            requestHead(extra: [("x-long", String(repeating: "v", count: 1000))]),
            endsStream: true
        )
        _ = try pair.client.request(requestHead(extra: [("x-short", "v")]), endsStream: true)
        pair.settle()
        let texts = pair.takeServerEvents().map(text)
        #expect(texts.contains("headersTooLarge 1 end=true"))
        #expect(texts.contains("violation headerList"))
        #expect(texts.contains { $0.hasPrefix("headers 3") && $0.contains("x-short=v") })
    }

    @Test func moreDataThanTheWindow() throws {
        var limits = HTTP2Limits()
        limits.streamWindowBytes = 100
        let outcome = try attack(
            RawFrame.settingsAck + RawFrame.headers(stream: 1)
                + RawFrame.data(stream: 1, [UInt8](repeating: 1, count: 200)),
            limits: limits
        )
        let answers = codes(of: 3, at: 0, in: outcome.answer) + codes(of: 7, at: 4, in: outcome.answer)
        #expect(answers.contains(HTTP2ErrorCode.flowControlError.rawValue))
        #expect(violations(outcome.events).contains(.flowControl))
    }

    @Test func upperCaseNamesAreMalformed() throws {
        let field: [UInt8] = [0x00, 0x01, UInt8(ascii: "A"), 0x01, UInt8(ascii: "b")]
        let outcome = try attack(RawFrame.frame(type: 1, flags: 5, stream: 1, RawFrame.head + field))
        #expect(codes(of: 3, at: 0, in: outcome.answer) == [HTTP2ErrorCode.protocolError.rawValue])
        #expect(violations(outcome.events) == [.malformedMessage])
    }

    /// Streams that close before their head is whole, some of them in the middle of other streams' lives.
    @Test func malformedHeadsOnManyStreams() throws {
        let field: [UInt8] = [0x00, 0x01, UInt8(ascii: "A"), 0x01, UInt8(ascii: "b")]
        let bytes = (0..<60).flatMap { number in
            let id = UInt32(2 * number + 1)
            return number % 3 == 0
                ? RawFrame.headers(stream: id, flags: 5) + RawFrame.reset(stream: id)
                : RawFrame.frame(type: 1, flags: 4, stream: id, RawFrame.head + field)
        }
        var limits = HTTP2Limits()
        limits.maxConcurrentStreams = 100
        let outcome = try attack(bytes, limits: limits)
        #expect(violations(outcome.events) == [HTTP2Violation](repeating: .malformedMessage, count: 40))
        let closed = outcome.events.compactMap { if case .closed(let stream, _) = $0 { stream.id } else { nil } }
        #expect(closed.sorted() == (0..<60).map { Int32(2 * $0 + 1) })
        #expect(!outcome.isFinished)
    }

    /// Random bytes, and random damage to good bytes, never harm: whatever comes, the session lives or is finished.
    @Test func randomBytes() throws {
        let good =
            RawFrame.preface + RawFrame.settings + RawFrame.headers(stream: 1) + RawFrame.data(stream: 1, [1, 2, 3])
            + RawFrame.headers(stream: 3, flags: 5) + RawFrame.reset(stream: 1)
        for seed in 0..<2000 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            var bytes = good
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: 24..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let outcome = try attack(bytes, preface: [])
            for event in outcome.events { _ = text(event) }
        }
    }
}
