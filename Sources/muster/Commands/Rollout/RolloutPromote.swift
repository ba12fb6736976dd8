import ArgumentParser
import Fleet

/// `muster rollout promote`.
struct RolloutPromote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote",
        abstract: "Count the present wave as done, and its watch as over."
    )

    @Argument(help: "The deployment's name.", completion: NameCompletion.names(of: .deployment)) var name: String
    @Flag(name: .customLong("full"), help: "Open all waves that are left.") var isFull = false
    @Option(help: "Why; it is kept in the audit.") var reason: String?

    func validate() throws { try RolloutTelling.check(reason) }

    func run() async throws {
        try await RolloutTelling(command: .promote(full: isFull), name: name, reason: reason).run()
    }
}
