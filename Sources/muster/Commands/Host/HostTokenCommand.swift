import ArgumentParser

/// `muster host token`.
struct HostTokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Work with enrolment tokens.",
        subcommands: [HostTokenCreate.self, HostTokenList.self, HostTokenRevoke.self]
    )
}
