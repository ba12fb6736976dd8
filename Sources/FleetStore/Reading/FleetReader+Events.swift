package import Fleet
import StoreDriver

extension FleetReader {
    /// The newest audit records, the newest first.
    ///
    /// - Parameters:
    ///   - name: with `kind`: of this object alone.
    ///   - since: only those that were made then or later.
    package func newestAudit(
        of kind: ObjectKind?,
        _ name: String?,
        since: Instant,
        limit: Int
    ) throws -> [AuditRecord] {
        var conditions = ["at >= ?"]
        var arguments: [StoreValue] = [.instant(since)]
        if let kind {
            conditions += ["project = ?", "kind = ?"] + (name == nil ? [] : ["name = ?"])
            arguments += [.text(FleetDatabase.project), .text(kind.rawValue)] + (name.map { [.text($0)] } ?? [])
        }
        return try transaction.rows(
            "SELECT * FROM audit WHERE \(conditions.joined(separator: " AND ")) ORDER BY sequence DESC LIMIT ?",
            arguments + [.int(limit)]
        ).map { try auditRecord($0) }
    }

    /// The facts of hosts that were stored last, the newest first.
    ///
    /// - Parameter since: only those that were stored then or later.
    package func newestOutcomes(since: Instant, limit: Int) throws -> [OutcomeRecord] {
        try transaction.rows(
            """
            SELECT * FROM outcome WHERE received_at >= ?
            ORDER BY received_at DESC, host DESC, instance DESC, sequence DESC LIMIT ?
            """,
            [.instant(since), .int(limit)]
        ).map { row in
            OutcomeRecord(
                host: try row.text("host"),
                instance: try row.text("instance"),
                outcome: try row.json("outcome"),
                receivedAt: try row.instant("received_at")
            )
        }
    }
}
