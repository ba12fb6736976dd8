import Fleet
import FleetClient
import FleetManifest

/// An object that is declared by a manifest, as it was read, with what a conditional write needs.
struct StoredManifest {
    /// What it is.
    var manifest: Manifest
    /// The version that was read.
    var version: UInt64

    /// `Deployment/wine`, as the API names it.
    var key: String { "\(manifest.kind.rawValue)/\(manifest.name)" }

    /// Reads one; `nil` for types that no manifest declares.
    static func read(
        _ type: ObjectType,
        _ name: String,
        in client: OperatorClient
    ) async throws(ClientError) -> StoredManifest? {
        switch type {
        case .model:
            let view = try await client.get(.models, name)
            return StoredManifest(manifest: .model(view.model), version: view.resourceVersion)
        case .modelversion:
            let view = try await client.get(.modelVersions, name)
            return StoredManifest(manifest: .modelVersion(view.modelVersion), version: view.resourceVersion)
        case .runtime:
            let view = try await client.get(.runtimes, name)
            return StoredManifest(manifest: .runtime(view.runtime), version: view.resourceVersion)
        case .deployment:
            let view = try await client.get(.deployments, name)
            return StoredManifest(manifest: .deployment(view.deployment), version: view.resourceVersion)
        case .host, .rollout, .rollback, .hold: return nil
        }
    }
}
