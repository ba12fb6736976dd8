import ArgumentParser
import Fleet
import FleetClient

/// `muster rollback list`.
struct RollbackList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List rollbacks and drills, the newest first."
    )

    @Option(help: "How many: 1 to 1000.") var limit = 20
    @Option(help: ArgumentHelp("Those that are older than this one.", valueName: "id")) var before: String?
    @Option(name: [.customShort("o"), .customLong("output")], help: "How to print.") var output: OutputFormat = .table

    func validate() throws {
        guard (1...1_000).contains(limit) else { throw ValidationError("--limit is \(limit); write 1 to 1000.") }
    }

    func run() async throws {
        try await OperatorSession.run { session in
            let listing = try await session.client.rollbacks(before: before, limit: limit)
            let style = session.terminal.style
            session.terminal.say(try ObjectPrinter.text(listing, as: output, style: style, now: session.now))
            guard output == .table, let first = listing.items.first else { return }
            session.terminal.say("\nTo see one: muster rollback status \(first.rollback.id)")
            guard listing.items.count == limit, let last = listing.items.last else { return }
            session.terminal.say("For older ones: muster rollback list --before \(last.rollback.id)")
        }
    }
}
