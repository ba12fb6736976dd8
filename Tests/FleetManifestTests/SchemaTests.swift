import Foundation
import Testing

@testable import FleetManifest

/// `Protocols/schemas` says the same as the readers: what one takes, the other takes.
@Suite struct SchemaTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func schema(of kind: ManifestKind) throws -> SchemaJudge {
        let file = root.appending(path: "Protocols/schemas/\(kind.rawValue.lowercased()).schema.json")
        let reading = JSONTextReader.read(try Data(contentsOf: file))
        #expect(reading.problems == [])
        return SchemaJudge(root: try #require(reading.root))
    }

    private static func judge(_ document: ManifestNode) throws -> [String] {
        guard case .string(let word)? = document["kind"]?.value, let kind = ManifestKind(rawValue: word) else {
            return ["no kind"]
        }
        return try schema(of: kind).problems(with: document)
    }

    @Test func examplesAndFullManifestsConform() throws {
        let directory = Self.root.appending(path: "Deploy/examples/wine")
        var documents = YAMLTextReader.read(ManifestRoundTripTests.full.utf8, file: "full").documents
        for file in try FileManager.default.contentsOfDirectory(atPath: directory.path()) where file.hasSuffix("yaml") {
            documents +=
                YAMLTextReader.read(try Data(contentsOf: directory.appending(path: file)), file: file).documents
        }
        #expect(documents.count >= 9)
        for document in documents { #expect(try Self.judge(document) == []) }
    }

    @Test(arguments: ManifestProblemTests.table + PolicyProblems.table)
    func mostMistakesAreSeenByTheSchemaToo(bad: BadManifest) throws {
        // Rules between two parts of a document, selectors and templates are beyond a schema.
        let beyond = [
            "ports and templates that do not fit together", "a version that was never pushed", "the same object twice",
            "keys that stand twice, more than once, beside another mistake", "amounts beyond their bounds",
            "waves that do not rise, and do not end with all", "a zone that does not exist",
            "windows and freezes without any length",
        ]
        let reading = YAMLTextReader.read(bad.yaml.utf8, file: "m.yaml")
        guard !beyond.contains(bad.testDescription), reading.problems.isEmpty else { return }
        for document in reading.documents { #expect(try Self.judge(document) != [], "\(bad.testDescription)") }
    }

    @Test func keysAreTheReaders() throws {
        func keys(_ kind: ManifestKind, _ path: String...) throws -> Set<String> {
            var node = try #require(try Self.schema(of: kind).root["properties"]?["spec"])
            for step in path { node = try #require(node["properties"]?[step]) }
            guard case .object(let members)? = node["properties"]?.value else { return [] }
            return Set(members.map(\.key))
        }
        #expect(try keys(.model) == Set(ModelManifest.keys.accepted))
        #expect(try keys(.modelVersion) == Set(ModelVersionManifest.keys.accepted))
        #expect(try keys(.modelVersion, "probe") == Set(ModelVersionManifest.probeKeys.accepted))
        #expect(try keys(.runtime) == Set(RuntimeManifest.keys.accepted))
        #expect(try keys(.deployment, "content") == Set(DeploymentManifest.contentKeys.accepted))
        func shared(_ kind: ManifestKind, _ name: String) throws -> Set<String> {
            let found = try Self.schema(of: kind).root["$defs"]?[name]?["properties"]
            guard case .object(let members)? = found?.value else { return [] }
            return Set(members.map(\.key))
        }
        #expect(try shared(.runtime, "requirement") == Set(RequirementsManifest.keys.accepted))
        #expect(try shared(.deployment, "resources") == Set(ResourcesManifest.keys.accepted))
        #expect(try keys(.deployment, "policy") == Set(PolicyManifest.keys.accepted))
        #expect(try keys(.deployment, "policy", "rollout") == Set(RolloutPolicyManifest.keys.accepted))
        func elements(_ list: String) throws -> Set<String> {
            let spec = try Self.schema(of: .deployment).root["properties"]?["spec"]
            let found = spec?["properties"]?["policy"]?["properties"]?[list]?["items"]?["properties"]
            guard case .object(let members)? = found?.value else { return [] }
            return Set(members.map(\.key))
        }
        #expect(try elements("windows") == Set(WindowManifest.keys.accepted))
        #expect(try elements("freezes") == Set(FreezeManifest.keys.accepted))
        #expect(try keys(.deployment, "policy", "rollback") == Set(PolicyManifest.rollbackKeys.accepted))
    }
}
