import ArgumentParser
import Fleet
import FleetClient

/// `muster host token list`.
struct HostTokenList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the enrolment tokens of the last 30 days, and what became of them; no secret is shown."
    )

    @Option(name: [.customShort("o"), .customLong("output")], help: "How to print: table or json.")
    var output: RollbackBegin.Format = .table

    func run() async throws {
        try await OperatorSession.run { session in
            let tokens = try await session.client.hostTokens()
            guard output == .table else { return session.terminal.say(try ObjectPrinter.json(tokens)) }
            guard !tokens.isEmpty else { return session.terminal.say("no enrolment tokens in the last 30 days") }
            session.terminal.say(Self.table(tokens, style: session.terminal.style, now: session.now))
        }
    }

    /// The table of enrolment tokens.
    static func table(_ tokens: [HostTokenView], style: TextStyle, now: Instant) -> String {
        let rows = tokens.map { view -> [TextTable.Cell] in
            let tone: TextStyle.Tone = view.state == .good ? .good : view.state == .used ? .plain : .faint
            return [
                .init(view.id), .init(view.state.rawValue, tone), .init(Measure.labels(view.labels)),
                .init(Measure.age(of: view.createdAt, now: now)), .init(view.createdBy), .init("\(view.expiresAt)"),
                .init(view.usedBy ?? ""),
            ]
        }
        return TextTable(titles: ["ID", "STATE", "LABELS", "AGE", "BY", "EXPIRES", "USED BY"], rows: rows)
            .text(style: style)
    }
}
