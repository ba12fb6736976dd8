import Fleet

/// Prints plans and what applying did.
enum PlanPrinter {
    /// One line a document.
    static func changes(_ changes: [PlanChange], style: TextStyle) -> String {
        changes.map { change in
            let (sign, tone): (String, TextStyle.Tone) =
                switch change.action {
                case .create: ("+", .good)
                case .update: ("~", .busy)
                case .delete: ("-", .bad)
                case .unchanged: ("=", .faint)
                case .held: ("!", .bad)
                }
            let note = change.message.map { ": \($0)" } ?? ""
            return style.paint("\(sign) \(change.kind)/\(change.name) \(change.action.rawValue)", tone) + note
        }.joined(separator: "\n")
    }

    /// The changes, then what each host would see.
    static func text(_ plan: PlanView, style: TextStyle) -> String {
        var parts = [changes(plan.changes, style: style)]
        if !plan.hosts.isEmpty {
            let rows = plan.hosts.map { host -> [TextTable.Cell] in
                [
                    .init(host.deployment), .init(host.host), .init(host.wave.map { "\($0 + 1)" } ?? ""),
                    .init(host.from.map { "\($0.version) (\($0.number))" } ?? "nothing"),
                    host.to.map { .init("\($0.version) (\($0.number))") } ?? .init("removed", .bad),
                    .init(host.gap ?? "none"), .init(host.fetchBytes.map(Measure.bytes) ?? ""), .init(host.note ?? ""),
                ]
            }
            let titles = ["DEPLOYMENT", "HOST", "WAVE", "FROM", "TO", "GAP", "FETCH", "NOTE"]
            parts.append(TextTable(titles: titles, rows: rows).text(style: style))
            if let note = drains(of: plan.hosts) { parts.append(note) }
        }
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    /// What clients with open connections see: they never move.
    private static func drains(of hosts: [PlanHost]) -> String? {
        let drains = hosts.compactMap(\.drain)
        guard let shortest = drains.min(), let longest = drains.max() else { return nil }
        let span = shortest == longest ? "\(longest)" : "\(shortest) to \(longest), by host,"
        return "Open connections drain for up to \(span); a rollback cuts them after 1s: pooled clients need one retry."
    }

    /// What to type to have it done. Stopping replicas on more than one host needs leave.
    static func command(for plan: PlanView, files: String) -> String {
        let stops = Dictionary(grouping: plan.hosts.filter { $0.to == nil }, by: \.deployment)
        return "muster apply \(files)\(stops.values.contains { $0.count > 1 } ? " --allow-removal" : "")"
    }

    /// Whether applying would change something. Condemned content changes nothing.
    static func isPending(_ plan: PlanView) -> Bool {
        !plan.hosts.isEmpty || plan.changes.contains { $0.action != .unchanged && $0.action != .held }
    }
}
