import Fleet
import FleetClient

/// `get -w`: shows objects, and then each that has become another: on a terminal the whole table, drawn over; elsewhere one
/// line a change.
struct GetFollowing<View: PrintedView> {
    /// What changes by itself.
    private static var ages: [String] { ["AGE", "SEEN"] }
    private static var pause: Span { .seconds(1) }

    let output: OutputFormat
    let showsTitles: Bool
    let session: OperatorSession
    /// Asks for the objects.
    let ask: () async throws -> [View]

    /// Goes on until it is interrupted, or nobody has answered for too long.
    func run() async throws {
        var patience = Patience(at: session.now)
        var screen = LiveScreen(terminal: session.terminal)
        let began = session.now
        var shown: [String: [String]]?
        while true {
            let asked = session.now
            do {
                let views = try await ask()
                patience.answered(at: session.now)
                if session.terminal.isInteractive, output.isTable {
                    let isWide = output == .wide
                    screen.show(
                        ObjectPrinter.table(views, isWide: isWide, style: session.terminal.style, now: session.now)
                    )
                } else {
                    let now = Dictionary(views.map { ($0.printedName, key($0, began)) }) { first, _ in first }
                    try say(views.filter { shown?[$0.printedName] != now[$0.printedName] }, isFirst: shown == nil)
                    for name in (shown ?? [:]).keys.sorted() where now[name] == nil { sayGone(name) }
                    shown = now
                }
            } catch let error as ClientError {
                guard patience.verdict(on: error, at: session.now) == .tryAgain else { throw error }
            }
            let asking = session.now - asked
            try await Task.sleep(for: .milliseconds(max(Self.pause.milliseconds, asking.milliseconds * 4)))
        }
    }

    /// What tells an object from what it was before; times that only pass do not.
    private func key(_ view: View, _ now: Instant) -> [String] {
        zip(View.columns.table + View.columns.wide, view.cells(now: now)).filter { !Self.ages.contains($0.0) }.map(
            \.1.text
        )
    }

    private func say(_ views: [View], isFirst: Bool) throws {
        guard !views.isEmpty else {
            if isFirst, output.isTable { session.terminal.complain("no \(View.type.names[1]) yet") }
            return
        }
        switch output {
        case .table, .wide:
            session.terminal.say(
                ObjectPrinter.table(
                    views,
                    isWide: output == .wide,
                    style: session.terminal.style,
                    now: session.now,
                    showsTitles: isFirst && showsTitles
                )
            )
        case .json: for view in views { session.terminal.say(try ObjectPrinter.line(view)) }
        case .yaml, .name, .jsonpath:
            for view in views {
                let text = try ObjectPrinter.text(view, as: output, style: .none, now: session.now)
                session.terminal.say(output == .yaml ? "---\n\(text)" : text)
            }
        }
    }

    private func sayGone(_ name: String) {
        let text = "\(View.type.rawValue)/\(name)"
        session.terminal.say(output == .json ? #"{"deleted":"\#(text)"}"# : "\(text) deleted")
    }
}
