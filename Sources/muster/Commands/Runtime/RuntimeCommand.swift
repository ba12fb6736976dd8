import ArgumentParser

/// `muster runtime`.
struct RuntimeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runtime",
        abstract: "Work with runtimes: how models are served.",
        subcommands: [RuntimeLint.self, RuntimePush.self]
    )
}
