import ArgumentParser

/// `muster model`.
struct ModelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Work with models.",
        subcommands: [ModelPush.self]
    )
}
