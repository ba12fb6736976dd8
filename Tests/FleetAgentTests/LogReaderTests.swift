import Fleet
import Foundation
import Glibc
import Synchronization
import Testing

@testable import FleetAgent

/// A log read while it is rotated: every line once, in order, or a line that says what is missing.
@Suite struct LogReaderTests {
    /// A log in a directory of its own.
    private struct Log {
        let path: String
        private let directory: String

        init() throws {
            directory = NSTemporaryDirectory() + "muster-log-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            path = "\(directory)/wine.log"
        }

        func remove() { try? FileManager.default.removeItem(atPath: directory) }

        func write(_ text: String, to suffix: String = "") throws {
            let file = path + suffix
            if !FileManager.default.fileExists(atPath: file) {
                _ = FileManager.default.createFile(atPath: file, contents: nil)
            }
            let handle = try FileHandle(forWritingTo: URL(filePath: file))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(text.utf8))
            try handle.close()
        }

        /// As the shim rotates: the beginning becomes a new `NAME.1`, and is taken out of the file, which stays the same.
        func rotate(keeping rest: Int) throws {
            let url = URL(filePath: path)
            let bytes = try Data(contentsOf: url)
            try bytes.prefix(bytes.count - rest).write(to: URL(filePath: path + ".new"))
            if FileManager.default.fileExists(atPath: path + ".1") { rename(path + ".1", path + ".2") }
            rename(path + ".new", path + ".1")
            let handle = try FileHandle(forUpdating: url)
            try handle.write(contentsOf: bytes.suffix(rest))
            try handle.truncate(atOffset: UInt64(rest))
            try handle.close()
        }

