import ArgumentParser

/// `muster hold`.
struct HoldCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold",
        abstract: "Work with holds: what is condemned, by whom, and why.",
        subcommands: [HoldList.self, HoldDescribe.self, HoldCreate.self, HoldLift.self]
    )
}
