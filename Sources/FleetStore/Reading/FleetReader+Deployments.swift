package import Fleet
import StoreDriver

extension FleetReader {
    /// All deployments but the deleted ones; those being removed are among them.
    package func deployments() throws -> [DeploymentRecord] {
        try transaction.rows(
            "SELECT * FROM deployment WHERE project = ? AND state <> 'deleted' ORDER BY name",
            [.text(FleetDatabase.project)]
        ).map { try deployment($0) }
    }

    /// So many deployments, but the deleted ones, whose names come after one, by name.
    package func deployments(after name: String, limit: Int) throws -> [DeploymentRecord] {
        try transaction.rows(
            "SELECT * FROM deployment WHERE project = ? AND name > ? AND state <> 'deleted' ORDER BY name LIMIT ?",
            [.text(FleetDatabase.project), .text(name), .number(UInt64(limit))]
        ).map { try deployment($0) }
    }

    /// A deployment by name, unless it was deleted.
    package func deployment(named name: String) throws -> DeploymentRecord? {
        try transaction.row(
            "SELECT * FROM deployment WHERE project = ? AND name = ? AND state <> 'deleted'",
            [.text(FleetDatabase.project), .text(name)]
        ).map { try deployment($0) }
    }

    /// The same, its parts as text.
    func storedDeployment(named name: String) throws -> StoredDeployment? {
        try transaction.row(
            "SELECT * FROM deployment WHERE project = ? AND name = ? AND state <> 'deleted'",
            [.text(FleetDatabase.project), .text(name)]
        ).map { try StoredDeployment($0) }
    }

    /// A deployment by uid, also when it was deleted.
    package func deployment(uid: String) throws -> DeploymentRecord? {
        try transaction.row("SELECT * FROM deployment WHERE uid = ?", [.text(uid)]).map { try deployment($0) }
    }

    /// A deployment's revisions, oldest first.
    package func revisions(of deployment: String) throws -> [Revision] {
        try transaction.rows(
            "SELECT revision, digest, written, bytes FROM revision WHERE deployment = ? ORDER BY revision",
            [.text(deployment)]
        ).map { try revision($0) }
    }

    /// One revision of a deployment.
    package func revision(_ number: UInt64, of deployment: String) throws -> Revision? {
        try transaction.row(
            "SELECT revision, digest, written, bytes FROM revision WHERE deployment = ? AND revision = ?",
            [.text(deployment), .number(number)]
        ).map { try revision($0) }
    }

    /// A deployment's revisions without their bytes, oldest first.
    package func revisionSummaries(of deployment: String) throws -> [RevisionSummary] {
        try transaction.rows(
            "SELECT revision, digest, written, version FROM revision WHERE deployment = ? ORDER BY revision",
            [.text(deployment)]
        ).map { RevisionSummary(reference: try $0.revisionReference(), version: try $0.textOrNull("version")) }
    }

    /// The revisions whose rollout succeeded, the one that succeeded last at the end.
    package func succeededRevisions(of deployment: String) throws -> [RevisionReference] {
        try transaction.rows(
            """
            SELECT revision, digest, written FROM revision
            WHERE deployment = ? AND succeeded IS NOT NULL ORDER BY succeeded
            """,
            [.text(deployment)]
        ).map { try $0.revisionReference() }
    }

    /// The holds that condemn now, oldest first; of one deployment or of all.
    package func holds(of deployment: String? = nil) throws -> [Hold] {
        try transaction.rows(
            "SELECT * FROM hold WHERE lifted_at IS NULL AND (?1 IS NULL OR deployment = ?1) ORDER BY since, id",
            [.text(orNull: deployment)]
        ).map { try hold($0).hold }
    }

    /// The holds of a rollback, lifted ones too, oldest first.
    package func holds(ofRollback id: String) throws -> [HoldRecord] {
        try transaction.rows("SELECT * FROM hold WHERE rollback = ? ORDER BY since, id", [.text(id)])
            .map { try hold($0) }
    }

    /// A hold by id, lifted or not.
    package func hold(_ id: String) throws -> HoldRecord? {
        try transaction.row("SELECT * FROM hold WHERE id = ?", [.text(id)]).map { try hold($0) }
    }

    /// All holds of a deployment, lifted ones too, oldest first.
    package func holdHistory(of deployment: String) throws -> [HoldRecord] {
        try transaction.rows("SELECT * FROM hold WHERE deployment = ? ORDER BY since, id", [.text(deployment)])
            .map { try hold($0) }
    }

    private func deployment(_ row: StoreRow) throws -> DeploymentRecord {
        let deployment = Deployment(
            name: try row.text("name"),
            labels: try row.json("labels"),
            content: try row.json("content"),
            scope: try row.json("scope"),
            policy: try row.json("policy")
        )
        return try StoredDeployment(row).record(of: deployment)
    }

    private func revision(_ row: StoreRow) throws -> Revision {
        let reference = try row.revisionReference()
        let revision = Revision(
            number: reference.number,
            digest: reference.digest,
            written: reference.written,
            bytes: try row.blob("bytes")
        )
        guard let revision else {
            throw row.corrupt("bytes", reference.digest.description, "the bytes do not have the revision's digest")
        }
        return revision
    }

    private func hold(_ row: StoreRow) throws -> HoldRecord {
        let hold = Hold(
            id: try row.text("id"),
            deployment: try row.text("deployment"),
            revision: try row.revisionReference(),
            actor: try row.text("actor"),
            reason: try row.text("reason"),
            since: try row.instant("since"),
            rollback: try row.textOrNull("rollback"),
            hosts: try row.jsonOrNull("hosts")
        )
        guard let liftedAt = try row.instantOrNull("lifted_at") else { return HoldRecord(hold: hold, lift: nil) }
        let lift = HoldRecord.Lift(
            actor: try row.text("lifted_by"),
            at: liftedAt,
            reason: try row.textOrNull("lift_reason")
        )
        return HoldRecord(hold: hold, lift: lift)
    }
}
