import Fleet
import StoreDriver

extension FleetReader {
    /// All hosts, revoked ones too.
    package func hosts() throws -> [HostRecord] {
        try transaction.rows("SELECT * FROM host WHERE project = ? ORDER BY name", [.text(FleetDatabase.project)])
            .map { try host($0) }
    }

    /// So many hosts whose names come after one, by name.
    package func hosts(after name: String, limit: Int) throws -> [HostRecord] {
        try transaction.rows(
            "SELECT * FROM host WHERE project = ? AND name > ? ORDER BY name LIMIT ?",
            [.text(FleetDatabase.project), .text(name), .number(UInt64(limit))]
        ).map { try host($0) }
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

    /// The number of the newest fact of a host that is stored; 0 when none is.
    ///
    /// - Parameter instance: the host's instance id: numbers count within it.
    package func newestOutcome(of host: String, instance: String) throws -> UInt64 {
        try transaction.row(
            "SELECT sequence FROM outcome WHERE host = ? AND instance = ? ORDER BY sequence DESC LIMIT 1",
            [.text(host), .text(instance)]
        )?.number("sequence") ?? 0
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
                isRevoked: try row.bool("revoked"),
                cordon: try row.jsonOrNull("cordon"),
                adoptedPorts: try row.jsonOrNull("adopted_ports")
            ),
            lastSeen: try row.instantOrNull("last_seen"),
            report: try row.jsonOrNull("report"),
            resourceVersion: try row.number("resource_version")
        )
    }
}
