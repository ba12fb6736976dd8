import ArgumentParser
import Fleet
import FleetClient
import FleetManifest

/// `muster apply`.
struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Make files the desired state: all of them, or none.",
        discussion: "Applying what is applied already does nothing. Content that a hold condemns is not stored."
    )

    @OptionGroup var files: FileOptions
    @Option(help: "Why; it is kept in the audit.") var reason: String?
    @Flag(help: "Allow what would stop replicas on more than one host.") var allowRemoval = false

    func run() async throws {
        let documents = try ManifestFiles.read(files.files)
        try await OperatorSession.run { session in
            try await Self.apply(documents, reason: reason, allowRemoval: allowRemoval, in: session)
        }
    }

    /// Applies documents and prints what that did, with the next step.
    static func apply(
        _ documents: [ManifestDocument],
        reason: String?,
        allowRemoval: Bool,
        in session: OperatorSession
    ) async throws {
        do {
            let view = try await session.client.apply(
                documents: documents.map { JSONTextWriter.compact($0.node) },
                reason: reason,
                allowRemoval: allowRemoval
            )
            session.terminal.say(PlanPrinter.changes(view.changes, style: session.terminal.style))
            if let next = nextStep(after: view.changes) { session.terminal.say(next) }
        } catch {
            throw CommandFailure(error, documents: documents)
        }
    }

    /// What a person does next.
    static func nextStep(after changes: [PlanChange]) -> String? {
        if let held = changes.first(where: { $0.action == .held }) {
            return "\nNothing was stored for \(held.name). See: muster hold list"
        }
        let moved = changes.filter { $0.kind == ManifestKind.deployment.rawValue && $0.action != .unchanged }
        guard let first = moved.first else { return nil }
        return "\nTo follow it: muster rollout status \(first.name) -w"
    }
}
