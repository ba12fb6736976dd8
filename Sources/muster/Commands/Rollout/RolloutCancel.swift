import ArgumentParser
import Fleet

/// `muster rollout cancel`.
struct RolloutCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "End a rollout without haste: what has moved goes back under the standing budget."
    )

    @Argument(help: "The deployment's name.", completion: NameCompletion.names(of: .deployment)) var name: String
    @Option(help: "Why; it is kept in the audit.") var reason: String

    func validate() throws { try RolloutTelling.check(reason) }

    func run() async throws {
        try await RolloutTelling(command: .cancel, name: name, reason: reason).run()
    }
}
