import ArgumentParser
import Fleet
import FleetClient

/// `muster hold list`.
struct HoldList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List what is condemned.")

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: "How to print."
    )
    var output: OutputFormat = .table

    func run() async throws {
        try await OperatorSession.run { session in
            let listing = try await session.client.list(.holds)
            let style = session.terminal.style
            session.terminal.say(try ObjectPrinter.text(listing, as: output, style: style, now: session.now))
            if output == .table, let first = listing.items.first {
                session.terminal.say("\nTo lift one: muster hold lift \(first.hold.id)")
            }
        }
    }
}
