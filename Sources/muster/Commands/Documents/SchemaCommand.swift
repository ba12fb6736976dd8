import ArgumentParser
import Fleet
import FleetManifest
import Foundation

/// `muster schema`.
struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of a kind of manifest, or of any.",
        discussion: """
            For editors, and for checks without a controller. It says as much as JSON Schema (draft 2020-12) can; `muster \
            plan` knows more. For an editor with a YAML language server, write this as a file's first line:
              # yaml-language-server: $schema=/path/to/manifest.schema.json
            """
    )

    @Argument(
        help: "model, modelversion, runtime or deployment; any of them unless said.",
        completion: .list(["model", "modelversion", "runtime", "deployment"])
    ) var kind: String?
    @Option(help: ArgumentHelp("Write every schema into this directory instead.", valueName: "directory"))
    var all: String?

    func run() throws {
        if let all { return try write(into: all) }
        guard let kind else { return Terminal.current.write(ManifestSchema.anyText) }
        let type = try? ObjectType.named(kind)
        guard let found = ManifestKind.allCases.first(where: { ObjectType($0) == type }) else {
            let known = ManifestKind.allCases.map { $0.rawValue.lowercased() }.joined(separator: ", ")
            throw CommandFailure.usage("there is no kind '\(kind)'", hint: "there are: \(known)")
        }
        Terminal.current.write(ManifestSchema.text(of: found))
    }

    private func write(into directory: String) throws {
        let files =
            ManifestKind.allCases.map { (ManifestSchema.fileName(of: $0), ManifestSchema.text(of: $0)) }
            + [(ManifestSchema.anyFileName, ManifestSchema.anyText)]
        for (name, text) in files {
            let file = URL(filePath: directory).appending(path: name)
            do {
                try text.write(to: file, atomically: true, encoding: .utf8)
            } catch {
                throw CommandFailure(
                    .localFile,
                    "cannot write \(file.path())",
                    hint: "check that the directory is there and may be written to"
                )
            }
        }
    }
}
