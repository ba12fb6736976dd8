import ArgumentParser
import Fleet
import FleetClient

/// `muster events`.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Show what happened lately: what people did, and what became of it on hosts.",
        usage: "muster events [TYPE | TYPE/NAME] [--since TIME] [-w] [-o table|json]",
        discussion: """
            The oldest first; of more than 500 the newest, and it is said that there are older ones. With -w it goes on \
            with what happens. With -o json each event is one line. Everything that was ever done, and by whom: `muster audit`.
            """
    )

    /// Events are stored in the order of transactions, which is nearly that of their times.
    private static let overlap = Span.seconds(10)

    @Argument(help: "TYPE, TYPE NAME, or TYPE/NAME; everything without it.", completion: NameCompletion.objects)
    var object: [String] = []
    @Option(help: "Only what happened since then, like 02:55 or '30m ago'.") var since = "1h ago"
    @Flag(name: [.customShort("w"), .customLong("watch")], help: "Go on, and show what happens.") var isWatching = false
    @Option(name: [.customShort("o"), .customLong("output")], help: "How to print: table or json.")
    var output: RollbackBegin.Format = .table

    func run() async throws {
        let reference = try object.isEmpty ? nil : ObjectReference(object)
        try await OperatorSession.run { session in
            let since = try TimePoint.read(since, option: "--since", now: session.now)
            let listing = try await ask(reference, since, session)
            let events = listing.items
            try say(events, in: session, showsTitles: true)
            if events.isEmpty, !isWatching { session.terminal.complain("nothing happened since \(since)") }
            if listing.next != nil { session.terminal.complain(Self.leftOut(events, since)) }
            if isWatching { try await watch(reference, after: events, since, session) }
        }
    }

    private func watch(
        _ reference: ObjectReference?,
        after first: [EventView],
        _ since: Instant,
        _ session: OperatorSession
    ) async throws {
        var patience = Patience(at: session.now)
        var seen = Set(first.map(\.id))
        var last = first.last?.at ?? since
        while true {
            try await Task.sleep(for: .seconds(1))
            do {
                let from = Instant(milliseconds: max(since.milliseconds, last.milliseconds - Self.overlap.milliseconds))
                let listing = try await ask(reference, from, session)
                let events = listing.items
                patience.answered(at: session.now)
                let new = events.filter { !seen.contains($0.id) }
                if listing.next != nil, new.count == events.count {
                    session.terminal.complain("more than \(new.count) events at once; the older of them are left out")
                }
                try say(new, in: session, showsTitles: false)
                seen = Set(events.map(\.id))
                last = events.last?.at ?? last
            } catch let error as ClientError {
                guard patience.verdict(on: error, at: session.now) == .tryAgain else { throw error }
            }
        }
    }

    private func ask(
        _ reference: ObjectReference?,
        _ since: Instant,
        _ session: OperatorSession
    ) async throws -> Listing<EventView> {
        try await session.client.events(kind: reference?.type.kind, name: reference?.name, since: since)
    }

    private func say(_ events: [EventView], in session: OperatorSession, showsTitles: Bool) throws {
        guard !events.isEmpty else { return }
        guard output == .table else {
            for event in events { session.terminal.say(try ObjectPrinter.line(event)) }
            return
        }
        session.terminal.say(Self.table(events, style: session.terminal.style, showsTitles: showsTitles))
    }

    /// What is said when older events were left out.
    static func leftOut(_ events: [EventView], _ since: Instant) -> String {
        "these are the newest \(events.count) since \(since); there are older ones: name an object, or see 'muster audit'"
    }

    /// The table of events.
    static func table(_ events: [EventView], style: TextStyle, showsTitles: Bool = true) -> String {
        let rows = events.map { event -> [TextTable.Cell] in
            [
                .init("\(event.at)"), .init(event.by), .init("\(event.kind.lowercased())/\(event.name)"),
                .init(event.what, event.failed ? .bad : .plain), .init(event.reason ?? ""),
            ]
        }
        return TextTable(titles: ["TIME", "BY", "OBJECT", "WHAT", "REASON"], rows: rows)
            .text(style: style, showsTitles: showsTitles)
    }
}
