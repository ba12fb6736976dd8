package import Fleet
import FleetManifest
import FleetStore

extension FleetOperations {
    /// Sets and takes away labels of models, model versions, runtimes and deployments, all or none. Nothing else of them
    /// changes: no revision is made and nothing moves.
    ///
    /// - Parameters:
    ///   - set: labels to put in the place of what is there.
    ///   - removed: keys to take away; one that is not there is no error.
    /// - Throws: `forbidden`; `notFound`; `invalid`; `conflict` for a deployment that is being deleted.
    package func label(
        _ objects: [NamedObject],
        set: [String: String],
        removing removed: Set<String>,
        by identity: OperatorIdentity,
        reason: String?
    ) async throws -> ApplyView {
        try identity.check(.operator, to: "label objects")
        return try await write(by: identity, reason: reason) { writer in
            let changes = try objects.map { object in
                let before = try Self.labels(of: object, in: writer.reader)
                let labels = before.filter { !removed.contains($0.key) }.merging(set) { $1 }
                guard labels.count <= FleetLimits.labels else {
                    throw ControllerError(
                        .invalid,
                        "\(object.kind.rawValue) '\(object.name)' would have \(labels.count) labels",
                        hint: "an object has at most \(FleetLimits.labels): take some away with KEY-"
                    )
                }
                let written = try Self.put(labels, on: object, in: writer)
                return PlanChange(
                    kind: object.kind.rawValue,
                    name: object.name,
                    action: written.action == .unchanged ? .unchanged : .update,
                    message: labels.isEmpty
                        ? "no labels"
                        : labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
                )
            }
            return ApplyView(changes: changes, revision: try writer.reader.revision())
        }
    }

    private static func labels(of object: NamedObject, in reader: FleetReader) throws -> [String: String] {
        let found: [String: String]? =
            switch object.kind {
            case .model: try reader.model(object.name)?.object.labels
            case .modelVersion: try reader.modelVersion(named: object.name)?.object.labels
            case .runtime: try reader.runtime(object.name)?.object.labels
            case .deployment: try reader.deployment(named: object.name)?.deployment.labels
            }
        if let found { return found }
        let names: [String] =
            switch object.kind {
            case .model: try reader.models().map(\.object.name)
            case .modelVersion: try reader.modelVersions().map(\.object.name)
            case .runtime: try reader.runtimes().map(\.object.name)
            case .deployment: try reader.deployments().map(\.deployment.name)
            }
        let nearest = NearestName.of(object.name, among: names).map { "did you mean '\($0)'?" }
        throw ControllerError(
            .notFound,
            "there is no \(object.kind.rawValue) '\(object.name)'",
            hint: nearest ?? "see 'muster get \(object.kind.rawValue.lowercased())s'"
        )
    }

    private static func put(
        _ labels: [String: String],
        on object: NamedObject,
        in writer: FleetWriter
    ) throws -> Written {
        let missing = ControllerError(.internal, "\(object.name) went away inside a transaction")
        switch object.kind {
        case .model:
            guard var model = try writer.reader.model(object.name)?.object else { throw missing }
            model.labels = labels
            return try writer.putModel(model)
        case .modelVersion:
            guard var version = try writer.reader.modelVersion(named: object.name)?.object else { throw missing }
            version.labels = labels
            return try writer.putModelVersion(version)
        case .runtime:
            guard var runtime = try writer.reader.runtime(object.name)?.object else { throw missing }
            runtime.labels = labels
            return try writer.putRuntime(runtime)
        case .deployment: return try writer.setLabels(labels, ofDeployment: object.name)
        }
    }
}
