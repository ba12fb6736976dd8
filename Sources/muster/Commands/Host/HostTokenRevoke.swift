import ArgumentParser
import Fleet
import FleetClient

/// `muster host token revoke`.
struct HostTokenRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Refuse an enrolment token from now on."
    )

    @Argument(
        help: "Its id, as 'muster host token list' shows it, or the token itself.",
        completion: NameCompletion.hostTokens
    ) var id: String
    @Option(help: "Why; it is kept in the audit.") var reason: String?

    func run() async throws {
        try await OperatorSession.run { session in
            let view = try await session.client.revokeHostToken(id, reason: reason)
            session.terminal.say("token \(view.id) lets nobody in (\(view.state.rawValue))")
        }
    }
}
