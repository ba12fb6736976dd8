import ArgumentParser
import Fleet
import FleetClient

/// `muster host delete`.
struct HostDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Forget a host that is revoked or not connected.",
        discussion: "What it did stays in the audit and in the serving history; what serves there serves on."
    )

    @Argument(help: "The host's name.", completion: NameCompletion.names(of: .host)) var name: String
    @Option(help: "Why; it is kept in the audit.") var reason: String?
    @Option(help: "The host's name once more, where there is no terminal to ask on.") var confirm: String?

    func run() async throws {
        let host = try ObjectReference.name(name, of: .host)
        try await Self.delete(host, reason: reason, confirm: confirm)
    }

    /// Forgets a host, once that is confirmed.
    static func delete(_ host: String, reason: String?, confirm: String?) async throws {
        try await OperatorSession.run { session in
            _ = try await session.client.get(.hosts, host)
            try Confirmation(word: host, given: confirm, command: "muster host delete \(host)")
                .ask("host/\(host) is forgotten; to come back it must be enrolled anew.")
            let view = try await session.client.delete(
                path: "hosts",
                name: host,
                reason: reason,
                allowRemoval: nil
            )
            session.terminal.say(PlanPrinter.changes(view.changes, style: session.terminal.style))
        }
    }
}
