package import Fleet
import StoreDriver

extension FleetWriter {
    /// Creates or updates a model.
    ///
    /// - Throws: ``FleetStoreError`` `conflict`.
    package func putModel(_ model: Model, expected: UInt64? = nil) throws -> Written {
        try put(model, named: model.name, .model, stored: try reader.model(model.name), expected: expected) {
            spec,
            version in
            try transaction.execute(
                """
                INSERT INTO model (project, name, spec, resource_version, created_at) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (project, name) DO UPDATE
                SET spec = excluded.spec, resource_version = excluded.resource_version
                """,
                [.text(FleetDatabase.project), .text(model.name), .text(spec), .number(version), .instant(change.now)]
            )
        }
    }

    /// Creates a model version, or changes the labels of one: everything else in it is immutable.
    ///
    /// - Throws: ``FleetStoreError`` `conflict`, `immutable`, `notFound` (its model).
    package func putModelVersion(_ version: ModelVersion, expected: UInt64? = nil) throws -> Written {
        guard try reader.model(version.model) != nil else { throw FleetStoreError.notFound(.model, version.model) }
        let stored = try reader.modelVersion(named: version.name)
        let sibling = try reader.modelVersion(of: version.model, version: version.version)
        var relabelled = stored?.object ?? version
        relabelled.labels = version.labels
        guard relabelled == version, sibling.map({ $0.object.name == version.name }) ?? true else {
            throw FleetStoreError(
                .immutable,
                what: "cannot change ModelVersion \(version.name)",
                where: "model \(version.model), version \(version.version)",
                why: "it exists with other content, and a version never changes",
                next: "push the files under a new version"
            )
        }
        return try put(version, named: version.name, .modelVersion, stored: stored, expected: expected) {
            spec,
            revision in
            try transaction.execute(
                """
                INSERT INTO model_version (project, name, model, version, bundle, spec, resource_version, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (project, name) DO UPDATE
                SET spec = excluded.spec, resource_version = excluded.resource_version
                """,
                [
                    .text(FleetDatabase.project), .text(version.name), .text(version.model), .text(version.version),
                    .digest(orNull: version.bundle), .text(spec), .number(revision), .instant(change.now),
                ]
            )
        }
    }

    /// Creates or updates a runtime. Revisions made before keep the runtime as it was.
    ///
    /// - Throws: ``FleetStoreError`` `conflict`.
    package func putRuntime(_ runtime: RuntimeProfile, expected: UInt64? = nil) throws -> Written {
        let stored = try reader.runtime(runtime.name)
        return try put(runtime, named: runtime.name, .runtime, stored: stored, expected: expected) { spec, version in
            try transaction.execute(
                """
                INSERT INTO runtime (project, name, spec, resource_version, created_at) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (project, name) DO UPDATE
                SET spec = excluded.spec, resource_version = excluded.resource_version
                """,
                [
                    .text(FleetDatabase.project), .text(runtime.name), .text(spec), .number(version),
                    .instant(change.now),
                ]
            )
        }
    }

    /// Deletes a model that has no versions.
    ///
    /// - Throws: ``FleetStoreError`` `notFound`, `conflict`, `inUse`.
    package func deleteModel(_ name: String, expected: UInt64? = nil) throws {
        guard let stored = try reader.model(name) else { throw FleetStoreError.notFound(.model, name) }
        try check(expected, stored: stored.resourceVersion, .model, name)
        let versions = try reader.modelVersions(of: name).map(\.object.name)
        try refuseUse(of: .model, name, by: versions, "ModelVersion")
        try delete(stored.object, named: name, .model, from: "model")
    }

