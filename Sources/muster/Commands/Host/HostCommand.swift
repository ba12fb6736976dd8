import ArgumentParser

/// `muster host`.
struct HostCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "host",
        abstract: "Work with hosts.",
        subcommands: [
            HostList.self, HostTokenCommand.self, HostLabel.self, HostCordon.self, HostUncordon.self,
            HostAdoptPort.self, HostRevoke.self, HostDelete.self, HostHistory.self, HostInspect.self,
        ]
    )
}
