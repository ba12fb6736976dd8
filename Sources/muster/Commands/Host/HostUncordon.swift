import ArgumentParser
import FleetClient

/// `muster host uncordon`.
struct HostUncordon: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uncordon",
        abstract: "Let hosts follow again what their deployments want.",
        usage: "muster host uncordon (HOST … | --selector LABELS) [--reason REASON]",
        discussion: """
            What a host has missed it gets outside the rollouts that left it out: when they are over, a few hosts of a site \
            at a time, under the same proofs.
            """
    )

    @OptionGroup var selection: HostSelection
    @Option(help: "Why; it is kept in the audit.") var reason: String?

    func run() async throws {
        try await OperatorSession.run { session in
            for name in try await selection.hosts(in: session) {
                _ = try await session.client.uncordonHost(name, reason: reason)
                session.terminal.say("host/\(name) follows again")
            }
            session.terminal.say("\nTo see what it misses: muster explain deployment/NAME")
        }
    }
}
