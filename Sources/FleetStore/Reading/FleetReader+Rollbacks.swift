package import Fleet
import StoreDriver

extension FleetReader {
    /// A rollback by id.
    package func rollback(_ id: String) throws -> Rollback? {
        try transaction.row("SELECT * FROM rollback WHERE id = ?", [.text(id)])?.rollback()
    }

    /// Rollbacks and rehearsals, the newest first.
    ///
    /// - Parameter newer: those that were asked for before this one; `nil` for all of them.
    package func rollbacks(before newer: String? = nil, limit: Int) throws -> [Rollback] {
        try transaction.rows(
            """
            SELECT * FROM rollback WHERE project = ?1
                AND (?2 IS NULL OR created < (SELECT newer.created FROM rollback newer WHERE newer.id = ?2))
            ORDER BY created DESC LIMIT ?3
            """,
            [.text(FleetDatabase.project), .text(orNull: newer), .int(limit)]
        ).map { try $0.rollback() }
    }

    /// What planning a deployment has to know of its rollbacks, the newest last: the newest one, those of which a hold still
    /// holds, and the older ones and the rehearsals in which a host has not ended. Those that were undone are not among them,
    /// but for rehearsals from which a host has not returned.
    package func rollbackOrders(of deployment: String) throws -> [RollbackOrder] {
        try transaction.rows(
            "SELECT item.*, rollback.at, rollback.drill \(Self.planned) ORDER BY item.created",
            [.text(deployment)]
        ).map { try $0.rollbackOrder() }
    }

    /// From `rollback_order` as `item`, of the deployment `?1`.
    private static let planned = """
        FROM rollback_order item JOIN rollback ON rollback.id = item.rollback
        WHERE item.deployment = ?1 AND (item.undone_at IS NULL OR rollback.drill = 1) AND (
            EXISTS (SELECT 1 FROM rollback_entry entry
                WHERE entry.deployment = ?1 AND entry.rollback = item.rollback AND entry.open = 1)
            OR EXISTS (SELECT 1 FROM hold
                WHERE hold.deployment = ?1 AND hold.rollback = item.rollback AND hold.lifted_at IS NULL)
            OR item.rollback = (SELECT newest.rollback FROM rollback_order newest
                JOIN rollback made ON made.id = newest.rollback
                WHERE newest.deployment = ?1 AND newest.undone_at IS NULL AND made.drill = 0
                ORDER BY newest.created DESC LIMIT 1))
        """

    /// What a rollback means for each of its deployments, by their uids; undone or not.
    package func rollbackOrders(ofRollback id: String) throws -> [RollbackOrder] {
        try transaction.rows(
            """
            SELECT item.*, rollback.at, rollback.drill
            FROM rollback_order item JOIN rollback ON rollback.id = item.rollback
            WHERE item.rollback = ? ORDER BY item.deployment
            """,
            [.text(id)]
        ).map { try $0.rollbackOrder() }
    }

    /// Each host's part in ``rollbackOrders(of:)``, by the host's id: the one that it has not ended (of an older one, when a
    /// newer one was taken back), else the one in the newest of them.
    package func rollbackEntries(of deployment: String) throws -> [String: RollbackEntry] {
        var entries: [String: RollbackEntry] = [:]
        let rows = try transaction.rows(
            """
            SELECT * FROM (
                SELECT entry.*, row_number() OVER (
                    PARTITION BY entry.host ORDER BY entry.open DESC, planned.created DESC) AS place
                FROM (SELECT item.rollback, item.created \(Self.planned)) planned
                JOIN rollback_entry entry ON entry.rollback = planned.rollback AND entry.deployment = ?1)
            WHERE place = 1
            """,
            [.text(deployment)]
        )
        for row in rows {
            let entry = try row.rollbackEntry()
            entries[entry.host] = entry
        }
        return entries
    }

    /// The rollbacks of a deployment that run, the newest first: a host that can be reached is on its way, or no host has its
    /// place yet.
    /// Rehearsals do not count.
    ///
    /// - Parameter since: one that was asked for before has its places, or never gets any.
    /// - Returns: their ids.
    package func runningRollbacks(of deployment: String, since: Instant) throws -> [String] {
        try transaction.rows(
            """
            SELECT item.rollback FROM rollback_order item JOIN rollback ON rollback.id = item.rollback
            WHERE item.deployment = ?1 AND item.undone_at IS NULL AND rollback.drill = 0 AND (
                EXISTS (SELECT 1 FROM rollback_entry entry WHERE entry.deployment = ?1
                    AND entry.rollback = item.rollback AND entry.open = 1 AND entry.receipt = 'inProgress')
                OR rollback.at > ?2 AND NOT EXISTS (SELECT 1 FROM rollback_entry entry
                    WHERE entry.deployment = ?1 AND entry.rollback = item.rollback))
            ORDER BY item.created DESC
            """,
            [.text(deployment), .instant(since)]
        ).map { try $0.text("rollback") }
    }

