import Fleet
import FleetManifest

/// Feeds the readers of files and of request bodies with whatever somebody could send, and checks what the rest relies on:
/// a text is taken or something is said about it; every problem stands in the file and on one line; and what was taken is
/// written back, as YAML and as JSON, and read as the same.
///
/// Run by `Deploy/scripts/fuzz` with libFuzzer and the address sanitizer; `FuzzTests` replay its seeds and findings.
package enum ManifestFuzz {
    package static func run(_ input: UnsafeRawBufferPointer) {
        let bytes = Array(input)
        var batch = ManifestBatch()
        batch.add(yaml: bytes, file: "m.yaml")
        precondition(!batch.problems.isEmpty || !batch.documents.isEmpty, "neither taken nor refused")
        // YAML ends lines by CR, NEL, LS and PS too; these are the last bytes of those.
        let lines = bytes.count { [0x0A, 0x0D, 0x85, 0xA8, 0xA9].contains($0) } + 1
        for problem in batch.problems {
            precondition(problem.place.map { $0.line >= 1 && $0.column >= 1 } ?? true, "a problem is nowhere")
            precondition(problem.place.map { $0.line <= lines + 1 } ?? true, "a problem is below the file")
            precondition(!problem.message.isEmpty && problem.lines.allSatisfy { !$0.isEmpty }, "nothing is said")
        }
        for document in batch.documents { check(document.manifest) }
        let reading = JSONTextReader.read(bytes)
        if let root = reading.root {
            let again = JSONTextReader.read(JSONTextWriter.compact(root).utf8)
            precondition(again.root == root, "JSON is not written back")
            var request = ManifestBatch()
            request.add(root, at: ManifestPath([.key("documents"), .index(0)]))
        } else {
            precondition(!reading.problems.isEmpty, "JSON is neither taken nor refused")
        }
    }

    private static func check(_ manifest: Manifest) {
        guard let yaml = try? YAMLTextWriter.text(of: [manifest.document]) else {
            preconditionFailure("what was taken cannot be written")
        }
        var again = ManifestBatch()
        again.add(yaml: yaml.utf8, file: "again.yaml")
        precondition(again.problems.isEmpty, "what was written is refused")
        precondition(again.documents.map(\.manifest) == [manifest], "what was written is something else")
    }
}
