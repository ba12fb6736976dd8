package import Fleet
import StoreDriver

extension FleetWriter {
    /// Creates or updates a deployment. A changed content makes the next revision; scope and policy do not.
    ///
    /// Content is equal when its written form is; then `content` is not looked at and no revision is made, unless
    /// `resolvesAgain` is set and the closed content differs from the last one.
    ///
    /// - Parameters:
    ///   - uid: for a deployment that is not there yet.
    ///   - content: the written content with every name resolved.
    /// - Throws: ``FleetStoreError`` `conflict`, `removing`.
    package func applyDeployment(
        _ deployment: Deployment,
        uid: String,
        content: RevisionContent,
        resolvesAgain: Bool = false,
        expected: UInt64? = nil
    ) throws -> AppliedDeployment {
        let stored = try reader.storedDeployment(named: deployment.name)
        try check(expected, stored: stored?.resourceVersion ?? 0, .deployment, deployment.name)
        let parts = try StoredDeployment.Parts(deployment)
        guard let stored else { return try create(deployment, parts, uid: uid, content: content) }
        guard stored.state == .active else { throw removing(deployment.name) }
        let changed = try stored.changes(to: deployment, parts)
        var revision: Revision?
        if changed.content || resolvesAgain {
            let next = Revision(
                number: stored.revision + 1,
                content: content,
                written: deployment.content.writtenDigest(bringing: content.runtime.bundle?.digest)
            )
            let isNew = try changed.content || reader.revision(stored.revision, of: stored.uid)?.digest != next.digest
            revision = isNew ? next : nil
        }
        guard revision != nil || changed.any else {
            return AppliedDeployment(action: .unchanged, madeRevision: false, record: stored.record(of: deployment))
        }
        return try update(stored, to: deployment, parts, changed, next: revision.map { ($0, content.model) })
    }

    /// Changes the labels of a deployment and nothing else of it: no revision is made.
    ///
    /// - Throws: ``FleetStoreError`` `notFound`, `removing`.
    package func setLabels(_ labels: [String: String], ofDeployment name: String) throws -> Written {
        guard let stored = try reader.storedDeployment(named: name),
            var deployment = try reader.deployment(named: name)?.deployment
        else { throw FleetStoreError.notFound(.deployment, name) }
        guard stored.state == .active else { throw removing(name) }
        deployment.labels = labels
        let parts = try StoredDeployment.Parts(deployment)
        let changed = try stored.changes(to: deployment, parts)
        guard changed.any else { return Written(action: .unchanged, resourceVersion: stored.resourceVersion) }
        let applied = try update(stored, to: deployment, parts, changed, next: nil)
        return Written(action: .updated, resourceVersion: applied.record.resourceVersion)
    }

    /// Marks a deployment for removal: its name stays taken until ``forgetDeployment(_:)``.
    ///
    /// - Throws: ``FleetStoreError`` `notFound`, `conflict`.
    package func removeDeployment(named name: String, expected: UInt64? = nil) throws -> DeploymentRecord {
        guard var stored = try reader.deployment(named: name) else { throw FleetStoreError.notFound(.deployment, name) }
        try check(expected, stored: stored.resourceVersion, .deployment, name)
        guard stored.state == .active else { return stored }
        let text = try StoredJSON.text(stored.deployment)
        stored.resourceVersion = try record(
            "remove",
            .deployment,
            name: name,
            uid: stored.uid,
            before: text,
            after: text
        )
        stored.state = .removing
        try set(stored.state, stored.resourceVersion, of: stored.uid)
        return stored
    }

    /// Ends a removal: the name is free, the history stays.
    ///
    /// - Parameter uid: of a deployment that is being removed.
    /// - Throws: ``FleetStoreError`` `notFound`.
    package func forgetDeployment(_ uid: String) throws {
        guard let stored = try reader.deployment(uid: uid), stored.state == .removing else {
            throw FleetStoreError.notFound(.deployment, uid)
        }
        let text = try StoredJSON.text(stored.deployment)
        let version = try record("delete", .deployment, name: stored.deployment.name, uid: uid, before: text)
        try set(.deleted, version, of: uid)
    }

