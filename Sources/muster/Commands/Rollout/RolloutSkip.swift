import ArgumentParser
import Fleet

/// `muster rollout skip`.
struct RolloutSkip: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skip",
        abstract: "Leave one host of the list as it is."
    )

    @Argument(help: "The deployment's name.", completion: NameCompletion.names(of: .deployment)) var name: String
    @Argument(help: "The host's name.", completion: NameCompletion.names(of: .host)) var host: String
    @Option(help: "Why; it is kept in the audit.") var reason: String

    func validate() throws { try RolloutTelling.check(reason) }

    func run() async throws {
        let host = try ObjectReference.name(host, of: .host)
        try await RolloutTelling(command: .skip(host: host), name: name, reason: reason).run()
    }
}
