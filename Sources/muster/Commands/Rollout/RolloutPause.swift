import ArgumentParser
import Fleet

/// `muster rollout pause`.
struct RolloutPause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Begin nothing new; what is under way on hosts ends by itself."
    )

    @Argument(help: "The deployment's name.", completion: NameCompletion.names(of: .deployment)) var name: String
    @Option(help: "Why; it is kept in the audit.") var reason: String

    func validate() throws { try RolloutTelling.check(reason) }

    func run() async throws {
        try await RolloutTelling(command: .pause, name: name, reason: reason).run()
    }
}
