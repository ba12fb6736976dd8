import ArgumentParser
import Fleet
import FleetClient

/// `muster operator token list`.
struct OperatorTokenList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List who may use the operator API; no secret is shown."
    )

    @Option(name: [.customShort("o"), .customLong("output")], help: "How to print: table or json.")
    var output: RollbackBegin.Format = .table

    func run() async throws {
        try await OperatorSession.run { session in
            let operators = try await session.client.operators()
            guard output == .table else { return session.terminal.say(try ObjectPrinter.json(operators)) }
            session.terminal.say(Self.table(operators, style: session.terminal.style, now: session.now))
        }
    }

    /// The table of operators.
    static func table(_ operators: [OperatorView], style: TextStyle, now: Instant) -> String {
        let rows = operators.map { view -> [TextTable.Cell] in
            let isExpired = view.expiresAt.map { $0 <= now } ?? false
            return [
                .init(view.name), .init(view.role.rawValue), .init(Measure.age(of: view.createdAt, now: now)),
                .init(view.createdBy), .init(view.expiresAt.map { "\($0)" } ?? "never"),
                isExpired ? .init("expired", .bad) : .init("good", .good),
            ]
        }
        return TextTable(titles: ["NAME", "ROLE", "AGE", "BY", "EXPIRES", "STATE"], rows: rows).text(style: style)
    }
}
