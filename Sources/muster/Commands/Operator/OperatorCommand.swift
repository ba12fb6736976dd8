import ArgumentParser

/// `muster operator`.
struct OperatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operator",
        abstract: "Work with those who may use the operator API.",
        subcommands: [OperatorTokenCommand.self]
    )
}
