import ArgumentParser
import DaemonKit

/// Thousands of simulated agents over the real protocol.
@main struct MusterSwarm: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "muster-swarm",
        abstract: "Simulate agents over the real protocol, and measure the controller.",
        version: BuildInfo.version,
        subcommands: [SwarmEnroll.self, SwarmRun.self, SwarmHold.self]
    )
}