        func reader(tail: Int? = nil, since: String? = nil) throws -> LogReader? {
            let since = try since.map { text in
                Instant(milliseconds: Int64(try Date(text, strategy: .iso8601).timeIntervalSince1970 * 1000))
            }
            return try LogReader(path: path, query: LogQuery(deployment: "d", tail: tail, since: since))
        }
    }

    /// Reads until there is nothing now.
    private static func drain(_ reader: inout LogReader) throws -> String {
        var bytes: [UInt8] = []
        while true {
            let piece = try reader.next()
            #expect(piece.count <= LogReader.pieceBytes)
            guard !piece.isEmpty else { return String(decoding: bytes, as: UTF8.self) }
            bytes += piece
        }
    }

    @Test func nothingWrittenIsNoLog() throws {
        let log = try Log()
        defer { log.remove() }
        #expect(try log.reader() == nil)
    }

    @Test(
        arguments: [
            (nil, "1\n2\n3\n4\n5\n6"), (0, ""), (1, "6"), (2, "5\n6"), (3, "4\n5\n6"), (5, "2\n3\n4\n5\n6"),
            (6, "1\n2\n3\n4\n5\n6"), (900, "1\n2\n3\n4\n5\n6"),
        ] as [(Int?, String)]
    )
    func theLastLinesOfAllFiles(tail: Int?, expected: String) throws {
        let log = try Log()
        defer { log.remove() }
        try log.write("1\n2\n", to: ".2")
        try log.write("3\n4\n", to: ".1")
        try log.write("5\n6")
        var reader = try #require(try log.reader(tail: tail))
        #expect(reader.remaining == Int64(expected.utf8.count))
        #expect(try Self.drain(&reader) == expected)
        #expect(reader.remaining == 0)
        try log.write("\n7\n")
        #expect(try Self.drain(&reader) == "\n7\n")
    }

    @Test func aNewlineAtTheEndBeginsNoLine() throws {
        let log = try Log()
        defer { log.remove() }
        let long = String(repeating: "x", count: 200_000)
        try log.write("a\n\(long)\nb\n")
        var last = try #require(try log.reader(tail: 1))
        #expect(try Self.drain(&last) == "b\n")
        var two = try #require(try log.reader(tail: 2))
        #expect(try Self.drain(&two) == "\(long)\nb\n")
    }

    @Test(
        arguments: [
            ("2026-11-22T10:00:00Z", "a\nb\nc\nd\ne\n"), ("2026-11-22T10:00:01Z", "b\nc\nd\ne\n"),
            ("2026-11-22T10:00:02Z", "d\ne\n"), ("2026-11-22T10:00:05Z", ""),
        ]
    )
    func linesSinceAnInstant(since: String, expected: String) throws {
        let log = try Log()
        defer { log.remove() }
        try log.write("[2026-11-22T10:00:00.500Z] a\n2026-11-22 11:00:01,250+01:00 b\n", to: ".1")
        try log.write("  at c, without a time\nINFO 2026-11-22T10:00:02.000+0000 d\nTraceback e\n")
        var reader = try #require(try log.reader(since: since))
        let letters = try Self.drain(&reader).split(separator: "\n").map { line in
            line.hasPrefix("  at c") ? "c" : String(line.suffix(1))
        }
        #expect(letters.map { "\($0)\n" }.joined() == expected)
    }

    @Test func timesWithoutAZoneAreTheHosts() throws {
        let line = Array("2026-11-22 02:55:00,123 [mlserver] INFO - loaded\n".utf8)
        var parts = DateComponents(year: 2026, month: 11, day: 22, hour: 2, minute: 55)
        parts.timeZone = .current
        let date = try #require(Calendar(identifier: .gregorian).date(from: parts))
        #expect(LogTime.read(line[...]) == Instant(milliseconds: Int64(date.timeIntervalSince1970) * 1000 + 123))
        for none in ["", "2026-11-22", "I1122 10:34:04.1 triton", "2026-13-01 00:00:00", "2026-11-22\n02:55:00 x"] {
            #expect(LogTime.read(Array(none.utf8)[...]) == nil, "\(none)")
        }
    }

    @Test func aLogWithoutTimesSaysSo() throws {
        let log = try Log()
        defer { log.remove() }
        try log.write("started\n")
        let error = #expect(throws: AgentError.self) { try log.reader(since: "2026-11-22T10:00:00Z") }
        #expect(error?.message.contains("wine.log says no times") == true)
        #expect(error?.message.contains("ask for --tail LINES") == true)
    }

    /// Seeded: lines are written, the log is rotated and read in any order; what is read is what was written.
    @Test(arguments: 1...20 as ClosedRange<UInt64>) func rotationsLoseNothing(seed: UInt64) throws {
        let log = try Log()
        defer { log.remove() }
        var state = seed
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var (written, read, unreadRotations) = ("", "", 0)
        try log.write("begin\n")
        written = "begin\n"
        var reader = try #require(try log.reader())
        for line in 0..<400 {
            switch random(6) {
            case 0 where unreadRotations == 0:
                let size = try FileManager.default.attributesOfItem(atPath: log.path)[.size] as? Int ?? 0
                guard size > 0 else { continue }
                try log.rotate(keeping: random(size))
                unreadRotations += 1
            case 1:
                read += try Self.drain(&reader)
                unreadRotations = 0
            case 2:
                read += String(decoding: try reader.next(), as: UTF8.self)
                // What was rotated is held open now.
                unreadRotations = 0
            default:
                let text = String(repeating: "line \(line) ", count: 1 + random(2000)) + "\n"
                try log.write(text)
                written += text
            }
        }
        read += try Self.drain(&reader)
        #expect(read == written, "seed \(seed)")
    }

    @Test(arguments: ["renamed", "renamed twice", "removed", "cut"])
    func aLogThatIsMadeAnewIsFollowed(how: String) throws {
        let log = try Log()
        defer { log.remove() }
        try log.write("1 begins\n")
        var reader = try #require(try log.reader())
        #expect(try Self.drain(&reader) == "1 begins\n")
        if how != "cut" { try log.write("2\n") }
        switch how {
        case "renamed": rename(log.path, log.path + ".1")
        case "renamed twice":
            rename(log.path, log.path + ".1")
            try log.write("3\n")
            rename(log.path + ".1", log.path + ".2")
            rename(log.path, log.path + ".1")
        case "removed": unlink(log.path)
        default: truncate(log.path, 0)
        }
        // What is left of the old ones; the new one is still to be made.
        #expect(try Self.drain(&reader) == (how == "cut" ? "" : how == "renamed twice" ? "2\n3\n" : "2\n"))
        try log.write("4\n")
        #expect(try Self.drain(&reader) == "4\n")
        try log.write("5\n")
        #expect(try Self.drain(&reader) == "5\n")
    }

    @Test func whoSleepsThroughTwoRotationsIsTold() throws {
        let log = try Log()
        defer { log.remove() }
        try log.write("1\n")
        var reader = try #require(try log.reader())
        #expect(try Self.drain(&reader) == "1\n")
        for text in ["2\n", "3\n", "4\n"] {
            try log.write(text)
            try log.rotate(keeping: 0)
        }
        try log.write("5\n")
        let rest = try Self.drain(&reader)
        #expect(rest.hasPrefix("muster-agent: lines are missing here"), "\(rest)")
        #expect(rest.hasSuffix("\n3\n4\n5\n"), "\(rest)")
    }

    @Test(
        arguments: [
            (0, ""), (1, ""), (2, "6\n"), (3, "6\n"), (5, "6\n"), (6, "555\n6\n"), (7, "555\n6\n"),
            (8, "4\n555\n6\n"), (11, "4\n555\n6\n"), (12, "333\n4\n555\n6\n"), (900, "1\n333\n4\n555\n6\n"),
        ] as [(Int64, String)]
    )
    func theNewestWholeLinesThatAreNotTooMuch(most: Int64, expected: String) throws {
        let log = try Log()
        defer { log.remove() }
        try log.write("1\n", to: ".2")
        try log.write("333\n4\n", to: ".1")
        try log.write("555\n6\n")
        var reader = try #require(try LogReader(path: log.path, query: LogQuery(deployment: "d"), most: most))
        #expect(reader.remaining == Int64(expected.utf8.count))
        #expect(reader.skipped == 14 - reader.remaining)
        #expect(try Self.drain(&reader) == expected)
    }

    @Test(arguments: [nil, "2026-11-22T10:00:00Z"]) func whoeverLooksForTheBeginningLetsTheLogRotate(
        since: String?
    ) throws {
        let log = try Log()
        defer { log.remove() }
        let line = "2026-11-22T10:00:00Z line\n"
        try log.write("2026-11-22T09:00:00Z old\n" + String(repeating: line, count: 9))
        let rotations = Mutex(0)
        let failures = Mutex<[String]>([])
        let query = LogQuery(
            deployment: "d",
            tail: since == nil ? 9 : nil,
            since: since.map { _ in Instant(milliseconds: 1_795_341_600_000) }
        )
        var reader = try #require(
            try LogReader(path: log.path, query: query) {
                let file = open(log.path, O_RDONLY | O_CLOEXEC)
                defer { close(file) }
                if flock(file, LOCK_EX | LOCK_NB) != 0 { failures.withLock { $0.append("the lock is held") } }
                let isFirst = rotations.withLock { count in
                    count += 1
                    return count == 1
                }
                if isFirst {
                    do { try log.rotate(keeping: 3 * line.utf8.count) } catch {
                        failures.withLock { $0.append("\(error)") }
                    }
                }
                return false
            }
        )
        #expect(try Self.drain(&reader) == String(repeating: line, count: 9))
        #expect(reader.skipped == 25 && failures.withLock { $0 } == [])
    }

    @Test(arguments: [nil, "2026-11-22T10:00:00Z"]) func nobodyLooksForABeginningThatNobodyWaitsFor(
        since: String?
    ) throws {
        let log = try Log()
        defer { log.remove() }
        try log.write(String(repeating: "x", count: 300_000))
        let asked = Mutex(0)
        let query = LogQuery(
            deployment: "d",
            tail: since == nil ? 1 : nil,
            since: since.map { _ in Instant(milliseconds: 0) }
        )
        let error = #expect(throws: AgentError.self) {
            try LogReader(path: log.path, query: query) {
                asked.withLock { count in
                    count += 1
                    return count >= 2
                }
            }
        }
        #expect(error?.message.hasPrefix("nobody waits for this log any more") == true)
        #expect(asked.withLock { $0 } <= 4, "a block more at most")
    }

    @Test func aLogThatIsRotatedAgainAndAgainIsGivenUp() throws {
        let log = try Log()
        defer { log.remove() }
        try log.write("1\n")
        let error = #expect(throws: AgentError.self) {
            try LogReader(path: log.path, query: LogQuery(deployment: "d", tail: 1)) {
                try? log.write("2\n")
                try? log.rotate(keeping: 0)
                try? log.write("3\n")
                return false
            }
        }
        #expect(error?.message.contains("was rotated 5 times while") == true)
    }

    // MARK: Support bundles

    private static func bundled(_ log: Log, limit: Int, redactor: Redactor? = Redactor(environments: [])) throws
        -> String
    {
        guard var taken = try SupportLog(path: log.path, limit: limit, redactor: redactor) else { return "none" }
        var bytes: [UInt8] = []
        while true {
            let text = try taken.next()
            guard !text.isEmpty else { return String(decoding: bytes, as: UTF8.self) }
            bytes += text
        }
    }

    @Test func aBundleHasTheNewestLinesAndSaysWhatItLeftOut() throws {
        let log = try Log()
        defer { log.remove() }
        #expect(try Self.bundled(log, limit: 100) == "none")
        try log.write("one\npassword=two\nthree")
        #expect(try Self.bundled(log, limit: 100) == "one\npassword=[redacted]\nthree\n")
        #expect(try Self.bundled(log, limit: 100, redactor: nil) == "one\npassword=two\nthree\n")
        let short = try Self.bundled(log, limit: 10)
        #expect(short.hasPrefix("muster-agent: 17 bytes that are older are left out here; "), "\(short)")
        #expect(short.hasSuffix("2000 lines of this log, and 10 bytes at most\nthree\n"), "\(short)")
    }

    @Test func aBundleHasSoManyLines() throws {
        let log = try Log()
        defer { log.remove() }
        try log.write((1...2100).map { "line \($0)\n" }.joined())
        let lines = try Self.bundled(log, limit: 1 << 20).split(separator: "\n")
        #expect(lines.count == 2001 && lines[1] == "line 101" && lines.last == "line 2100")
        #expect(lines[0].hasPrefix("muster-agent: 792 bytes"), "\(lines[0])")
    }

    /// A line that goes on after what was there is taken to its end, and what comes after it is not.
    @Test func aBundleCutsNoLine() throws {
        let log = try Log()
        defer { log.remove() }
        let secret = "hidden-\(String(repeating: "x", count: 40))"
        try log.write("one\nsaid \(secret.prefix(12))")
        let redactor = Redactor(environments: [["GREETING": secret]])
        var taken = try #require(try SupportLog(path: log.path, limit: 1000, redactor: redactor))
        #expect(String(decoding: try taken.next(), as: UTF8.self) == "one\n")
        try log.write("\(secret.dropFirst(12)) it\nlater\n")
        #expect(String(decoding: try taken.next(), as: UTF8.self) == "said [redacted] it\n")
        #expect(try taken.next() == [])
    }

    @Test func piecesBeginWhereCharactersDo() {
        for shift in 0..<4 {
            let text = String(repeating: "x", count: shift) + String(repeating: "é€😀", count: 10_000)
            let parts = SupportAnswer.parts(of: Array(text.utf8))
            #expect(parts.count == 6 && parts.allSatisfy { $0.count <= 16 << 10 })
            #expect(parts.map { String(decoding: $0, as: UTF8.self) }.joined() == text)
        }
        #expect(SupportAnswer.parts(of: []) == [])
        #expect(SupportAnswer.parts(of: Array(repeating: 0x80, count: 40_000)).map(\.count).reduce(0, +) == 40_000)
    }
}
