import ArgumentParser
import Fleet
import FleetClient

/// `muster rollback undo`.
struct RollbackUndo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo",
        abstract: "Lift the holds of a rollback, and roll the written content out again; or end a drill.",
        discussion: """
            What was condemned may run again, and its rollout begins at once under the deployment's own policy: waves, \
            windows and all. A deployment that may not be rolled out is left as it is, and named; ask again for it later. \
            Of a drill, hosts that wait do not begin it, and the others return to what they served. To lift a hold and move nothing: `muster hold lift`.
            """
    )

    @Argument(help: "The rollback's id.", completion: NameCompletion.names(of: .rollback)) var id: String
    @Option(help: "Why; it is kept in the audit.") var reason: String

    func validate() throws { try RolloutTelling.check(reason) }

    func run() async throws {
        let id = try ObjectReference.name(id, of: .rollback)
        try await OperatorSession.run { session in
            let view = try await session.client.undoRollback(id, reason: reason)
            session.terminal.say(RollbackPrinter.undone(view, style: session.terminal.style))
        }
    }
}
