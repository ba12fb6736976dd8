import ArgumentParser
import Fleet
import FleetClient

/// `muster operator token revoke`.
struct OperatorTokenRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Refuse an operator's token from now on."
    )

    @Argument(help: "Whose.", completion: NameCompletion.operators) var name: String
    @Option(help: "Why; it is kept in the audit.") var reason: String?

    func run() async throws {
        try await OperatorSession.run { session in
            let view = try await session.client.revokeOperator(name, reason: reason)
            session.terminal.say("the token of \(view.name) (\(view.role.rawValue)) is refused from now on")
        }
    }
}
