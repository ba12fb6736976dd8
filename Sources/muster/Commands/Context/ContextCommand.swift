import ArgumentParser

/// `muster context`.
struct ContextCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "context",
        abstract: "Choose among the controllers that you have logged in to.",
        discussion: """
            'muster login URL --context NAME' makes one. A command uses the one of --context NAME, else of MUSTER_CONTEXT, \
            else the current one.
            """,
        subcommands: [ContextList.self, ContextUse.self, ContextDelete.self],
        defaultSubcommand: ContextList.self
    )
}
