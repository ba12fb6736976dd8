import Fleet
import FleetStore

extension ViewBuilder {
    /// The most hosts of a deployment that are shown of a long list.
    private static let mostHosts = 1_000

    /// A rollback or rehearsal with its hosts.
    ///
    /// - Parameter showsAll: whether a long list is shown whole.
    func rollback(_ rollback: Rollback, showsAll: Bool) throws -> RollbackView {
        let orders = try reader.rollbackOrders(ofRollback: rollback.id)
        let counts = try reader.receiptCounts(ofRollbacks: [rollback.id])[rollback.id] ?? []
        var view = try summary(of: rollback, orders, counts)
        for index in view.deployments.indices {
            let deployment = view.deployments[index]
            let isWhole = showsAll || deployment.counts.total <= RollbackView.wholeList
            let entries = try reader.rollbackEntries(
                ofRollback: rollback.id,
                deployment: deployment.uid,
                needsAttention: !isWhole,
                limit: isWhole ? .max : Self.mostHosts
            )
            view.deployments[index].hosts = try hosts(entries, of: rollback, orders).sorted { $0.host < $1.host }
        }
        view.explanations =
            try standstill() + undoing(rollback, view, orders) + explanations(of: rollback, view)
        return view
    }

    /// Rollbacks and rehearsals without their hosts.
    func summaries(of rollbacks: [Rollback]) throws -> [RollbackView] {
        let counts = try reader.receiptCounts(ofRollbacks: rollbacks.map(\.id))
        return try rollbacks.map { rollback in
            try summary(of: rollback, reader.rollbackOrders(ofRollback: rollback.id), counts[rollback.id] ?? [])
        }
    }

    private func summary(
        of rollback: Rollback,
        _ orders: [RollbackOrder],
        _ rows: [ReceiptCount]
    ) throws -> RollbackView {
        let holds = try reader.holds(ofRollback: rollback.id)
        var counts: [String: ReceiptCounts] = [:]
        for row in rows {
            counts[row.deployment, default: ReceiptCounts()].add(row.receipt, row.count)
        }
        let deployments = try orders.map { order in
            RollbackDeploymentView(
                name: try name(of: order.deployment),
                uid: order.deployment,
                holds: try holds.filter { $0.hold.deployment == order.deployment }.map { try hold($0) },
                counts: counts[order.deployment] ?? ReceiptCounts(),
                hosts: []
            )
        }
        var view = RollbackView(rollback: rollback, deployments: deployments.sorted { $0.name < $1.name })
        // Somebody may have joined a rolling one to let everybody go.
        if !orders.isEmpty, orders.allSatisfy({ $0.strategy == .fast }) { view.rollback.strategy = .fast }
        let isNew = rollback.undone == nil && now < rollback.at + RollbackBasis.settling
        let isPlaced = orders.allSatisfy { counts[$0.deployment] != nil }
        if isNew, view.state == .ended, !isPlaced { view.state = .running }
        return view
    }

    /// Hosts' parts in a rollback, in the same order.
    func hosts(
        _ entries: [AuditedEntry],
        of rollback: Rollback,
        _ orders: [RollbackOrder]
    ) throws -> [RollbackHostView] {
        let orders = Dictionary(orders.map { ($0.deployment, $0) }) { first, _ in first }
        var names: [String: String] = [:]
        return try entries.map { audited in
            let entry = audited.entry
            let name = try names[entry.deployment] ?? self.name(of: entry.deployment)
            names[entry.deployment] = name
            return try host(audited, name, orders[entry.deployment])
        }
    }

    private func host(
        _ audited: AuditedEntry,
        _ deployment: String,
        _ order: RollbackOrder?
    ) throws -> RollbackHostView {
        let entry = audited.entry
        func named(_ reference: RevisionReference?) throws -> RevisionView? {
            try reference.map { try revisions.view($0, of: entry.deployment) }
        }
        let isOpen = !entry.receipt.isTerminal
        let host = isOpen ? directory[entry.host] : nil
        let report = host?.report?.replicas.first { $0.deployment == entry.deployment }
        let isCurrent = report?.item == entry.itemNumber
        let goal = order?.target ?? (isCurrent ? report?.goal : nil)
        return RollbackHostView(
            entry,
            deployment: deployment,
            from: try named(entry.from),
            to: try named(entry.to ?? (isOpen ? goal : nil)),
            unreachableSince: host?.unreachableSince,
            reason: isCurrent ? report?.reason : nil,
            condemnedConnections: report?.condemnedConnections,
            audit: audited.audit.map { AuditReference(sequence: $0.sequence, hash: $0.hash) }
        )
    }

    private func name(of deployment: String) throws -> String {
        try reader.deployment(uid: deployment)?.deployment.name ?? deployment
    }

    // MARK: Why it is not done

    /// Some deployments were refused when it was taken back, or the controller died on the way.
    private func undoing(_ rollback: Rollback, _ view: RollbackView, _ orders: [RollbackOrder]) -> [Explanation] {
        let left = Set(orders.filter { $0.undone == nil }.map(\.deployment))
        guard rollback.undone == nil, left.count < orders.count else { return [] }
        let names = view.deployments.filter { left.contains($0.uid) }.map(\.name)
        let shown = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " and \(names.count - 5) more" : "")
        return [
            Explanation(
                why: "taken back in \(orders.count - left.count) of \(orders.count) deployments, not in \(shown)",
                since: orders.compactMap { $0.undone?.at }.max(),
                who: "an operator",
                next: "muster rollback undo \(rollback.id) --reason REASON"
            )
        ]
    }

    private func explanations(of rollback: Rollback, _ view: RollbackView) -> [Explanation] {
        guard rollback.undone == nil else { return [] }
        let hosts = view.deployments.flatMap(\.hosts)
        func words(_ kind: Receipt.Kind) -> (names: String, since: Instant?)? {
            let found = hosts.filter { $0.receipt.kind == kind }
            guard !found.isEmpty else { return nil }
            let shown = found.prefix(5).map { "\($0.deployment) on \($0.host)" }.joined(separator: ", ")
            let count = view.counts[kind]
            return (count > 5 ? "\(shown) and \(count - 5) more" : shown, found.map(\.receiptAt).min())
        }
        var explanations: [Explanation] = []
        func add(_ kind: Receipt.Kind, _ why: (String) -> String, who: String, next: String?) {
            guard let (names, since) = words(kind) else { return }
            explanations.append(Explanation(why: why(names), since: since, who: who, next: next))
        }
        add(
            .offline,
            { "cannot be reached, and applies on return: \($0)" },
            who: "whoever can reach these hosts",
            next: "muster rollback status \(rollback.id)"
        )
        add(
            .pinned,
            { "pinned on the host, and not moved: \($0)" },
            who: "whoever pinned it",
            next: "muster-agent unpin DEPLOYMENT, on that host"
        )
        add(
            .noTarget,
            { "nowhere to go back to: \($0)" },
            who: "an operator",
            next: "apply a version that is good"
        )
        add(
            .failed,
            { "the target failed: \($0)" },
            who: "an operator",
            next: "muster rollback receipts \(rollback.id)"
        )
        return explanations
    }
}
