import ArgumentParser
import Fleet

/// `muster rollout resume`.
struct RolloutResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Go on with a paused rollout.",
        discussion: """
            It accepts the hosts that are excluded so far.
            """
    )

    @Argument(help: "The deployment's name.", completion: NameCompletion.names(of: .deployment)) var name: String
    @Option(help: "Why; it is kept in the audit.") var reason: String?

    func validate() throws { try RolloutTelling.check(reason) }

    func run() async throws {
        try await RolloutTelling(command: .resume, name: name, reason: reason).run()
    }
}
