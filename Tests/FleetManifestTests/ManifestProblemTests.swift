import Testing

@testable import FleetManifest

/// Bounds, and where problems stand. What is said about each mistake is in `Wrong`.
@Suite struct ManifestProblemTests {
    private static func problems(_ text: String) -> [ManifestProblem] {
        var batch = ManifestBatch()
        batch.add(yaml: text.utf8, file: "m.yaml")
        return batch.problems
    }

    @Test func depthBeyondLibyamlsIsAProblem() {
        let problems = Self.problems(String(repeating: "[", count: 100_000))
        #expect(problems.map(\.message) == ["more than 32 levels are nested"])
    }

    @Test func sizeAndEncodingAreBounded() {
        var batch = ManifestBatch()
        batch.add(yaml: [UInt8](repeating: 0x20, count: ManifestLimits.bytes + 1), file: "big.yaml")
        batch.add(yaml: [0x61, 0xFF], file: "bytes.yaml")
        let entries = String(repeating: "1,", count: ManifestLimits.nodes + 1)
        batch.add(yaml: "a: [\(entries)]".utf8, file: "many.yaml")
        #expect(
            batch.problems.map(\.message) == [
                "the file has 1048577 bytes; at most 1048576 are allowed",
                "the file is not UTF-8: a byte here begins no character",
                "there are more than 50000 values",
            ]
        )
    }

    @Test func documentsAreBounded() {
        let one = "---\napiVersion: muster/v1\nkind: Model\nmetadata: {name: m}\n"
        let problems = Self.problems(String(repeating: one, count: ManifestLimits.documents + 1))
        #expect(problems.map(\.message) == ["there are more than 500 documents"])
    }

    @Test func whatIsMissingStandsWhereItIsMissed() {
        let problems = Self.problems("apiVersion: muster/v1\nkind: Runtime\nmetadata: {}\nspec:\n  driver: process\n")
        #expect(problems.map(\.path.pointer) == ["/metadata", "/spec"])
        #expect(problems.compactMap(\.place).map(\.line) == [3, 5])
        #expect(problems.last?.message == "'command', 'ports', 'update' and 'health' are missing")
    }

    @Test func theByteOrderMarkIsNoPartOfTheText() {
        #expect(Self.problems("\u{FEFF}apiVersion: muster/v1\nkind: Model\nmetadata: {name: m}\n") == [])
    }

    /// `about` says what a key is for; the API sends it, and people see it below the problem.
    @Test func aProblemSaysWhatItsKeyIsFor() throws {
        let text = "apiVersion: muster/v1\nkind: Model\nmetadata: {name: m}\nspec: {owner: 1}\n"
        let problem = try #require(Self.problems(text).first)
        #expect(problem.purpose == "owner: who answers for the model")
        #expect(
            problem.lines == [
                "m.yaml:4:15: spec.owner: must be a text, and is a number", "    quote it: \"1\"",
                "    owner: who answers for the model",
            ]
        )
        #expect(problem.description == "m.yaml:4:15: spec.owner: must be a text, and is a number; quote it: \"1\"")
    }
}
