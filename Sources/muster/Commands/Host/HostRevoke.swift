import ArgumentParser
import Fleet
import FleetClient

/// `muster host revoke`.
struct HostRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Refuse a host and its certificates from now on; its models serve on.",
        discussion: """
            Its session ends at once. The agent goes on looking after what serves there and is told nothing more. The way \
            back is to delete it here and then, on the host, to stop the agent, `muster-agent enroll --again` with a new \
            token, and start it: what it serves stays.
            """
    )

    @Argument(help: "The host's name.", completion: NameCompletion.names(of: .host)) var name: String
    @Option(help: "Why; it is kept in the audit.") var reason: String
    @Option(help: "The host's name once more, where there is no terminal to ask on.") var confirm: String?

    func validate() throws {
        guard !reason.allSatisfy(\.isWhitespace) else { throw ValidationError("--reason is empty; say why.") }
    }

    func run() async throws {
        let host = try ObjectReference.name(name, of: .host)
        try await OperatorSession.run { session in
            let view = try await session.client.get(.hosts, host)
            try Confirmation(word: host, given: confirm, command: "muster host revoke \(host) --reason REASON")
                .ask("host/\(host) is refused for good; what serves there (\(serving(view))) serves on, unmanaged.")
            _ = try await session.client.revokeHost(host, reason: reason)
            session.terminal.say("host/\(host) is revoked\n\nTo forget it: muster host delete \(host)")
        }
    }

    private func serving(_ view: HostView) -> String {
        let names = (view.report?.replicas ?? []).filter { $0.serving != nil }.map(\.name)
        return names.isEmpty ? "nothing" : names.joined(separator: ", ")
    }
}
