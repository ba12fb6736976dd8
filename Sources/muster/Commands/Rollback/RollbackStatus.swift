import ArgumentParser
import Fleet
import FleetClient

/// `muster rollback status`.
struct RollbackStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show a rollback, or the newest one.",
        discussion: """
            With -w it follows the rollback until every host that can be reached has its receipt: as a tree on a terminal, \
            else one line a change. Then it answers 0 when all of them are back, and 1 when one of them is pinned, had no \
            target, or failed. Of a long list the hosts that are on their way or need attention are shown, the others \
            counted; --all shows every host.
            """
    )

    @Argument(
        help: "The rollback's id; the newest one when it is left out.",
        completion: NameCompletion.names(of: .rollback)
    ) var id: String?
    @Flag(name: [.customShort("w"), .customLong("watch")], help: "Follow it until it ends.") var isWatching = false
    @Flag(name: .customLong("all"), help: "Show every host of a long list.") var showsAll = false
    @Option(name: [.customShort("o"), .customLong("output")], help: "How to print: table or json.")
    var output: RollbackBegin.Format = .table

    func validate() throws {
        if isWatching, output == .json { throw ValidationError("-w and -o json exclude each other.") }
    }

    func run() async throws {
        let named = try id.map { try ObjectReference.name($0, of: .rollback) }
        try await OperatorSession.run { session in
            let id = if let named { named } else { try await newest(in: session) }
            guard !isWatching else {
                return try await RollbackFollowing(id: id, showsAll: showsAll, session: session).run()
            }
            let view = try await session.client.rollback(id, all: showsAll)
            guard output == .table else { return session.terminal.say(try ObjectPrinter.json(view)) }
            let style = session.terminal.style
            session.terminal.tell(RollbackTree.text(view, style: style, now: session.now, all: showsAll))
            if let next = RollbackPrinter.nextStep(after: view) { session.terminal.tell("\n\(next)") }
        }
    }

    private func newest(in session: OperatorSession) async throws -> String {
        guard let newest = try await session.client.rollbacks(limit: 1).items.first else {
            throw CommandFailure(
                .nothingThere,
                "there has been no rollback",
                hint: "see what one would do: muster rollback NAME --plan"
            )
        }
        return newest.rollback.id
    }
}
