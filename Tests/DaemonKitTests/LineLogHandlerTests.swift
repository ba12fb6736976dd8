import DaemonKit
import Fleet
import Logging
import Synchronization
import Testing

@Suite struct LineLogHandlerTests {
    final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func append(_ line: String) { lines.withLock { $0.append(line) } }
    }

    struct Failure: Error {}

    static func logger(_ format: LogFormat, lines: Lines) -> Logger {
        var time = TimeSource.system
        time.now = { Instant(milliseconds: 1_795_286_220_007) }
        let source = time
        return Logger(label: "controller") {
            LineLogHandler(label: $0, level: .info, format: format, time: source) { lines.append($0) }
        }
    }

    @Test func writesLogfmt() {
        let lines = Lines()
        var logger = Self.logger(.logfmt, lines: lines)
        logger[metadataKey: "zone"] = "a"
        logger[metadataKey: "host"] = "overridden"
        logger.info(
            "host enrolled",
            metadata: ["host": "h-1", "why": "it said \"hello\"\nworld", "empty": "", "a b": "c"]
        )
        logger.debug("not written")
        #expect(
            lines.all == [
                "time=2026-11-21T18:37:00.007Z level=info logger=controller message=\"host enrolled\" a_b=c empty=\"\" "
                    + "host=h-1 why=\"it said \\\"hello\\\"\\nworld\" zone=a\n"
            ]
        )
    }

    @Test func writesJSON() {
        let lines = Lines()
        let logger = Self.logger(.json, lines: lines)
        logger.warning("trouble", error: Failure(), metadata: ["level": "3", "bell": "\u{7}ü"])
        #expect(
            lines.all == [
                #"{"time":"2026-11-21T18:37:00.007Z","level":"warning","logger":"controller","message":"trouble","#
                    + #""bell":"\u0007ü","error":"Failure()","_level":"3"}"# + "\n"
            ]
        )
    }

    @Test(arguments: LogFormat.allCases)
    func aLineStaysOneLineAndBounded(format: LogFormat) {
        let lines = Lines()
        let everything = String(decoding: (0...127).map { UInt8($0) }, as: UTF8.self)
        Self.logger(format, lines: lines).info("m", metadata: ["x": "\(everything)", "\(everything)": "y"])
        Self.logger(format, lines: lines).info("m", metadata: ["x": "\(String(repeating: "é", count: 1_000_000))"])
        #expect(lines.all.allSatisfy { $0.utf8.filter { $0 == 0x0A }.count == 1 && $0.hasSuffix("\n") })
        #expect(lines.all.allSatisfy { $0.utf8.count < 8192 })
        #expect(lines.all.last?.contains("… (2000000 bytes)") == true)
    }
}
