import Fleet

/// A rollback as a tree: its deployments with counts, and in each the hosts that are to be shown.
struct RollbackTree {
    /// The most hosts of one deployment, unless all are asked for.
    static let hostsOfADeployment = 10
    /// The most deployments whose hosts are shown, unless all are asked for.
    static let openDeployments = 10

    private let view: RollbackView
    private let style: TextStyle
    private let now: Instant
    private let showsAll: Bool

    /// The lines; `now` gives the ages.
    ///
    /// - Parameter all: whether every host of the view has its line.
    static func text(_ view: RollbackView, style: TextStyle, now: Instant, all: Bool = false) -> String {
        RollbackTree(view: view, style: style, now: now, showsAll: all).lines.joined(separator: "\n")
    }

    private var lines: [String] {
        var lines = head
        for (index, deployment) in view.deployments.enumerated() {
            let isLast = index == view.deployments.count - 1
            let counts = deployment.counts.total == 0 ? "no hosts" : deployment.counts.text(style: style)
            lines.append(
                "\(isLast ? "└─" : "├─") \(style.paint(deployment.name, .title)): \(counts)\(held(deployment))"
            )
            let hosts = showsAll || index < Self.openDeployments ? hosts(of: deployment) : []
            for (position, host) in hosts.enumerated() {
                let branch = (isLast ? "   " : "│  ") + (position == hosts.count - 1 ? "└─" : "├─")
                lines.append("\(branch) \(host)")
            }
        }
        lines += RollbackPrinter.refusals(view.refused, style: style)
        let shown = view.deployments.reduce(0) { $0 + $1.hosts.count }
        if view.counts.total > shown || isCut {
            let command = "muster rollback status \(view.rollback.id) --all"
            lines.append("  \(style.paint("for every host: \(command)", .faint))")
        }
        let why = ExplanationPrinter.text(view.explanations, style: style, now: now, indentation: 2, limit: 5)
        if !why.isEmpty { lines.append(why) }
        return lines
    }

    private var isCut: Bool {
        guard !showsAll else { return false }
        return view.deployments.count > Self.openDeployments
            || view.deployments.contains { $0.hosts.count > Self.hostsOfADeployment && !isWhole($0) }
    }

    private var head: [String] {
        let rollback = view.rollback
        let state: String =
            if rollback.undone != nil, !rollback.isDrill {
                style.paint("undone", .faint)
            } else {
                style.paint(view.state.words, view.isGood || view.state == .running ? view.state.tone : .bad)
            }
        let title = style.paint("\(RollbackPrinter.title(view)) \(rollback.id)", .title)
        let hosts = rollback.hosts.map { ", hosts with \($0)" } ?? ""
        return [
            "\(title) of \(rollback.scope.words)\(hosts): \(state)",
            "  by \(rollback.actor), \(Measure.point(rollback.at, now: now)): \(rollback.reason)",
            rollback.isDrill
                ? "  to each host's last good version, measured, and back again"
                : "  to \(rollback.to.words), \(rollback.strategy.rawValue)",
            "  \(RollbackPrinter.summary(view.counts, style: style))",
        ]
    }

    /// The ids of its holds.
    private func held(_ deployment: RollbackDeploymentView) -> String {
        guard !deployment.holds.isEmpty else { return "" }
        let versions = deployment.holds.map(\.revision.short).joined(separator: ", ")
        let ids = deployment.holds.map(\.hold.id).joined(separator: ", ")
        let isLifted = deployment.holds.allSatisfy { $0.lifted != nil }
        return style.paint(isLifted ? "; \(versions) may run again" : "; condemned \(versions), hold \(ids)", .faint)
    }

    private func isWhole(_ deployment: RollbackDeploymentView) -> Bool {
        deployment.counts.total <= RollbackView.wholeList && view.deployments.count <= 3
    }

    /// A line for each host of a deployment that is shown.
    private func hosts(of deployment: RollbackDeploymentView) -> [String] {
        let hosts = deployment.hosts
        guard !showsAll, !isWhole(deployment), hosts.count > Self.hostsOfADeployment else { return lines(of: hosts) }
        // Those that somebody should look at come first, then those on their way.
        let ranked = hosts.enumerated().sorted { left, right in
            (left.element.rank, left.offset) < (right.element.rank, right.offset)
        }.map(\.element)
        return lines(of: Array(ranked.prefix(Self.hostsOfADeployment)))
            + [style.paint("… and \(hosts.count - Self.hostsOfADeployment) more", .faint)]
    }

    /// Where it went; a rehearsal ends where it began.
    private func way(of host: RollbackHostView) -> String {
        let isBack = if case .done = host.receipt { view.rollback.isDrill } else { false }
        return isBack ? "\(host.way), and back" : host.way
    }

    private func lines(of hosts: [RollbackHostView]) -> [String] {
        let rows = hosts.map { host -> [TextTable.Cell] in
            [
                .init(host.host), .init(host.receiptText, host.receipt.tone), .init(way(of: host)),
                .init(host.took.map { "in \(Measure.seconds($0))" } ?? Measure.age(of: host.receiptAt, now: now)),
                .init(host.note(now: now)),
            ]
        }
        let widths = (0..<5).map { column in rows.map { $0[column].text.count }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            var gap = 0
            for (column, cell) in row.enumerated() where !cell.text.isEmpty {
                line += String(repeating: " ", count: gap) + style.paint(cell.text, cell.tone)
                gap = widths[column] - cell.text.count + 2
            }
            return line
        }
    }
}

extension RollbackHostView {
    /// What comes first among many.
    fileprivate var rank: Int {
        switch receipt.kind {
        case .failed: 0
        case .noTarget: 1
        case .pinned: 2
        case .inProgress: turn == .go ? 3 : 4
        case .offline: 5
        case .done: 6
        case .unaffected: 7
        }
    }
}
