import ArgumentParser
import Fleet
import FleetClient

/// `muster host cordon`.
struct HostCordon: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cordon",
        abstract: "Keep new things from hosts; what serves there serves on.",
        usage: "muster host cordon (HOST … | --selector LABELS) --reason REASON",
        discussion: """
            Rollouts leave a cordoned host out, one that is under way too, and nothing else begins there. What it was told \
            already it ends; a rollback, the way back from an abort and a removal reach it all the same. It follows again \
            after 'muster host uncordon'.
            """
    )

    @OptionGroup var selection: HostSelection
    @Option(help: "Why; it is kept in the audit, and shown wherever the host does not follow.") var reason: String

    func validate() throws {
        guard !reason.allSatisfy(\.isWhitespace) else { throw ValidationError("--reason is empty; say why.") }
    }

    func run() async throws {
        try await OperatorSession.run { session in
            for name in try await selection.hosts(in: session) {
                let view = try await session.client.cordonHost(name, reason: reason)
                session.terminal.say("host/\(name) is \(view.host.cordon?.text ?? "cordoned")")
            }
            session.terminal.say("\nTo let it follow again: muster host uncordon HOST")
        }
    }
}
