import ArgumentParser
import Fleet
import FleetClient

/// `muster delete`.
struct DeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete a model, a model version, a runtime, a deployment or a host.",
        discussion: "A deployment's replicas are stopped first. What something else still uses is not deleted."
    )

    @Argument(help: "TYPE NAME, or TYPE/NAME.", completion: NameCompletion.objects) var object: [String]
    @Option(help: "Why; it is kept in the audit.") var reason: String?
    @Option(help: "A host's name once more, where there is no terminal to ask on.") var confirm: String?
    @Flag(help: "Allow it to stop replicas on more than one host.") var allowRemoval = false

    func run() async throws {
        let reference = try ObjectReference(object)
        let name = try reference.requiredName()
        if confirm != nil, reference.type != .host { throw ValidationError("--confirm is for hosts.") }
        switch reference.type {
        case .model, .modelversion, .runtime, .deployment: break
        case .host: return try await HostDelete.delete(name, reason: reason, confirm: confirm)
        case .rollout:
            throw CommandFailure(
                .notPossible,
                "a rollout cannot be deleted",
                hint: "go back: muster rollback \(name) --reason REASON"
            )
        case .rollback:
            throw CommandFailure(
                .notPossible,
                "a rollback is kept for ever",
                hint: "take it back: muster rollback undo \(name) --reason REASON"
            )
        case .hold:
            throw CommandFailure(.notPossible, "a hold is lifted", hint: "muster hold lift \(name)")
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
