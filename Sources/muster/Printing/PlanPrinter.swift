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

    /// The changes, then what each host would see; of a long plan how many hosts see what, and the hosts that are listed.
    static func text(_ plan: PlanView, style: TextStyle) -> String {
        var parts = [changes(plan.changes, style: style)]
        let hidden = plan.size - plan.hosts.count
        if hidden > 0 { parts.append(groups(plan.groups).text(style: style)) }
        if !plan.hosts.isEmpty {
            let title = hidden > 0 ? "\(plan.hosts.count) of \(plan.size) hosts; for every one say --all:\n" : ""
            parts.append(style.paint(title, .faint) + hosts(plan.hosts).text(style: style))
        }
        if let note = drains(of: plan.groups) { parts.append(note) }
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private static func hosts(_ hosts: [PlanHost]) -> TextTable {
        let rows = hosts.map { host -> [TextTable.Cell] in
            [.init(host.deployment), .init(host.host), wave(host.wave), from(host.from), to(host.to)]
                + [gap(host.gap), .init(host.fetchBytes.map(Measure.bytes) ?? ""), .init(host.note ?? "")]
        }
        return TextTable(titles: ["DEPLOYMENT", "HOST", "WAVE", "FROM", "TO", "GAP", "FETCH", "NOTE"], rows: rows)
    }

    private static func groups(_ groups: [PlanGroup]) -> TextTable {
        let rows = groups.map { group -> [TextTable.Cell] in
            [.init(group.deployment), wave(group.wave), .init("\(group.hosts)"), from(group.from), to(group.to)]
                + [gap(group.gap), .init(group.fetchBytes > 0 ? Measure.bytes(group.fetchBytes) : "")]
                + [.init(group.noted > 0 ? "\(group.noted)" : "")]
        }
        return TextTable(titles: ["DEPLOYMENT", "WAVE", "HOSTS", "FROM", "TO", "GAP", "FETCH", "NOTED"], rows: rows)
    }

    private static func wave(_ wave: Int?) -> TextTable.Cell { .init(wave.map { "\($0 + 1)" } ?? "") }

    private static func from(_ revision: RevisionView?) -> TextTable.Cell {
        .init(revision.map { "\($0.version) (\($0.number))" } ?? "nothing")
    }

    private static func to(_ revision: RevisionView?) -> TextTable.Cell {
        revision.map { .init("\($0.version) (\($0.number))") } ?? .init("removed", .bad)
    }

    private static func gap(_ gap: String?) -> TextTable.Cell { .init(gap ?? "none") }

    /// What clients with open connections see: they never move.
    private static func drains(of groups: [PlanGroup]) -> String? {
        let drains = groups.compactMap(\.drain)
        guard let shortest = drains.min(), let longest = drains.max() else { return nil }
        let span = shortest == longest ? "\(longest)" : "\(shortest) to \(longest), by host,"
        return "Open connections drain for up to \(span); a rollback cuts them after 1s: pooled clients need one retry."
    }

    /// What to type to have just this done. Stopping replicas on more than one host needs leave.
    ///
    /// - Parameter options: what is applied and how, as it is typed.
    static func command(for plan: PlanView, options: String) -> String {
        let isWhole = plan.size == plan.hosts.count
        let stops =
            isWhole
            ? Set(plan.hosts.filter { $0.to == nil }.map(\.host)).count
            : plan.groups.filter { $0.to == nil }.reduce(0) { $0 + $1.hosts }
        return "muster apply \(options)\(stops > 1 ? " --allow-removal" : "")"
    }

    /// Whether applying would change something. Condemned content changes nothing.
    static func isPending(_ plan: PlanView) -> Bool {
        plan.size > 0 || plan.changes.contains { $0.action != .unchanged && $0.action != .held }
    }
}
