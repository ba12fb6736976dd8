import FleetManifest
import Foundation
import Testing

@testable import muster

@Suite struct ManifestFilesTests {
    private static func withDirectory(_ files: [String: String], _ body: (String) throws -> Void) throws {
        let directory = NSTemporaryDirectory() + "muster-files-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        for (name, text) in files { try Data(text.utf8).write(to: URL(filePath: "\(directory)/\(name)")) }
        try body(directory)
    }

    private static func model(_ name: String) -> String {
        "apiVersion: muster/v1\nkind: Model\nmetadata: {name: \(name)}\n"
    }

    private static func failure(_ paths: [String]) -> CommandFailure? {
        #expect(throws: CommandFailure.self) { _ = try ManifestFiles.read(paths) }
    }

    @Test func aDirectoryStandsForItsManifests() throws {
        let json = #"{"apiVersion":"muster/v1","kind":"Model","metadata":{"name":"c"}}"#
        let files = [
            "b.yaml": Self.model("b") + "---\n" + Self.model("b2"), "a.yml": Self.model("a"), "c.json": json,
            "notes.txt": "kind: nothing",
        ]
        try Self.withDirectory(files) { directory in
            let names = try ManifestFiles.read([directory]).map(\.manifest.name)
            #expect(names == ["a", "b", "b2", "c"])
            #expect(try ManifestFiles.read(["\(directory)/"]).count == 4)
            #expect(
                Self.failure([directory, "\(directory)/a.yml"])?.details.first?.contains("is described twice") == true
            )
        }
    }

    @Test func everyMistakeOfEveryFileIsToldAndNothingIsSent() throws {
        let files = [
            "a.yaml": Self.model("A"), "b.yaml": "spec:\n\tx: 1\n", "c.yaml": Self.model("c") + "spec: {ownr: x}\n",
        ]
        try Self.withDirectory(files) { directory in
            let failure = try #require(Self.failure([directory]))
            #expect(failure.message == "3 problems in what was read; nothing was sent")
            let places = failure.details.filter { !$0.hasPrefix(" ") }.compactMap { line in
                line.dropFirst(directory.count + 1).split(separator: ": ").first.map { String($0) }
            }
            #expect(places == ["a.yaml:3:18", "b.yaml:2:1", "c.yaml:4:8"])
            #expect(failure.exitCode == 1)
        }
    }

    @Test func problemsAreListedToABoundAndCounted() throws {
        let text = (0..<150).map { "k\($0): 1\n" }.joined()
        try Self.withDirectory(["a.yaml": text]) { directory in
            let failure = try #require(Self.failure([directory]))
            #expect(failure.message.hasPrefix("151 problems"))
            #expect(failure.details.filter { !$0.hasPrefix(" ") }.count == ManifestLimits.problems + 1)
            #expect(failure.details.last == "and 51 more")
        }
    }

    @Test func whatCannotBeReadIsNamed() throws {
        #expect(Self.failure(["/nowhere/m.yaml"])?.message == "cannot read /nowhere/m.yaml")
        try Self.withDirectory(["notes.txt": ""]) { directory in
            #expect(Self.failure([directory])?.message.hasSuffix("holds no .yaml, .yml or .json file") == true)
        }
        try Self.withDirectory(["big.yaml": String(repeating: "#", count: ManifestLimits.bytes + 10)]) { directory in
            #expect(Self.failure([directory])?.details.first?.contains("at most 1048576 are allowed") == true)
        }
    }
}
