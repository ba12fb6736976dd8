package import Fleet
import StoreDriver

extension FleetReader {
    /// All hosts, revoked ones too.
    package func hosts() throws -> [HostRecord] {
        try transaction.rows("SELECT * FROM host WHERE project = ? ORDER BY name", [.text(FleetDatabase.project)])
            .map { try host($0) }
    }

    /// A host by id.
    package func host(_ id: String) throws -> HostRecord? {
        try transaction.row("SELECT * FROM host WHERE id = ?", [.text(id)]).map { try host($0) }
    }

    /// A host by name.
    package func host(named name: String) throws -> HostRecord? {
        try transaction.row(
            "SELECT * FROM host WHERE project = ? AND name = ?",
            [.text(FleetDatabase.project), .text(name)]
        ).map { try host($0) }
    }

    /// The hosts' outcomes of one rollback, by the host's id.
    package func receipts(of hold: String) throws -> [String: Receipt] {
        let rows = try transaction.rows("SELECT host, receipt FROM receipt WHERE hold = ?", [.text(hold)])
        return try rows.reduce(into: [:]) { receipts, row in
            receipts[try row.text("host")] = try row.json("receipt", as: Receipt.self)
        }
    }

    /// Which revisions a deployment's hosts served from when to when, oldest first; of one host or of all.
    package func servingHistory(of deployment: String, host: String? = nil) throws -> [ServingSpan] {
        try transaction.rows(
            "SELECT * FROM serving WHERE deployment = ?1 AND (?2 IS NULL OR host = ?2) ORDER BY id",
            [.text(deployment), .text(orNull: host)]
        ).map { row in
            ServingSpan(
                host: try row.text("host"),
                deployment: try row.text("deployment"),
                revision: try row.revisionReference(),
                since: try row.instant("since"),
                until: try row.instantOrNull("until")
            )
        }
    }

    private func host(_ row: StoreRow) throws -> HostRecord {
        HostRecord(
            host: FleetHost(
                id: try row.text("id"),
                name: try row.text("name"),
                labels: try row.json("labels"),
                machine: try row.text("machine"),
                instance: try row.text("instance"),
                enrolledAt: try row.instant("enrolled_at"),
                isRevoked: try row.bool("revoked")
            ),
            lastSeen: try row.instantOrNull("last_seen"),
            report: try row.jsonOrNull("report"),
            resourceVersion: try row.number("resource_version")
        )
    }
}
