import ArgumentParser
import Fleet
import FleetClient

/// `muster host history`.
struct HostHistory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show what a host served from when to when, the newest first."
    )

    @Argument(help: "The host's name.", completion: NameCompletion.names(of: .host)) var name: String
    @Option(name: [.customShort("o"), .customLong("output")], help: "How to print: table or json.")
    var output: RollbackBegin.Format = .table

    func run() async throws {
        let host = try ObjectReference.name(name, of: .host)
        try await OperatorSession.run { session in
            let view = try await session.client.history(ofHost: host)
            guard output == .table else { return session.terminal.say(try ObjectPrinter.json(view)) }
            session.terminal.say(ServingPrinter.text(view, style: session.terminal.style, now: session.now))
        }
    }
}
