package import Fleet

/// One object as a person declares it.
package enum Manifest: Hashable, Sendable {
    case model(Model)
    case modelVersion(ModelVersion)
    case runtime(RuntimeProfile)
    case deployment(Deployment)

    /// The only `apiVersion` there is.
    package static let apiVersion = "muster/v1"

    /// What it describes.
    package var kind: ManifestKind {
        switch self {
        case .model: .model
        case .modelVersion: .modelVersion
        case .runtime: .runtime
        case .deployment: .deployment
        }
    }

    /// The object's name.
    package var name: String {
        switch self {
        case .model(let model): model.name
        case .modelVersion(let version): version.name
        case .runtime(let runtime): runtime.name
        case .deployment(let deployment): deployment.name
        }
    }

    /// The object's labels.
    package var labels: [String: String] {
        switch self {
        case .model(let model): model.labels
        case .modelVersion(let version): version.labels
        case .runtime(let runtime): runtime.labels
        case .deployment(let deployment): deployment.labels
        }
    }

    /// The document that says the same: what `get -o yaml` prints, and what reads back as an equal value.
    package var document: ManifestNode {
        let spec =
            switch self {
            case .model(let model): ModelManifest.spec(of: model)
            case .modelVersion(let version): ModelVersionManifest.spec(of: version)
            case .runtime(let runtime): RuntimeManifest.spec(of: runtime)
            case .deployment(let deployment): DeploymentManifest.spec(of: deployment)
            }
        return .object([
            "apiVersion": .string(Self.apiVersion),
            "kind": .string(kind.rawValue),
            "metadata": .object([
                "name": .string(name),
                "labels": labels.isEmpty ? nil : .object(texts: labels),
            ]),
            "spec": spec,
        ])
    }
}
