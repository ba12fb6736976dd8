import Fleet

/// Prints which hosts served what, and from when to when.
enum ServingPrinter {
    /// Who served a model; what it is, when `isNow`.
    static func text(_ view: WhereView, isNow: Bool, style: TextStyle, now: Instant) -> String {
        let what = view.version.map { "\(view.model) \($0)" } ?? view.model
        let time = isNow ? "now" : "at \(Measure.point(view.at, now: now))"
        let total = view.counts.values.reduce(0, +)
        guard total > 0 else { return "no host \(isNow ? "serves" : "served") \(what) \(time)" }
        let rows = view.items.map { item -> [TextTable.Cell] in
            [
                item.unreachableSince == nil || !isNow
                    ? .init(item.host) : .init("\(item.host) (unreachable)", .bad),
                .init(item.deployment), .init(item.revision.short), .init("\(item.since)"),
                .init(item.until.map { "\($0)" } ?? "now"), .init(length(of: item, now: now)),
            ]
        }
        let titles = ["HOST", "DEPLOYMENT", "SERVES", "SINCE", "UNTIL", "FOR"]
        var parts = [TextTable(titles: titles, rows: rows).text(style: style)]
        if view.items.count < total { parts.append("… and \(total - view.items.count) more; name a version") }
        let versions = view.counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        let verb = isNow ? total == 1 ? "serves" : "serve" : "served"
        parts.append("\n\(RollbackPrinter.count(total, "host")) \(verb) \(what) \(time): \(versions)")
        return parts.joined(separator: "\n")
    }

    /// What a host served.
    static func text(_ view: HostHistoryView, style: TextStyle, now: Instant) -> String {
        guard !view.items.isEmpty else { return "\(view.host) has served nothing yet" }
        let rows = view.items.map { item -> [TextTable.Cell] in
            [
                .init("\(item.since)"), item.until.map { .init("\($0)") } ?? .init("now", .good),
                .init(length(of: item, now: now)), .init(item.deployment),
                .init("\(item.revision.model) \(item.revision.version)"), .init("\(item.revision.number)"),
            ]
        }
        let titles = ["SINCE", "UNTIL", "FOR", "DEPLOYMENT", "SERVED", "REVISION"]
        return TextTable(titles: titles, rows: rows).text(style: style)
    }

    private static func length(of item: ServingView, now: Instant) -> String {
        Measure.age(of: item.since, now: max(item.until ?? now, item.since))
    }
}
