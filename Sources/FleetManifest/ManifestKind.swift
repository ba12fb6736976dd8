/// What a manifest describes.
package enum ManifestKind: String, Hashable, Sendable, CaseIterable {
    case model = "Model"
    case modelVersion = "ModelVersion"
    case runtime = "Runtime"
    case deployment = "Deployment"

    /// Kinds that DESIGN knows and no issue has built.
    package static let notBuiltYet: Set<String> = ["Job", "Guard"]

    /// For people: what it is.
    package var purpose: String {
        switch self {
        case .model: "A catalogue entry: what a model is for and who answers for it."
        case .modelVersion: "One immutable version of a model: its files by digest, its format, its golden probe."
        case .runtime: "How a model is served."
        case .deployment: "Desired state: which model version, by which runtime, on which hosts, under which policy."
        }
    }

    /// What its documents hold.
    package var keys: ObjectKeys {
        let spec: KeyShape =
            switch self {
            case .model: .optional("spec", "who answers for the model and what it is for", .object(ModelManifest.keys))
            case .modelVersion:
                .required(
                    "spec",
                    "what the version is",
                    .object(ModelVersionManifest.keys),
                    like: "spec: {model: …, version: …, format: …}"
                )
            case .runtime:
                .required(
                    "spec",
                    "how a model is served",
                    .object(RuntimeManifest.keys),
                    like: "spec: {driver: process, command: …, ports: …, update: …, health: …}"
                )
            case .deployment:
                .required(
                    "spec",
                    "what should run, where, and how it changes",
                    .object(DeploymentManifest.keys),
                    like: "spec: {content: …, scope: …}"
                )
            }
        return ObjectKeys(keys: Self.head(kind: [rawValue]) + [spec], habits: ["status": Self.statusHabit])
    }

    /// What every document holds, before its kind is known.
    static let anyKeys = ObjectKeys(
        keys: head(kind: allCases.map(\.rawValue)) + [.optional("spec", "what it is", .anything)],
        habits: ["status": statusHabit]
    )

    /// What is said to somebody who writes a kind of another program.
    static func habit(of word: String) -> String? {
        switch word {
        case "List": "write the documents one after the other, with '---' on a line between them"
        case "Service", "Ingress": "a stable port is part of the Deployment: 'spec.scope.endpoint'"
        case "Pod", "StatefulSet", "DaemonSet", "ReplicaSet":
            "write a Deployment: one replica runs on each host it selects"
        case "ConfigMap", "Secret": "variables are part of the Runtime and of the Deployment: 'environment'"
        case "Namespace": "there are no namespaces here"
        case "InferenceService", "SeldonDeployment": "write a Runtime, a Model, a ModelVersion and a Deployment"
        default: nil
        }
    }

    private static let statusHabit = "remove it: a file says what should be; `muster get` shows what is"

    private static func head(kind words: [String]) -> [KeyShape] {
        [
            .required(
                "apiVersion",
                "which grammar the document is in",
                .words([Manifest.apiVersion]),
                like: "apiVersion: \(Manifest.apiVersion)"
            ),
            .required("kind", "what the document describes", .words(words), like: "kind: \(words.last ?? "")"),
            .required(
                "metadata",
                "what the object is called, and its labels",
                .object(MetadataManifest.keys),
                like: "metadata: {name: NAME}"
            ),
        ]
    }

    /// Where in its documents each key belongs.
    var outline: KeyOutline { Self.outlines[self] ?? KeyOutline(of: keys) }

    private static let outlines = Dictionary(uniqueKeysWithValues: allCases.map { ($0, KeyOutline(of: $0.keys)) })
}
