import ArgumentParser
import Fleet

/// `muster rollout retry`.
struct RolloutRetry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Roll the written content out again after a rollout that did not succeed."
    )

    @Argument(help: "The deployment's name.", completion: NameCompletion.names(of: .deployment)) var name: String
    @Option(help: "Why; it is kept in the audit.") var reason: String?

    func validate() throws { try RolloutTelling.check(reason) }

    func run() async throws {
        try await RolloutTelling(command: .retry, name: name, reason: reason).run()
    }
}
