import FleetMetrics
import Foundation
import Testing

/// Python's prometheus_client reads the same in the corpus, and in random documents that its own writers made.
@Suite(.timeLimit(.minutes(2))) struct OracleTests {
    private struct Reading: Codable {
        struct Sample: Codable {
            var name: String
            var labels: [String: String]
            var value: String
            var timestamp: Int64?
            var type: String
        }
        var samples: [Sample]
    }

    private static let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Peers/oracle.py")

    @Test func agreesAboutTheCorpus() throws {
        let corpus = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")
        try compare(Corpus.names.map { corpus.appending(path: $0) })
    }

    @Test(arguments: 1...4)
    func agreesAboutRandomDocuments(seed: Int) throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "muster-oracle-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        _ = try run(["make", "\(seed)", "40", directory.path()])
        let files = try FileManager.default.contentsOfDirectory(atPath: directory.path()).sorted()
        #expect(files.count == 80)
        try compare(files.map { directory.appending(path: $0) })
    }

    private func compare(_ files: [URL]) throws {
        let lines = try run(["read"] + files.map { $0.path() }).split(separator: "\n")
        try #require(lines.count == files.count)
        for (file, line) in zip(files, lines) {
            let expected = try JSONDecoder().decode(Reading.self, from: Data(line.utf8)).samples
            let read = ReadDocument(Array(try Data(contentsOf: file)))
            let name = file.lastPathComponent
            #expect(read.summary.badLines == 0, "\(name): \(read.summary.problems)")
            try #require(read.samples.count == expected.count, "\(name)")
            for (sample, other) in zip(read.samples, expected) { try compare(sample, other, name) }
        }
    }

    private func compare(_ sample: ReadDocument.Sample, _ other: Reading.Sample, _ file: String) throws {
        // The oracle renames a counter of the old dialect.
        let isRenamed = other.type == "counter" && other.name == "\(sample.name)_total"
        #expect(sample.name == other.name || isRenamed, "\(file)")
        #expect(sample.labels == other.labels, "\(file): \(sample.name)")
        #expect(sample.timestamp == other.timestamp, "\(file): \(sample.name)")
        let value = try #require(Double(other.value))
        #expect(sample.value == value || (sample.value.isNaN && value.isNaN), "\(file): \(sample.name)")
        #expect(sample.type.rawValue == other.type, "\(file): \(sample.name)")
    }

    private func run(_ arguments: [String]) throws -> String {
        let python = ProcessInfo.processInfo.environment["MUSTER_PEERS_PYTHON"] ?? "python3"
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [python, Self.script.path()] + arguments
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(
            process.terminationStatus == 0,
            """
            \(python) could not run the oracle (run Deploy/scripts/setup, and set MUSTER_PEERS_PYTHON as \
            Deploy/scripts/test does): \(said)
            """
        )
        return text
    }
}