    /// The newest rollbacks of a deployment that nobody has undone, each with when its last host got its receipt; the newest
    /// first. Rehearsals are not among them.
    ///
    /// - Parameters:
    ///   - since: those that were asked for before are left out.
    ///   - ended: and those whose last receipt is older than this.
    package func recentRollbacks(
        of deployment: String,
        since: Instant,
        ended: Instant
    ) throws -> [(rollback: Rollback, ended: Instant)] {
        try transaction.rows(
            """
            SELECT rollback.*, (SELECT max(entry.receipt_at) FROM rollback_entry entry
                WHERE entry.rollback = rollback.id AND entry.deployment = ?1) AS ended
            FROM rollback_order item JOIN rollback ON rollback.id = item.rollback
            WHERE item.deployment = ?1 AND item.undone_at IS NULL AND rollback.drill = 0 AND rollback.at > ?2
            ORDER BY item.created DESC
            """,
            [.text(deployment), .instant(since)]
        ).map { row in
            let rollback = try row.rollback()
            return (rollback, max(try row.instantOrNull("ended") ?? rollback.at, rollback.at))
        }.filter { $0.1 > ended }
    }

    /// How many hosts have not ended with a rollback or a rehearsal, of every deployment.
    package func openReceiptCounts() throws -> [ReceiptCount] {
        try transaction.rows(
            """
            SELECT deployment, receipt, count(*) AS count FROM rollback_entry
            WHERE open = 1 GROUP BY deployment, receipt ORDER BY deployment, receipt
            """
        ).map { try receiptCount($0) }
    }

    /// A rollback's entries in the order of deployments' uids and hosts' ids, a page at a time.
    ///
    /// - Parameters:
    ///   - place: the last entry of the page before; `nil` for the first page.
    ///   - deployment: only of this one, by its uid.
    ///   - needsAttention: only those that somebody should look at.
    package func rollbackEntries(
        ofRollback id: String,
        after place: (deployment: String, host: String)? = nil,
        deployment: String? = nil,
        needsAttention: Bool = false,
        limit: Int
    ) throws -> [AuditedEntry] {
        try transaction.rows(
            """
            SELECT * FROM rollback_entry WHERE rollback = ?1 AND (?4 IS NULL OR deployment = ?4)
                AND (deployment, host) > (?2, ?3) AND (?6 = 0 OR receipt NOT IN ('done', 'unaffected')) ORDER BY deployment, host LIMIT ?5
            """,
            [
                .text(id), .text(place?.deployment ?? ""), .text(place?.host ?? ""), .text(orNull: deployment),
                .int(limit), .bool(needsAttention),
            ]
        ).map { row in
            let place = try row.numberOrNull("audit").map { sequence in
                AuditedEntry.Place(sequence: sequence, hash: try row.text("audit_hash"))
            }
            return AuditedEntry(entry: try row.rollbackEntry(), audit: place)
        }
    }

    /// How many hosts of rollbacks have which receipt, by the rollbacks' ids. Reads no entry as a value.
    package func receiptCounts(ofRollbacks ids: [String]) throws -> [String: [ReceiptCount]] {
        guard !ids.isEmpty else { return [:] }
        let places = ids.map { _ in "?" }.joined(separator: ", ")
        let rows = try transaction.rows(
            """
            SELECT rollback, deployment, receipt, count(*) AS count FROM rollback_entry WHERE rollback IN (\(places))
            GROUP BY rollback, deployment, receipt ORDER BY rollback, deployment, receipt
            """,
            ids.map { .text($0) }
        )
        var counts: [String: [ReceiptCount]] = [:]
        for row in rows { counts[try row.text("rollback"), default: []].append(try receiptCount(row)) }
        return counts
    }

    private func receiptCount(_ row: StoreRow) throws -> ReceiptCount {
        ReceiptCount(
            deployment: try row.text("deployment"),
            receipt: try row.word("receipt"),
            count: try row.int("count")
        )
    }
}
