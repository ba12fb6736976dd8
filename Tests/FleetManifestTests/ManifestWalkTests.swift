import FleetTestSupport
import Foundation
import Testing

@testable import FleetManifest

/// Sound documents with a few random edits, as hands and merges make them: something is said with a place in the file, or what
/// was taken is written back and read as the same; and what the readers take, the schemas take.
@Suite struct ManifestWalkTests {
    private static let words = [
        "", "- ", "  ", "\t", ":", ": ", "{", "}", "[", "]", "\"", "'", "#", "&a ", "*a", "!x ", "|", ">", "%", "---\n",
        "0", "-1",
        "1.5", "yes", "null", "~", "10s", "5%", "9999999999999999999", "é", "\r", "\u{85}", "\u{FEFF}", "name: ",
        "spec:\n",
    ]

    @Test(arguments: 0..<40) func randomEditsAreTakenOrExplained(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let names = ["deployment", "runtime", "version", "model"]
        let texts = try names.map { name in
            try String(contentsOf: WrongManifest.directory.appending(path: "Sound/\(name).yaml"), encoding: .utf8)
        }
        for step in 0..<60 {
            var lines = texts[Int.random(in: texts.indices, using: &random)].split(
                separator: "\n",
                omittingEmptySubsequences: false
            ).map { String($0) }
            for _ in 0..<Int.random(in: 1...3, using: &random) { Self.edit(&lines, using: &random) }
            let text = lines.joined(separator: "\n")
            try Self.check(text, "seed \(seed), step \(step)")
        }
    }

    private static func edit(_ lines: inout [String], using random: inout SeededGenerator) {
        guard !lines.isEmpty else { return }
        let index = Int.random(in: lines.indices, using: &random)
        switch Int.random(in: 0..<7, using: &random) {
        case 0: lines.remove(at: index)
        case 1: lines.insert(lines[index], at: Int.random(in: 0...lines.count, using: &random))
        case 2: lines[index] = "  " + lines[index]
        case 3: lines[index] = String(lines[index].dropFirst(2))
        case 4: lines.swapAt(index, Int.random(in: lines.indices, using: &random))
        default:
            var characters = Array(lines[index])
            let place = Int.random(in: 0...characters.count, using: &random)
            let end = min(characters.count, place + Int.random(in: 0...4, using: &random))
            characters.replaceSubrange(place..<end, with: Array(words.randomElement(using: &random) ?? ""))
            lines[index] = String(characters)
        }
    }

    private static func check(_ text: String, _ walk: Comment) throws {
        var batch = ManifestBatch()
        batch.add(yaml: text.utf8, file: "m.yaml")
        #expect(!batch.problems.isEmpty || !batch.documents.isEmpty, walk)
        let lines = text.unicodeScalars.count { "\n\r\u{85}\u{2028}\u{2029}".unicodeScalars.contains($0) } + 1
        for problem in batch.problems {
            let place = try #require(problem.place, walk)
            #expect((1...lines + 1).contains(place.line) && place.column >= 1, walk)
            #expect(problem.lines.allSatisfy { !$0.contains("\n") }, walk)
            #expect(!problem.message.hasPrefix("not YAML: "), "\(walk): no words for \(problem): \(text)")
        }
        guard batch.problems.isEmpty else { return }
        let yaml = try YAMLTextWriter.text(of: batch.documents.map(\.manifest.document))
        var again = ManifestBatch()
        again.add(yaml: yaml.utf8, file: "again.yaml")
        #expect(again.problems == [], walk)
        #expect(again.documents.map(\.manifest) == batch.documents.map(\.manifest), walk)
        #expect(try SchemaFile.problems(with: batch.documents.map(\.node)) == [], "\(walk): the schema refuses it")
    }
}
