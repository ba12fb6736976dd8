package import Fleet
import StoreDriver

extension FleetReader {
    /// The newest audit records, the newest first.
    ///
    /// - Parameters:
    ///   - name: with `kind`: of this object alone.
    ///   - since: only those that were made then or later.
    ///   - place: only those before it.
    package func newestAudit(
        of kind: ObjectKind?,
        _ name: String?,
        since: Instant,
        before place: EventPlace? = nil,
        limit: Int
    ) throws -> [AuditRecord] {
        var selection = Selection(time: "at", id: "'audit/' || sequence", since: since, before: place)
        if let kind {
            selection.add("project = ?", .text(FleetDatabase.project))
            selection.add("kind = ?", .text(kind.rawValue))
            if let name { selection.add("name = ?", .text(name)) }
        }
        return try selection.rows(of: "audit", limit: limit, in: transaction).map { try auditRecord($0) }
    }

    /// The facts of hosts that are events (``Fleet/HostOutcome/isEvent``) and were stored last, the newest first.
    ///
    /// - Parameters:
    ///   - host: of this host alone, by its id.
    ///   - deployment: of this deployment alone, by its uid.
    ///   - since: only those that were stored then or later.
    ///   - place: only those before it.
    package func newestOutcomes(
        ofHost host: String? = nil,
        deployment: String? = nil,
        since: Instant,
        before place: EventPlace? = nil,
        limit: Int
    ) throws -> [OutcomeRecord] {
        let id = "'host/' || host || '/' || instance || '/' || sequence"
        var selection = Selection(time: "received_at", id: id, since: since, before: place)
        // Word for word as in the indexes.
        selection.conditions.append("event = 1")
        if let host { selection.add("host = ?", .text(host)) }
        if let deployment { selection.add("deployment = ?", .text(deployment)) }
        return try selection.rows(of: "outcome", limit: limit, in: transaction).map { row in
            OutcomeRecord(
                host: try row.text("host"),
                instance: try row.text("instance"),
                outcome: try row.json("outcome"),
                receivedAt: try row.instant("received_at")
            )
        }
    }

    /// The uids of every deployment that bears this name or bore it, oldest first.
    package func deploymentUIDs(named name: String) throws -> [String] {
        try transaction.rows(
            "SELECT uid FROM deployment WHERE project = ? AND name = ? ORDER BY created_at, uid",
            [.text(FleetDatabase.project), .text(name)]
        ).map { try $0.text("uid") }
    }

    /// Rows of a span of time, the newest first: those of one time in the order of events' ids.
    private struct Selection {
        private let time: String
        private let id: String
        var conditions: [String]
        private var arguments: [StoreValue]

        init(time: String, id: String, since: Instant, before place: EventPlace?) {
            self.time = time
            self.id = id
            conditions = ["\(time) >= ?"]
            arguments = [.instant(since)]
            guard let place else { return }
            // The first of them is what an index answers.
            add("\(time) <= ?", .instant(place.at))
            conditions.append("(\(time) < ? OR \(id) < ?)")
            arguments += [.instant(place.at), .text(place.id)]
        }

        mutating func add(_ condition: String, _ argument: StoreValue) {
            conditions.append(condition)
            arguments.append(argument)
        }

        func rows(of table: String, limit: Int, in transaction: StoreTransaction) throws -> [StoreRow] {
            try transaction.rows(
                """
                SELECT * FROM \(table) WHERE \(conditions.joined(separator: " AND "))
                ORDER BY \(time) DESC, \(id) DESC LIMIT ?
                """,
                arguments + [.int(limit)]
            )
        }
    }
}
