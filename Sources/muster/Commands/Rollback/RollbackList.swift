import ArgumentParser
import Fleet
import FleetClient

/// `muster rollback list`.
struct RollbackList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List rollbacks and drills, the newest first."
    )

    @Option(name: [.customShort("o"), .customLong("output")], help: "How to print.") var output: OutputFormat = .table

    func run() async throws {
        try await OperatorSession.run { session in
            let listing = try await session.client.list(.rollbacks)
            let style = session.terminal.style
            session.terminal.say(try ObjectPrinter.text(listing, as: output, style: style, now: session.now))
            guard output == .table, let first = listing.items.first else { return }
            session.terminal.say("\nTo see one: muster rollback status \(first.rollback.id)")
        }
    }
}
