import Foundation
import Testing

@testable import FleetManifest

/// `Protocols/schemas` is what the readers' shapes write; what it refuses, they refuse.
@Suite struct SchemaTests {
    private static let root = SchemaFile.directory.deletingLastPathComponent().deletingLastPathComponent()

    /// Documents without a mistake: the examples, and one with every field.
    private static func sound() throws -> [ManifestNode] {
        let directory = root.appending(path: "Deploy/examples/wine")
        var documents = YAMLTextReader.read(ManifestRoundTripTests.full.utf8, file: "full").documents
        for file in try FileManager.default.contentsOfDirectory(atPath: directory.path()) where file.hasSuffix("yaml") {
            documents +=
                YAMLTextReader.read(try Data(contentsOf: directory.appending(path: file)), file: file).documents
        }
        return documents
    }

    /// Every document of `Wrong` that can be read at all, and the sound ones, with whether the readers take it.
    private static func judged() throws -> [(document: ManifestNode, isSound: Bool)] {
        let texts = try WrongManifest.File.all.flatMap(\.manifests).map { try $0.bytes() }
        let wrong = texts.flatMap { text -> [ManifestNode] in
            let reading = YAMLTextReader.read(text, file: "m.yaml")
            return reading.problems.isEmpty ? reading.documents : []
        }
        return try (wrong + sound()).map { document in
            var batch = ManifestBatch()
            batch.add(document, at: ManifestPath())
            // A schema is for files too that were not pushed yet.
            return (document, batch.problems.allSatisfy { $0.message == "'bundle' is missing" })
        }
    }

    @Test func theFilesAreWhatTheReadersShapesWrite() throws {
        let isWriting = ProcessInfo.processInfo.environment["MUSTER_TRANSCRIPTS"] == "write"
        for (name, text) in SchemaFile.expected {
            let file = SchemaFile.directory.appending(path: name)
            if isWriting { try text.write(to: file, atomically: true, encoding: .utf8) }
            #expect(
                try String(contentsOf: file, encoding: .utf8) == text,
                "\(name) is old; run Deploy/scripts/generate-schemas and read what changed"
            )
            #expect(JSONTextReader.read(text.utf8).problems == [])
        }
        let there = try FileManager.default.contentsOfDirectory(atPath: SchemaFile.directory.path())
        #expect(Set(there) == Set(SchemaFile.expected.map(\.name)), "a schema of no kind")
    }

    @Test func soundDocumentsConform() throws {
        let documents = try Self.sound()
        #expect(documents.count >= 9)
        #expect(try SchemaFile.problems(with: documents) == [])
    }

    @Test func whatASchemaRefusesTheReadersRefuse() throws {
        let judged = try Self.judged()
        #expect(judged.count > 200)
        var refused = 0
        for (document, isSound) in judged {
            let isRefused = try !SchemaFile.problems(with: [document]).isEmpty
            refused += isRefused ? 1 : 0
            #expect(!isRefused || !isSound, "\(JSONTextWriter.compact(document))")
        }
        #expect(refused * 4 > judged.count * 3, "the schemas see little: \(refused) of \(judged.count)")
    }

    @Test(
        .enabled(if: ProcessInfo.processInfo.environment["MUSTER_PEERS_PYTHON"] != nil, "Deploy/scripts/test sets it")
    )
    func anotherValidatorSaysTheSame() throws {
        let python = try #require(ProcessInfo.processInfo.environment["MUSTER_PEERS_PYTHON"])
        let judged = try Self.judged().map(\.document).filter { !Self.holdsAmbiguousWords($0) }
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Peers/validate.py")
        let documents = FileManager.default.temporaryDirectory.appending(path: "muster-\(UUID().uuidString).ndjson")
        defer { try? FileManager.default.removeItem(at: documents) }
        try (judged.map { JSONTextWriter.compact($0) }.joined(separator: "\n") + "\n")
            .write(to: documents, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments = [script.path(), SchemaFile.directory.path(), documents.path()]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let verdicts = String(decoding: answer, as: UTF8.self).split(separator: "\n")
        try #require(verdicts.count == judged.count)
        for (document, verdict) in zip(judged, verdicts) {
            let ours = try SchemaFile.problems(with: [document])
            #expect((verdict == "takes") == ours.isEmpty, "\(JSONTextWriter.compact(document)): \(verdict), \(ours)")
        }
    }

    /// JSON cannot say an unquoted word; our judge refuses it, another would be shown a text.
    private static func holdsAmbiguousWords(_ node: ManifestNode) -> Bool {
        switch node.value {
        case .ambiguous: true
        case .array(let elements): elements.contains(where: holdsAmbiguousWords)
        case .object(let members): members.contains { holdsAmbiguousWords($0.value) }
        case .null, .boolean, .number, .string: false
        }
    }
}
