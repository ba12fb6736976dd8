import ArgumentParser

/// `muster rollout`.
struct RolloutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout",
        abstract: "Work with rollouts.",
        subcommands: [RolloutStatus.self]
    )
}