    /// Puts a revision at the newest end of the deployment's succeeded ones.
    ///
    /// - Throws: ``FleetStoreError`` `notFound`.
    package func succeedRevision(_ number: UInt64, of uid: String) throws {
        guard let deployment = try reader.deployment(uid: uid) else { throw FleetStoreError.notFound(.deployment, uid) }
        let name = deployment.deployment.name
        let order = try record("succeed", .deployment, name: name, uid: uid, after: "{\"revision\":\(number)}")
        let changed = try transaction.execute(
            "UPDATE revision SET succeeded = ? WHERE deployment = ? AND revision = ?",
            [.number(order), .text(uid), .number(number)]
        )
        guard changed == 1 else { throw FleetStoreError.notFound(.deployment, "\(name), revision \(number)") }
    }

    private func create(
        _ deployment: Deployment,
        _ parts: StoredDeployment.Parts,
        uid: String,
        content: RevisionContent
    ) throws -> AppliedDeployment {
        let after = parts.json(named: deployment.name)
        let version = try record("create", .deployment, name: deployment.name, uid: uid, after: after)
        let record = DeploymentRecord(
            uid: uid,
            deployment: deployment,
            contentVersion: version,
            scopeVersion: version,
            policyVersion: version,
            revision: 1,
            plan: 0,
            state: .active,
            resourceVersion: version,
            createdAt: change.now
        )
        try transaction.execute(
            """
            INSERT INTO deployment (labels, content, content_version, scope, scope_version, policy, policy_version,
                revision, state, resource_version, uid, project, name, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            columns(of: record, parts) + [
                .text(uid), .text(FleetDatabase.project), .text(deployment.name), .instant(change.now),
            ]
        )
        let written = deployment.content.writtenDigest(bringing: content.runtime.bundle?.digest)
        let first = Revision(number: 1, content: content, written: written)
        try insert(first, of: uid, content.model)
        return AppliedDeployment(action: .created, madeRevision: true, record: record)
    }

    private func update(
        _ stored: StoredDeployment,
        to deployment: Deployment,
        _ parts: StoredDeployment.Parts,
        _ changed: StoredDeployment.Changes,
        next: (revision: Revision, model: RevisionContent.ResolvedModel)?
    ) throws -> AppliedDeployment {
        let version = try record(
            "update",
            .deployment,
            name: deployment.name,
            uid: stored.uid,
            before: stored.parts.json(named: deployment.name),
            after: parts.json(named: deployment.name)
        )
        var record = stored.record(of: deployment)
        record.resourceVersion = version
        if let next {
            record.contentVersion = version
            record.revision = next.revision.number
            try insert(next.revision, of: stored.uid, next.model)
        }
        if changed.scope { record.scopeVersion = version }
        if changed.policy { record.policyVersion = version }
        try transaction.execute(
            """
            UPDATE deployment SET labels = ?, content = ?, content_version = ?, scope = ?, scope_version = ?, policy = ?,
                policy_version = ?, revision = ?, state = ?, resource_version = ? WHERE uid = ?
            """,
            columns(of: record, parts) + [.text(stored.uid)]
        )
        return AppliedDeployment(action: .updated, madeRevision: next != nil, record: record)
    }

    private func columns(of record: DeploymentRecord, _ parts: StoredDeployment.Parts) -> [StoreValue] {
        [
            .text(parts.labels), .text(parts.content), .number(record.contentVersion), .text(parts.scope),
            .number(record.scopeVersion), .text(parts.policy), .number(record.policyVersion), .number(record.revision),
            .text(record.state.rawValue), .number(record.resourceVersion),
        ]
    }

    private func insert(
        _ revision: Revision,
        of uid: String,
        _ model: RevisionContent.ResolvedModel
    ) throws {
        try transaction.execute(
            """
            INSERT INTO revision (deployment, revision, digest, written, bytes, created_at, model, version)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(uid), .number(revision.number), .digest(revision.digest), .digest(revision.written),
                .blob(revision.bytes), .instant(change.now), .text(model.name), .text(model.version),
            ]
        )
    }

    private func set(_ state: DeploymentRecord.State, _ version: UInt64, of uid: String) throws {
        try transaction.execute(
            "UPDATE deployment SET state = ?, resource_version = ? WHERE uid = ?",
            [.text(state.rawValue), .number(version), .text(uid)]
        )
    }

    private func removing(_ name: String) -> FleetStoreError {
        FleetStoreError(
            .removing,
            what: "cannot apply Deployment \(name)",
            where: "project \(FleetDatabase.project)",
            why: "a deployment of that name is being removed",
            next: "wait until `muster get deployments` no longer lists it, then apply again"
        )
    }
}
