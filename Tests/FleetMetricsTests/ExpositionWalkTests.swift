import FleetMetrics
import FleetTestSupport
import Testing

/// Seeded damage to real documents: what is bad costs itself alone, and nothing brings the reader down.
@Suite struct ExpositionWalkTests {
    /// Lines that are neither samples nor comments.
    private static let garbage = [
        "<html>", "9lives 1", "x{", "x{a=\"b\"", "x{a=\"b\"}", "x{a=\"b\"} one", "x 1 2 3", "}", "\"\"", "x{=\"\"} 1",
        "é 1",
        "x{a=\"\\q\"} 1", "x{a=\"b\",a=\"c\"} 1", "{} 1", "x\u{0} 1",
    ]

    @Test(arguments: try Corpus.names, 1...10)
    func aBadLineCostsItselfAlone(name: String, seed: UInt64) throws {
        var dice = SeededGenerator(seed: seed)
        let text = String(decoding: try Corpus.bytes(name), as: UTF8.self)
        let whole = ReadDocument(text)
        #expect(whole.summary.badLines == 0)
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var places: [Int] = []
        for _ in 0..<8 {
            let place = Int.random(in: 0..<lines.count, using: &dice)
            lines.insert(Self.garbage.randomElement(using: &dice) ?? "", at: place)
            places = places.map { $0 >= place ? $0 + 1 : $0 } + [place]
        }
        let read = ReadDocument(lines.joined(separator: "\n"))
        #expect(read.samples.map(\.name) == whole.samples.map(\.name))
        #expect(read.samples.map(\.labels) == whole.samples.map(\.labels))
        #expect(read.samples.map(\.type) == whole.samples.map(\.type))
        #expect(read.summary.problems.map(\.line) == places.sorted().map { $0 + 1 }, "\(name), seed \(seed)")
    }

    @Test(arguments: 1...60)
    func nothingBringsTheReaderDown(seed: UInt64) throws {
        var dice = SeededGenerator(seed: seed)
        var bytes = try Corpus.bytes(["mlserver-1.7.1.prom", "triton-2.51.prom"][Int(seed % 2)])
        let limits = ExpositionLimits(lineBytes: 300, samples: 60, labels: 3, badLines: 15)
        for _ in 0..<40 {
            let place = Int.random(in: 0..<bytes.count, using: &dice)
            switch Int.random(in: 0..<3, using: &dice) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &dice)
            case 1: bytes.insert(Array("\n\"{}=,#\\ ".utf8).randomElement(using: &dice) ?? 0, at: place)
            default: bytes.remove(at: place)
            }
            let read = ReadDocument(bytes, limits: limits, dialect: ExpositionDialect.allCases[Int(seed / 2 % 2)])
            #expect(read.samples.count == read.summary.samples && read.samples.count <= 60)
            #expect(read.summary.badLines <= 15)
            #expect(read.summary.lines >= read.summary.samples + read.summary.badLines)
            #expect(
                read.summary.problems.allSatisfy { $0.line >= 1 && $0.line <= read.summary.lines && $0.column >= 1 }
            )
        }
    }
}