    /// Deletes a model version that no deployment names.
    ///
    /// - Throws: ``FleetStoreError`` `notFound`, `conflict`, `inUse`.
    package func deleteModelVersion(_ name: String, expected: UInt64? = nil) throws {
        guard let stored = try reader.modelVersion(named: name) else {
            throw FleetStoreError.notFound(.modelVersion, name)
        }
        try check(expected, stored: stored.resourceVersion, .modelVersion, name)
        let users = try reader.deployments().map(\.deployment).filter {
            $0.content.model == stored.object.model && $0.content.version == stored.object.version
        }
        try refuseUse(of: .modelVersion, name, by: users.map(\.name), "Deployment")
        try delete(stored.object, named: name, .modelVersion, from: "model_version")
    }

    /// Deletes a runtime that no deployment names.
    ///
    /// - Throws: ``FleetStoreError`` `notFound`, `conflict`, `inUse`.
    package func deleteRuntime(_ name: String, expected: UInt64? = nil) throws {
        guard let stored = try reader.runtime(name) else { throw FleetStoreError.notFound(.runtime, name) }
        try check(expected, stored: stored.resourceVersion, .runtime, name)
        let users = try reader.deployments().map(\.deployment).filter { $0.content.runtime == name }
        try refuseUse(of: .runtime, name, by: users.map(\.name), "Deployment")
        try delete(stored.object, named: name, .runtime, from: "runtime")
    }

    /// Notes a blob, or that it is now complete. Not a change of desired state: no revision, no audit.
    package func putBlob(_ blob: BlobRecord) throws {
        try transaction.execute(
            """
            INSERT INTO blob (digest, size, state, created_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (digest) DO UPDATE SET size = excluded.size, state = excluded.state
            """,
            [.digest(blob.digest), .integer(blob.size), .text(blob.state.rawValue), .instant(blob.createdAt)]
        )
    }

    /// Forgets a blob, before or after its file is deleted.
    package func deleteBlob(_ digest: Digest) throws {
        try transaction.execute("DELETE FROM blob WHERE digest = ?", [.digest(digest)])
    }

    /// Notes a bundle whose list and files are all present. No revision, no audit: the model version has both.
    package func putBundle(_ bundle: BundleRecord) throws {
        try transaction.execute(
            """
            INSERT INTO bundle (digest, files, bytes, created_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (digest) DO NOTHING
            """,
            [.digest(bundle.digest), .int(bundle.files), .integer(bundle.bytes), .instant(bundle.createdAt)]
        )
    }

    private func put<Object: Codable & Equatable & Sendable>(
        _ object: Object,
        named name: String,
        _ kind: ObjectKind,
        stored: Stored<Object>?,
        expected: UInt64?,
        _ write: (_ spec: String, _ version: UInt64) throws -> Void
    ) throws -> Written {
        try check(expected, stored: stored?.resourceVersion ?? 0, kind, name)
        if let stored, stored.object == object {
            return Written(action: .unchanged, resourceVersion: stored.resourceVersion)
        }
        let spec = try StoredJSON.text(object)
        let before = try stored.map { try StoredJSON.text($0.object) }
        let version = try record(before == nil ? "create" : "update", kind, name: name, before: before, after: spec)
        try write(spec, version)
        return Written(action: before == nil ? .created : .updated, resourceVersion: version)
    }

    private func delete(_ object: some Encodable, named name: String, _ kind: ObjectKind, from table: String) throws {
        try transaction.execute(
            "DELETE FROM \(table) WHERE project = ? AND name = ?",
            [.text(FleetDatabase.project), .text(name)]
        )
        try record("delete", kind, name: name, before: try StoredJSON.text(object))
    }

    private func refuseUse(of kind: ObjectKind, _ name: String, by users: [String], _ word: String) throws {
        guard !users.isEmpty else { return }
        let shown = users.prefix(5).joined(separator: ", ") + (users.count > 5 ? " and \(users.count - 5) more" : "")
        throw FleetStoreError(
            .inUse,
            what: "cannot delete \(kind.rawValue) \(name)",
            where: "project \(FleetDatabase.project)",
            why: "\(word) \(shown) needs it",
            next: "delete or change that first"
        )
    }
}
