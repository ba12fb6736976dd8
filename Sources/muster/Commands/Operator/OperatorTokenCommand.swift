import ArgumentParser

/// `muster operator token`.
struct OperatorTokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Work with operators' tokens.",
        discussion: """
            Roles: viewer (read), oncall (and logs, pause, abort, roll back), operator (and plan, apply, promote), \
            admin (and hosts, labels, tokens).
            """,
        subcommands: [OperatorTokenCreate.self, OperatorTokenList.self, OperatorTokenRevoke.self]
    )
}
