import ArgumentParser

/// `muster runtime`.
struct RuntimeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runtime",
        abstract: "Work with runtimes: how models are served.",
        subcommands: [RuntimeLint.self]
    )
}
