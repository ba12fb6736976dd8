import Foundation
import Testing

@testable import FleetManifest

/// Each manifest of `Wrong` is answered as it is written there. `MUSTER_TRANSCRIPTS=write` writes what is said now into the
/// files: read the difference as somebody would who was woken by it, before it is kept.
@Suite struct WrongManifestTests {
    @Test func thereAreManyOfThem() {
        let all = WrongManifest.File.all.flatMap(\.manifests)
        #expect(all.count >= 200)
        #expect(Set(all.map(\.head)).count == all.count, "a head stands twice")
    }

    @Test(arguments: ["deployment", "runtime", "version", "model"]) func whatTheyChangeIsSound(name: String) throws {
        let file = WrongManifest.directory.appending(path: "Sound/\(name).yaml")
        var batch = ManifestBatch()
        batch.add(yaml: try Data(contentsOf: file), file: "m.yaml")
        #expect(batch.problems.map(\.description) == [])
        #expect(try SchemaFile.problems(with: batch.documents.map(\.node)) == [])
    }

    @Test(arguments: WrongManifest.File.all) func eachIsAnsweredAsItIsWritten(file: WrongManifest.File) throws {
        var file = file
        let before = file.text
        for index in file.manifests.indices {
            file.manifests[index].golden = try Self.answer(to: file.manifests[index])
        }
        if ProcessInfo.processInfo.environment["MUSTER_TRANSCRIPTS"] == "write" {
            try file.text.write(
                to: WrongManifest.directory.appending(path: file.name),
                atomically: true,
                encoding: .utf8
            )
            return
        }
        let old = before.split(separator: "\n", omittingEmptySubsequences: false)
        let new = file.text.split(separator: "\n", omittingEmptySubsequences: false)
        let first = zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }
        #expect(old == new, "line \((first?.offset ?? min(old.count, new.count)) + 1) of \(file.name)")
    }

    /// What is said about it, as the command line prints it; last, whether the published schema lets it pass.
    private static func answer(to manifest: WrongManifest) throws -> [String] {
        let bytes = try manifest.bytes()
        var batch = ManifestBatch()
        batch.add(yaml: bytes, file: "m.yaml")
        let lines = batch.problems.flatMap(\.lines)
        #expect(!lines.isEmpty, "nothing is wrong with: \(manifest.head)")
        #expect(
            lines.allSatisfy { $0.unicodeScalars.allSatisfy { $0.value >= 0x20 } },
            "a control character is printed"
        )
        let reading = YAMLTextReader.read(bytes, file: "m.yaml")
        guard reading.problems.isEmpty, !reading.documents.isEmpty else { return lines }
        return try SchemaFile.problems(with: reading.documents).isEmpty ? lines + ["(the schema takes it)"] : lines
    }
}
