package import Fleet
import StoreDriver

extension FleetReader {
    /// All models.
    package func models() throws -> [Stored<Model>] {
        try named("model")
    }

    /// A model by name.
    package func model(_ name: String) throws -> Stored<Model>? {
        try named("model", name)
    }

    /// All model versions.
    package func modelVersions() throws -> [Stored<ModelVersion>] {
        try named("model_version")
    }

    /// A model version by its own name, `model-version` by custom.
    package func modelVersion(named name: String) throws -> Stored<ModelVersion>? {
        try named("model_version", name)
    }

    /// A model version by its model's name and its version's text.
    package func modelVersion(of model: String, version: String) throws -> Stored<ModelVersion>? {
        try transaction.row(
            """
            SELECT spec, resource_version, created_at FROM model_version
            WHERE project = ? AND model = ? AND version = ?
            """,
            [.text(FleetDatabase.project), .text(model), .text(version)]
        ).map { try stored($0) }
    }

    /// All versions of a model, oldest first.
    package func modelVersions(of model: String) throws -> [Stored<ModelVersion>] {
        try transaction.rows(
            """
            SELECT spec, resource_version, created_at FROM model_version
            WHERE project = ? AND model = ? ORDER BY created_at, name
            """,
            [.text(FleetDatabase.project), .text(model)]
        ).map { try stored($0) }
    }

    /// All runtimes.
    package func runtimes() throws -> [Stored<RuntimeProfile>] {
        try named("runtime")
    }

    /// A runtime by name.
    package func runtime(_ name: String) throws -> Stored<RuntimeProfile>? {
        try named("runtime", name)
    }

    /// A blob by digest.
    package func blob(_ digest: Digest) throws -> BlobRecord? {
        try transaction.row(
            "SELECT digest, size, state, created_at FROM blob WHERE digest = ?",
            [.digest(digest)]
        ).map { row in
            BlobRecord(
                digest: try row.digest("digest"),
                size: try row.integer("size"),
                state: try row.word("state"),
                createdAt: try row.instant("created_at")
            )
        }
    }

    /// A bundle by the digest of its list.
    package func bundle(_ digest: Digest) throws -> BundleRecord? {
        try transaction.row(
            "SELECT digest, files, bytes, created_at FROM bundle WHERE digest = ?",
            [.digest(digest)]
        ).map { row in
            BundleRecord(
                digest: try row.digest("digest"),
                files: Int(try row.integer("files")),
                bytes: try row.integer("bytes"),
                createdAt: try row.instant("created_at")
            )
        }
    }

    /// The table is one of this file's own words, never input.
    private func named<Object: Decodable & Sendable>(_ table: String) throws -> [Stored<Object>] {
        try transaction.rows(
            "SELECT spec, resource_version, created_at FROM \(table) WHERE project = ? ORDER BY name",
            [.text(FleetDatabase.project)]
        ).map { try stored($0) }
    }

    private func named<Object: Decodable & Sendable>(_ table: String, _ name: String) throws -> Stored<Object>? {
        try transaction.row(
            "SELECT spec, resource_version, created_at FROM \(table) WHERE project = ? AND name = ?",
            [.text(FleetDatabase.project), .text(name)]
        ).map { try stored($0) }
    }

    private func stored<Object: Decodable & Sendable>(_ row: StoreRow) throws -> Stored<Object> {
        Stored(
            object: try row.json("spec"),
            resourceVersion: try row.number("resource_version"),
            createdAt: try row.instant("created_at")
        )
    }
}
