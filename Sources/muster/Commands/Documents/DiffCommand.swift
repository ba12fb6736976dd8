import ArgumentParser
import Fleet
import FleetClient
import FleetManifest

/// `muster diff`.
struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show line by line what files would change in the desired state. It changes nothing.",
        discussion: """
            Both sides are written in the same form, with what is left out filled in. `muster plan` shows what hosts would \
            see of it.
            Exit codes: 0 no difference, 1 error, 2 there are differences.
            """
    )

    @OptionGroup var files: FileOptions

    func run() async throws {
        let documents = try ManifestFiles.read(files.files)
        var differs = false
        try await OperatorSession.run { session in
            for document in documents {
                let before = try await Self.stored(document.manifest, in: session.client)
                let text = try DocumentDifference.text(
                    from: before.map { try YAMLTextWriter.text(of: $0.document) } ?? "",
                    to: try YAMLTextWriter.text(of: document.manifest.document),
                    name: "\(document.manifest.kind.rawValue)/\(document.manifest.name)",
                    file: document.node.place?.description ?? "the file",
                    style: session.terminal.style
                )
                if let text { session.terminal.say(text) }
                differs = differs || text != nil
            }
        }
        if differs { throw ExitCode(2) }
    }

    /// The object as the controller has it; `nil` when there is none.
    private static func stored(_ manifest: Manifest, in client: OperatorClient) async throws -> Manifest? {
        do {
            return try await StoredManifest.read(ObjectType(manifest.kind), manifest.name, in: client)?.manifest
        } catch  where error.problem?.type == "not-found" {
            return nil
        }
    }
}
