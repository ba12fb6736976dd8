import ArgumentParser
import Fleet

/// `muster rollout abort`.
struct RolloutAbort: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "abort",
        abstract: "Send everything that has moved back at once.",
        discussion: """
            It condemns nothing: the same content can be tried again with `muster rollout retry`. To condemn it, see \
            `muster rollback`.
            """
    )

    @Argument(help: "The deployment's name.", completion: NameCompletion.names(of: .deployment)) var name: String
    @Option(help: "Why; it is kept in the audit.") var reason: String

    func validate() throws { try RolloutTelling.check(reason) }

    func run() async throws {
        try await RolloutTelling(command: .abort, name: name, reason: reason).run()
    }
}
