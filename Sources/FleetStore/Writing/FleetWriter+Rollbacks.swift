package import Fleet
import StoreDriver

extension FleetWriter {
    /// Stores a rollback or a rehearsal and what it means for each deployment. Its holds are put by themselves.
    ///
    /// - Throws: ``FleetStoreError`` `notFound` (a deployment), `misuse` (an id that is taken).
    package func putRollback(_ rollback: Rollback, orders: [RollbackOrder]) throws {
        let names = try orders.map { order in
            guard let record = try reader.deployment(uid: order.deployment) else {
                throw FleetStoreError.notFound(.deployment, order.deployment)
            }
            return record.deployment.name
        }
        let verb = rollback.isDrill ? "drill" : "rollback"
        let after = Self.json(rollback, deployments: names.sorted())
        let version = try record(verb, .rollback, name: rollback.id, uid: rollback.id, after: after)
        head.touched[rollback.id] = version
        try transaction.execute(
            """
            INSERT INTO rollback (id, project, actor, reason, at, hosts, strategy, on_failure, drill, created, scope,
                scope_value, destination, destination_value)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(rollback.id), .text(FleetDatabase.project), .text(rollback.actor), .text(rollback.reason),
                .instant(rollback.at), .text(orNull: rollback.hosts), .text(rollback.strategy.rawValue),
                .text(rollback.onFailure.rawValue), .bool(rollback.isDrill), .number(version),
            ] + rollback.scope.columns() + rollback.to.columns
        )
        for order in orders {
            precondition(order.rollback == rollback.id, "an order of \(order.rollback) was put with \(rollback.id)")
            try transaction.execute(
                """
                INSERT INTO rollback_order (rollback, deployment, created, strategy, on_failure, revision, digest, written)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    .text(rollback.id), .text(order.deployment), .number(version), .text(order.strategy.rawValue),
                    .text(order.onFailure.rawValue),
                ] + StoreValue.reference(order.target)
            )
        }
    }

    /// Takes a rollback back in the name of the change's actor, for one of its deployments or for all that are left: every
    /// hold of it that still holds there is lifted, and whoever has not ended with it has failed. With the last deployment
    /// the rollback itself is undone. A rehearsal ends: hosts that have begun it return first.
    ///
    /// - Parameter deployment: its uid; `nil` for all of them.
    /// - Returns: the rollback as it is now, and the holds that were lifted. What is undone already stays as it is.
    /// - Throws: ``FleetStoreError`` `notFound`.
    package func undoRollback(_ id: String, deployment: String? = nil) throws -> (rollback: Rollback, lifted: [Hold]) {
        guard let rollback = try reader.rollback(id) else { throw FleetStoreError.notFound(.rollback, id) }
        let left = try reader.rollbackOrders(ofRollback: id).filter { $0.undone == nil }
        let undone = left.filter { deployment == nil || $0.deployment == deployment }
        guard !undone.isEmpty else { return (rollback, []) }
        let names = try undone.compactMap { try reader.deployment(uid: $0.deployment)?.deployment.name }.sorted()
        var after = rollback
        after.undone = Rollback.Undo(actor: change.actor, at: change.now, reason: change.reason)
        head.touched[id] = try record(
            "undo",
            .rollback,
            name: id,
            uid: id,
            before: Self.json(rollback, deployments: names),
            after: Self.json(after, deployments: names)
        )
        let who: [StoreValue] = [.instant(change.now), .text(change.actor), .text(orNull: change.reason), .text(id)]
        if undone.count == left.count {
            try transaction.execute(
                "UPDATE rollback SET undone_at = ?, undone_by = ?, undone_reason = ? WHERE id = ?",
                who
            )
        }
        var lifted: [Hold] = []
        let holds = try reader.holds(ofRollback: id).filter { $0.lift == nil }.map(\.hold)
        for order in undone {
            try transaction.execute(
                """
                UPDATE rollback_order SET undone_at = ?, undone_by = ?, undone_reason = ?
                WHERE rollback = ? AND deployment = ?
                """,
                who + [.text(order.deployment)]
            )
            lifted += try holds.filter { $0.deployment == order.deployment }.map { try liftHold($0.id).hold }
            try endOpenEntries(of: after, order.deployment)
        }
        return (undone.count == left.count ? after : rollback, lifted)
    }

    /// Planning knows nothing of what is undone: nobody else would ever end these. It brings those home that have begun a
    /// rehearsal.
    private func endOpenEntries(of rollback: Rollback, _ deployment: String) throws {
        try end(
            because: rollback.undone?.words ?? "taken back",
            "SELECT * FROM rollback_entry WHERE rollback = ? AND deployment = ? AND open = 1 ORDER BY host",
            [rollback.id, deployment]
        ) { !rollback.isDrill || $0.turn != .go }
    }

    /// A host that is forgotten ends every rollback that it is part of.
    func endOpenEntries(of host: FleetHost) throws {
        try end(
            because: "the host was deleted by \(change.actor)" + (change.reason.map { ": \($0)" } ?? ""),
            "SELECT * FROM rollback_entry WHERE host = ? AND open = 1 ORDER BY rollback, deployment",
            [host.id]
        )
    }

    private func end(
        because why: String,
        _ query: String,
        _ arguments: [String],
        where mayEnd: (RollbackEntry) -> Bool = { _ in true }
    ) throws {
        let open = try transaction.rows(query, arguments.map { .text($0) }).compactMap { row -> RollbackEntry? in
            var entry = try row.rollbackEntry()
            guard mayEnd(entry) else { return nil }
            entry.receipt = .failed(cause: why, serving: entry.from)
            entry.receiptAt = change.now
            return entry
        }
        try saveRollbackEntries(open)
    }

    /// Enters into the audit that somebody asked for what a rollback is doing already, for one of its deployments, and makes
    /// a rolling one fast, or changes what hosts do that fail, where that was asked for. A fast one stays fast.
    ///
    /// - Parameter deployment: its name.
    /// - Returns: whether what the rollback means for the deployment has changed: it is to be planned again.
    /// - Throws: ``FleetStoreError`` `notFound` (the rollback, its order for the deployment).
    package func recordJoin(
        _ id: String,
        deployment: String,
        strategy: Rollback.Strategy? = nil,
        onFailure: AssignmentItem.OnFailure? = nil
    ) throws -> Bool {
        let rollback = try known(id)
        guard let record = try reader.deployment(named: deployment),
            var order = try reader.rollbackOrders(ofRollback: id).first(where: { $0.deployment == record.uid })
        else { throw FleetStoreError.notFound(.deployment, deployment) }
        let stored = order
        if strategy == .fast { order.strategy = .fast }
        if let onFailure { order.onFailure = onFailure }
        try transaction.execute(
            "UPDATE rollback_order SET strategy = ?, on_failure = ? WHERE rollback = ? AND deployment = ?",
            [.text(order.strategy.rawValue), .text(order.onFailure.rawValue), .text(id), .text(record.uid)]
        )
        func json(_ order: RollbackOrder) -> String {
            var meant = rollback
            (meant.strategy, meant.onFailure) = (order.strategy, order.onFailure)
            return Self.json(meant, deployments: [deployment])
        }
        try enterAudit(
            "join",
            .rollback,
            name: id,
            revision: head.touched[id] ?? head.revision,
            before: order == stored ? nil : json(stored),
            after: json(order)
        )
        try saveHead()
        return order != stored
    }

    /// Stores hosts' parts in rollbacks: new ones, or what they are now; the others stay as they are.
    ///
    /// When a host proved its target is kept from its outcome where the entry does not say it. A receipt that is a host's
    /// last one goes into the audit, which the entry then names. Seen by watchers as a change of the rollback, once a
    /// transaction.
    ///
    /// - Throws: ``FleetStoreError`` `notFound` (the rollback).
    package func saveRollbackEntries(_ entries: [RollbackEntry]) throws {
        var rollbacks: [String: Rollback] = [:]
        for entry in entries {
            let rollback = try rollbacks[entry.rollback] ?? known(entry.rollback)
            rollbacks[entry.rollback] = rollback
            let stored = try storedEntry(entry)
            try save(entry)
            guard entry.receipt.isTerminal else { continue }
            var proven = entry
            proven.provenAt = entry.provenAt ?? stored?.provenAt
            guard stored?.receipt != proven.receipt || stored?.provenAt != proven.provenAt else { continue }
            try audit(proven, of: rollback)
        }
        if !entries.isEmpty { try saveHead() }
    }

    /// A host's outcome says how it ended with a rollback, and when by its own clock. One that this store does not know,
    /// after a restore, is let go.
    func conclude(_ id: String, _ receipt: Receipt, of deployment: String, on host: String, at instant: Instant) throws
    {
        let place: [StoreValue] = [.text(id), .text(deployment)]
        guard
            try transaction.row("SELECT 1 FROM rollback_order WHERE rollback = ? AND deployment = ?", place) != nil
        else { return }
        var entry = RollbackEntry(
            rollback: id,
            deployment: deployment,
            host: host,
            name: try reader.host(host)?.host.name ?? host,
            turn: .go,
            since: instant,
            receipt: receipt,
            receiptAt: instant
        )
        if var stored = try storedEntry(entry) {
            if stored.receipt.outlasts(receipt) { return }
            if stored.receipt != receipt { stored.receiptAt = instant }
            stored.receipt = receipt
            entry = stored
        }
        if let serving = receipt.serving { entry.to = serving }
        if case .done = receipt { entry.provenAt = entry.provenAt ?? instant }
        try saveRollbackEntries([entry])
    }

    private func known(_ id: String) throws -> Rollback {
        guard let rollback = try reader.rollback(id) else { throw FleetStoreError.notFound(.rollback, id) }
        if head.touched[id] == nil {
            head.touched[id] = try takeRevision(.rollback, name: id, uid: id, change: .put)
            try saveHead()
        }
        return rollback
    }

    private func storedEntry(_ entry: RollbackEntry) throws -> RollbackEntry? {
        try transaction.row(
            "SELECT * FROM rollback_entry WHERE rollback = ? AND deployment = ? AND host = ?",
            [.text(entry.rollback), .text(entry.deployment), .text(entry.host)]
        )?.rollbackEntry()
    }

    private func save(_ entry: RollbackEntry) throws {
        try transaction.execute(
            """
            INSERT INTO rollback_entry (rollback, deployment, host, name, wave, turn, since, receipt_at, proven_at, item,
                open, from_revision, from_digest, from_written, to_revision, to_digest, to_written, receipt, detail,
                serving_revision, serving_digest, serving_written)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (rollback, deployment, host) DO UPDATE
            SET name = excluded.name, wave = excluded.wave, turn = excluded.turn, since = excluded.since,
                receipt_at = excluded.receipt_at, proven_at = coalesce(excluded.proven_at, proven_at),
                item = excluded.item, open = excluded.open, from_revision = excluded.from_revision,
                from_digest = excluded.from_digest, from_written = excluded.from_written,
                to_revision = excluded.to_revision, to_digest = excluded.to_digest, to_written = excluded.to_written,
                receipt = excluded.receipt, detail = excluded.detail, serving_revision = excluded.serving_revision,
                serving_digest = excluded.serving_digest, serving_written = excluded.serving_written
            """,
            [
                .text(entry.rollback), .text(entry.deployment), .text(entry.host), .text(entry.name), .int(entry.wave),
                .text(orNull: entry.turn?.rawValue), .instant(entry.since), .instant(entry.receiptAt),
                .instant(orNull: entry.provenAt), .number(orNull: entry.itemNumber), .bool(!entry.receipt.isTerminal),
            ] + StoreValue.reference(entry.from) + StoreValue.reference(entry.to) + entry.receipt.columns
        )
    }

    // MARK: The audit

    /// Enters a host's last receipt, and notes its place at the entry. ``saveHead()`` must follow.
    private func audit(_ entry: RollbackEntry, of rollback: Rollback) throws {
        let served = try entry.from.flatMap { from in
            try reader.lastServing(from.digest, of: entry.deployment, on: entry.host)
        }
        try enterAudit(
            "receipt",
            .rollback,
            name: rollback.id,
            revision: head.touched[rollback.id] ?? head.revision,
            before: nil,
            after: Self.json(entry, of: rollback, served: served)
        )
        try transaction.execute(
            "UPDATE rollback_entry SET audit = ?, audit_hash = ? WHERE rollback = ? AND deployment = ? AND host = ?",
            [
                .number(head.auditSequence), .text(head.auditHash), .text(entry.rollback), .text(entry.deployment),
                .text(entry.host),
            ]
        )
    }
}

extension Receipt {
    /// Whether another receipt of the same rollback says nothing new: a host that had left what is condemned before it was
    /// told to finds itself unaffected where it has gone.
    package func outlasts(_ other: Receipt) -> Bool {
        guard case .done(let there) = self, case .unaffected(let serving) = other else { return false }
        return serving?.digest == there.digest
    }
}
