import Fleet

/// Prints what a rollback would do.
enum RollbackPlanPrinter {
    /// The most ways of one deployment that are told.
    private static let ways = 5
    /// Up to so many hosts are all shown.
    private static let few = 10
    /// The most hosts of a longer list that are shown: those that somebody should look at.
    private static let most = 10

    /// What is condemned, who goes where, who cannot, and how long it takes.
    ///
    /// - Parameters:
    ///   - all: the command that shows every host.
    ///   - showsAll: whether this one does.
    static func text(
        _ plan: RollbackPlanView,
        style: TextStyle,
        now: Instant,
        all: String,
        showsAll: Bool = false
    ) -> String {
        var parts = [plan.deployments.flatMap { deployment($0, style: style) }.joined(separator: "\n")]
        let isWhole = showsAll || plan.counts.total <= few
        let hosts = isWhole ? plan.hosts : Array(plan.hosts.filter(needsAttention).prefix(most))
        if !hosts.isEmpty { parts.append(table(hosts, style: style, now: now)) }
        let hidden = plan.counts.total - hosts.count
        if hidden > 0 {
            let what = hosts.isEmpty ? RollbackPrinter.count(hidden, "host") : "\(hidden) more"
            parts.append(style.paint("\(what) only counted; for every one: \(all)", .faint))
        }
        parts.append(summary(plan, style: style))
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    /// Whether anything would come of it.
    static func doesSomething(_ plan: RollbackPlanView) -> Bool {
        plan.deployments.contains { $0.refusal == nil }
    }

    private static func deployment(_ deployment: RollbackPlanDeployment, style: TextStyle) -> [String] {
        let name = style.paint(deployment.name, .title)
        if let refusal = deployment.refusal { return ["\(name): \(style.paint("left out", .busy)): \(refusal)"] }
        if let joins = deployment.joins {
            let text = "is being rolled back already; this joins rollback \(joins): nobody goes two versions back"
            return ["\(name) \(text)"]
        }
        let condemned = deployment.condemned.map(\.title).joined(separator: ", ")
        var lines = ["\(name): \(style.paint("condemns", .bad)) \(condemned), until a person lifts the hold"]
        for way in deployment.ways.prefix(ways) {
            let count = RollbackPrinter.count(way.hosts, "host")
            let start = way.from?.short ?? "nothing"
            let end = way.to.map(\.short) ?? style.paint("nowhere to go", .bad)
            // Such hosts are on their way to what would be condemned.
            lines.append("  \(count): \(start == end ? "on the way to it, back to \(end)" : "\(start) → \(end)")")
        }
        if deployment.ways.count > ways {
            let left = deployment.ways.dropFirst(ways).reduce(0) { $0 + $1.hosts }
            lines.append("  \(RollbackPrinter.count(left, "host")): other ways")
        }
        if deployment.counts[.unaffected] > 0 {
            lines.append(
                "  \(RollbackPrinter.count(deployment.counts[.unaffected], "host")): serve something else, and stay"
            )
        }
        return lines
    }

    /// Whether something is in the way of a host.
    private static func needsAttention(_ host: RollbackPlanHost) -> Bool {
        switch host.receipt {
        case .done, .unaffected: false
        case .inProgress: host.readiness == .notReady
        case .offline, .noTarget, .pinned, .failed: true
        }
    }

    private static func table(_ hosts: [RollbackPlanHost], style: TextStyle, now: Instant) -> String {
        let rows = hosts.map { host -> [TextTable.Cell] in
            [
                .init(host.deployment),
                host.unreachableSince == nil ? .init(host.host) : .init("\(host.host) (unreachable)", .bad),
                .init(host.from?.short ?? "nothing"), end(of: host), ready(host), .init(note(host, now: now)),
            ]
        }
        let titles = ["DEPLOYMENT", "HOST", "FROM", "TO", "READY", "NOTE"]
        return TextTable(titles: titles, rows: rows).text(style: style)
    }

    private static func end(of host: RollbackPlanHost) -> TextTable.Cell {
        switch host.receipt {
        case .unaffected: .init("stays", .faint)
        case .pinned: .init("pinned", .bad)
        case .noTarget: .init("nowhere", .bad)
        case .done, .inProgress, .offline, .failed: host.to.map { .init($0.short) } ?? .init("not known", .busy)
        }
    }

    private static func ready(_ host: RollbackPlanHost) -> TextTable.Cell {
        guard host.receipt == .inProgress || host.receipt == .offline, let readiness = host.readiness else { return "" }
        return switch readiness {
        case .none: ""
        case .checking: .init("checking", .busy)
        case .ready: .init("yes", .good)
        case .notReady: .init("no", .bad)
        }
    }

    private static func note(_ host: RollbackPlanHost, now: Instant) -> String {
        let dark = host.unreachableSince.map { "unreachable for \(Measure.age(of: $0, now: now)), goes on return" }
        return [dark, host.reason].compactMap { $0 }.joined(separator: "; ")
    }

    private static func summary(_ plan: RollbackPlanView, style: TextStyle) -> String {
        let counts = Receipt.Kind.allCases.filter { plan.counts[$0] > 0 }.map { kind in
            style.paint("\(plan.counts[kind]) \(kind.plannedWords)", kind.tone)
        }
        let total = plan.counts.total
        guard total > 0 else { return "No host is concerned." }
        var text = "\(RollbackPrinter.count(total, "host")): \(counts.joined(separator: ", "))"
        if plan.counts[.inProgress] + plan.counts[.offline] == 0, plan.counts[.noTarget] > 0 {
            let words =
                "Nobody has anywhere to go: hosts keep serving what is condemned, or stop, as --on-failure says."
            return "\(text)\n\(style.paint(words, .bad))"
        }
        if let estimate = plan.estimate { text += "\nAbout \(estimate) for the hosts that can be reached" }
        if !plan.expectation.isEmpty { text += (plan.estimate == nil ? "\n" : ": ") + plan.expectation }
        return text
    }
}

extension Receipt.Kind {
    /// What would become of a host.
    fileprivate var plannedWords: String {
        switch self {
        case .done, .inProgress: "go back"
        case .unaffected: "stay as they are"
        case .offline: "offline, go on return"
        case .noTarget: "have nowhere to go"
        case .pinned: "pinned, stay"
        case .failed: "would fail"
        }
    }
}
