import ArgumentParser
import Fleet
import FleetClient

/// `muster delete`.
struct DeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete a model, a model version, a runtime or a deployment.",
        discussion: "A deployment's replicas are stopped first. What something else still uses is not deleted."
    )

    @Argument(help: "TYPE NAME, or TYPE/NAME.") var object: [String]
    @Option(help: "Why; it is kept in the audit.") var reason: String?
    @Flag(help: "Allow it to stop replicas on more than one host.") var allowRemoval = false

    func run() async throws {
        let reference = try ObjectReference(object)
        let name = try reference.requiredName()
        switch reference.type {
        case .model, .modelversion, .runtime, .deployment: break
        case .host: throw CommandFailure("deleting hosts is not built yet", hint: "stop the host's agent instead")
        case .rollout:
            throw CommandFailure(
                "a rollout cannot be deleted",
                hint: "go back: muster rollback \(name) --reason REASON"
            )
        case .rollback:
            throw CommandFailure(
                "a rollback is kept for ever",
                hint: "take it back: muster rollback undo \(name) --reason REASON"
            )
        case .hold:
            throw CommandFailure("a hold is lifted", hint: "muster hold lift \(name)")
        }
        try await OperatorSession.run { session in
            let view = try await session.client.delete(
                path: reference.type.collection,
                name: name,
                reason: reason,
                allowRemoval: allowRemoval
            )
            session.terminal.say(PlanPrinter.changes(view.changes, style: session.terminal.style))
            // Without a message nothing has to stop, and the name is free already.
            if reference.type == .deployment, view.changes.contains(where: { $0.message != nil }) {
                session.terminal.say("\nTo see what still stops: muster get deployment \(name)")
            }
        }
    }
}
