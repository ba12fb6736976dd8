package import Fleet
import StoreDriver

extension FleetReader {
    /// All hosts, revoked ones too.
    package func hosts() throws -> [HostRecord] {
        try transaction.rows("SELECT * FROM host WHERE project = ? ORDER BY name", [.text(FleetStore.project)])
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
            [.text(FleetStore.project), .text(name)]
        ).map { try host($0) }
    }

    /// Everything that a host should run; `nil` when nothing was ever assigned.
    package func assignment(of host: String) throws -> Assignment? {
        guard
            let row = try transaction.row(
                "SELECT controller.epoch, generation FROM assignment, controller WHERE host = ?",
                [.text(host)]
            )
        else { return nil }
        let version = AssignmentVersion(epoch: try row.number("epoch"), generation: try row.number("generation"))
        return Assignment(version: version, items: try assignmentItems(of: host).map { try completed($0) })
    }

    /// The items without their revisions' bytes, in the order of the deployments' uids.
    func assignmentItems(of host: String) throws -> [AssignmentItem] {
        try transaction.rows(
            "SELECT item FROM assignment_item WHERE host = ? ORDER BY deployment",
            [.text(host)]
        ).map { try $0.json("item") }
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

    private func completed(_ item: AssignmentItem) throws -> AssignmentItem {
        guard let reference = item.revision?.reference else { return item }
        var item = item
        guard let revision = try revision(reference.number, of: item.deployment) else {
            throw FleetStoreError.notFound(.deployment, "\(item.name), revision \(reference.number)")
        }
        item.revision = revision
        return item
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
