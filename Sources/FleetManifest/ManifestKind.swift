/// What a manifest describes.
package enum ManifestKind: String, Hashable, Sendable, CaseIterable {
    case model = "Model"
    case modelVersion = "ModelVersion"
    case runtime = "Runtime"
    case deployment = "Deployment"

    /// Kinds that DESIGN knows and no issue has built.
    package static let notBuiltYet: Set<String> = ["Job", "Guard"]
}
