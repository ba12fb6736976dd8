import ArgumentParser
import Fleet
import FleetManifest

/// A kind of object as people name it on the command line.
enum ObjectType: String, CaseIterable, Sendable {
    case model, modelversion, runtime, deployment, host, rollout, rollback, hold

    /// All names that it goes by: singular, plural, short.
    var names: [String] {
        switch self {
        case .model: ["model", "models"]
        case .modelversion: ["modelversion", "modelversions", "mv"]
        case .runtime: ["runtime", "runtimes", "rt"]
        case .deployment: ["deployment", "deployments", "deploy"]
        case .host: ["host", "hosts"]
        case .rollout: ["rollout", "rollouts", "ro"]
        case .rollback: ["rollback", "rollbacks", "rb"]
        case .hold: ["hold", "holds"]
        }
    }

    /// What a manifest declares.
    init(_ kind: ManifestKind) {
        self =
            switch kind {
            case .model: .model
            case .modelVersion: .modelversion
            case .runtime: .runtime
            case .deployment: .deployment
            }
    }

    /// What the audit calls it.
    var kind: String {
        switch self {
        case .modelversion: "ModelVersion"
        case .model, .runtime, .deployment, .host, .rollout, .rollback, .hold:
            rawValue.prefix(1).uppercased() + rawValue.dropFirst()
        }
    }

    /// The part of the API's path.
    var collection: String { names[1] }

    /// Reads one of the names; throws with the nearest.
    static func named(_ text: String) throws -> ObjectType {
        let word = text.lowercased()
        if let type = allCases.first(where: { $0.names.contains(word) }) { return type }
        let nearest = NearestName.of(word, among: allCases.flatMap(\.names)).map { "did you mean '\($0)'? " } ?? ""
        let known = allCases.map { type in
            type.names.count > 2 ? "\(type.rawValue) (\(type.names[2]))" : type.rawValue
        }
        throw ValidationError("there is no type '\(text)'; \(nearest)The types are \(known.joined(separator: ", ")).")
    }
}
