import Fleet

/// Prints rollbacks, their beginning, their end and their receipts.
enum RollbackPrinter {
    /// What a rollback began.
    static func beginning(_ view: RollbackView, style: TextStyle, now: Instant, hosts: Bool = true) -> String {
        var lines = view.joined.sorted().map { name in
            style.paint("joined", .busy) + " the rollback of \(name) that runs already: nobody goes two versions back"
        }
        lines += view.deployments.filter { !view.joined.contains($0.name) }.flatMap(\.holds).map {
            condemned($0, style: style)
        }
        lines += refusals(view.refused, style: style)
        if !lines.isEmpty { lines.append("") }
        guard hosts else {
            lines.append(
                "\(style.paint(title(view), .title)) \(view.rollback.id): \(summary(view.counts, style: style))"
            )
            return lines.joined(separator: "\n")
        }
        lines.append(RollbackTree.text(view, style: style, now: now))
        return lines.joined(separator: "\n")
    }

    /// `condemned wine 2.0.0 (revision 2) of wine: hold b7c1, by ada`.
    static func condemned(_ view: HoldView, style: TextStyle) -> String {
        let scope = view.hosts.map { " on \(count($0.count, "host"))" } ?? ""
        return "\(style.paint("condemned", .bad)) \(view.revision.title) of \(view.deployment)\(scope): "
            + "hold \(view.hold.id), by \(view.hold.actor)"
    }

    /// Deployments that are not in it, and why.
    static func refusals(_ refused: [String: String], style: TextStyle) -> [String] {
        refused.sorted { $0.key < $1.key }.map { name, why in "\(style.paint("left out", .busy)) \(name): \(why)" }
    }

    /// `rollback` or `drill`.
    static func title(_ view: RollbackView) -> String { view.rollback.isDrill ? "drill" : "rollback" }

    /// `3 hosts: 2 done, 1 offline`.
    static func summary(_ counts: ReceiptCounts, style: TextStyle) -> String {
        let total = counts.total
        return total == 0 ? "no hosts" : "\(count(total, "host")): \(counts.text(style: style))"
    }

    /// What to type after it has begun.
    static func nextSteps(_ rollback: Rollback) -> String {
        let follow = "To follow it: muster rollback status \(rollback.id) -w"
        return rollback.isDrill
            ? follow : "\(follow)\nTo take it back: muster rollback undo \(rollback.id) --reason REASON"
    }

    /// What to do after a rollback has ended, or with one that stands still; `nil` while it runs.
    static func nextStep(after view: RollbackView) -> String? {
        let id = view.rollback.id
        if let undone = view.rollback.undone {
            let why = undone.reason.map { ": \($0)" } ?? ""
            return "It was taken back by \(undone.actor) at \(undone.at)\(why)"
        }
        var lines: [String] = []
        if view.counts[.offline] > 0, view.state != .running {
            let many =
                view.counts[.offline] == 1
                ? "1 host is offline and goes" : "\(view.counts[.offline]) hosts are offline and go"
            lines.append("\(many) back on return, without anybody's doing.")
        }
        if view.state != .running, !view.isGood {
            let names = view.deployments.filter { $0.counts.needsPeople > 0 }.map(\.name)
            lines += names.prefix(5).map { "To see why: muster explain deployment/\($0)" }
            if names.count > 5 { lines.append("… and \(names.count - 5) more deployments") }
        }
        switch view.state {
        case .running: return nil
        case .waiting: lines.append("To see them: muster rollback status \(id) --all")
        case .ended: lines.append("Every receipt: muster rollback receipts \(id)")
        }
        if !view.rollback.isDrill {
            lines.append("Only a person takes it back: muster rollback undo \(id) --reason REASON")
        }
        return lines.joined(separator: "\n")
    }

    /// What an undo did.
    static func undone(_ view: RollbackView, style: TextStyle) -> String {
        guard !view.rollback.isDrill else {
            let returning = view.counts[.inProgress]
            let others =
                returning == 0 ? "" : "; \(count(returning, "host")) still \(returning == 1 ? "returns" : "return")"
            return "\(style.paint("ended", .busy)) drill \(view.rollback.id): nobody begins it any more\(others)\n\n"
                + nextSteps(view.rollback)
        }
        let back = view.deployments.filter { view.refused[$0.name] == nil }
        var lines = back.flatMap(\.holds).map { hold in
            "\(style.paint("lifted", .good)) \(hold.hold.id): \(hold.revision.title) of \(hold.deployment) may run again"
        }
        lines += refusals(view.refused, style: style)
        let names = back.map(\.name)
        lines.append("")
        lines += names.prefix(5).map { "To follow its rollout: muster rollout status \($0) -w" }
        if names.count > 5 { lines.append("… and \(names.count - 5) more: muster get rollouts") }
        return lines.joined(separator: "\n")
    }

    /// One line a receipt.
    static func receipts(_ receipts: [RollbackHostView], style: TextStyle, now: Instant) -> String {
        guard !receipts.isEmpty else { return "no receipts" }
        let rows = receipts.map { host -> [TextTable.Cell] in
            [
                .init(host.deployment), .init(host.host), .init(host.from?.short ?? "nothing"),
                .init(host.to?.short ?? ""), .init(host.receiptText, host.receipt.tone), .init("\(host.receiptAt)"),
                .init(host.provenAt.map { "\($0)" } ?? ""), .init(host.took.map(Measure.seconds) ?? ""),
                .init(host.audit.map { "\($0.sequence)" } ?? ""), .init(host.note(now: now)),
            ]
        }
        let titles = ["DEPLOYMENT", "HOST", "FROM", "TO", "RECEIPT", "AT", "PROVEN", "TOOK", "AUDIT", "REASON"]
        return TextTable(titles: titles, rows: rows).text(style: style)
    }

    /// `1 host`, `2 hosts`.
    static func count(_ count: Int, _ word: String) -> String { count == 1 ? "1 \(word)" : "\(count) \(word)s" }
}

extension ReceiptCounts {
    /// Hosts that somebody has to look at, since nothing more comes of them by itself.
    fileprivate var needsPeople: Int { self[.noTarget] + self[.pinned] + self[.failed] }
}
