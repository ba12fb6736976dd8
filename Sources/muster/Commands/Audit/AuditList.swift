import ArgumentParser
import Fleet
import FleetClient

/// `muster audit list`, or `muster audit` alone.
struct AuditList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List what was done, the oldest first.",
        usage: "muster audit [TYPE | TYPE/NAME] [--actor NAME] [--since TIME] [-o table|json]",
        discussion: "With -o json each record is one line, with the object before and after."
    )

    @Argument(help: "TYPE, TYPE NAME, or TYPE/NAME; everything without it.", completion: NameCompletion.objects)
    var object: [String] = []
    @Option(help: "Only what this one did.") var actor: String?
    @Option(help: "Only what was done since then, like 02:55 or '30m ago'.") var since: String?
    @Option(name: [.customShort("o"), .customLong("output")], help: "How to print: table or json.")
    var output: RollbackBegin.Format = .table

    func run() async throws {
        let reference = try object.isEmpty ? nil : ObjectReference(object)
        try await OperatorSession.run { session in
            let since = try since.map { try TimePoint.read($0, option: "--since", now: session.now) }
            var records: [AuditRecord] = []
            var next: UInt64? = 0
            while let after = next {
                let page = try await session.client.audit(
                    after: after,
                    actor: actor,
                    kind: reference?.type.kind,
                    name: reference?.name,
                    since: since
                )
                next = page.next
                guard output == .json else {
                    records += page.items
                    continue
                }
                for record in page.items { session.terminal.say(try ObjectPrinter.line(record)) }
            }
            guard output == .table else { return }
            guard !records.isEmpty else { return session.terminal.say("nothing of that was done") }
            session.terminal.say(Self.table(records, style: session.terminal.style))
        }
    }

    /// The table of records.
    static func table(_ records: [AuditRecord], style: TextStyle) -> String {
        let rows = records.map { record -> [TextTable.Cell] in
            [
                .init("\(record.sequence)"), .init("\(record.at)"), .init(record.actor), .init(record.verb),
                .init("\(record.kind.lowercased())/\(record.name)"), .init(record.reason ?? ""),
            ]
        }
        return TextTable(titles: ["NUMBER", "TIME", "BY", "DID", "TO", "REASON"], rows: rows).text(style: style)
    }
}
