import Fleet
import FleetManifest
import FleetPlanning
import FleetStore

/// `--prune`: what belongs to the set and is not among the documents is deleted.
extension ApplyRun {
    /// Finds what is wrong with applying these documents as the whole of a set.
    mutating func checkSet(_ manifests: [Manifest]) {
        guard let set = options.prune else { return }
        for (index, manifest) in manifests.enumerated() where !set.matches(manifest.labels) {
            note(
                "its labels do not match the set '\(set.text)', whose other objects are to be deleted",
                hint: "add the labels, or leave the document out",
                at: ["metadata", "labels"],
                index
            )
        }
    }

    /// Deletes the rest of the set: deployments first, then what nothing names any more.
    mutating func prune(keeping manifests: [Manifest]) throws -> [PlanChange] {
        guard let set = options.prune else { return [] }
        let kept = Set(manifests.map { "\($0.kind.rawValue)/\($0.name)" })
        func isSurplus(_ manifest: Manifest) -> Bool {
            set.matches(manifest.labels) && !kept.contains("\(manifest.kind.rawValue)/\(manifest.name)")
        }
        let reader = writer.reader
        var changes: [PlanChange] = []
        for record in try reader.deployments()
        where record.state == .active && isSurplus(.deployment(record.deployment)) {
            changes.append(try remove(record))
        }
        // What remains may name a version or a runtime; so does a deployment until its last replica has stopped.
        let users = try reader.deployments().map(\.deployment)
        for version in try reader.modelVersions().map(\.object) where isSurplus(.modelVersion(version)) {
            let own = users.filter { $0.content.model == version.model && $0.content.version == version.version }
            changes.append(
                try drop(.modelVersion(version), usedBy: own) { try writer.deleteModelVersion(version.name) }
            )
        }
        for runtime in try reader.runtimes().map(\.object) where isSurplus(.runtime(runtime)) {
            let own = users.filter { $0.content.runtime == runtime.name }
            changes.append(try drop(.runtime(runtime), usedBy: own) { try writer.deleteRuntime(runtime.name) })
        }
        for model in try reader.models().map(\.object) where isSurplus(.model(model)) {
            let versions = try reader.modelVersions(of: model.name).map(\.object.name)
            let users = versions.map { "ModelVersion \($0)" }
            changes.append(try drop(.model(model), usedBy: users) { try writer.deleteModel(model.name) })
        }
        return changes
    }

    /// Begins a deployment's removal: its replicas are drained and stopped by the planning loop.
    private mutating func remove(_ record: DeploymentRecord) throws -> PlanChange {
        let name = record.deployment.name
        let removing = try writer.removeDeployment(named: name)
        let (shown, planned) = try plan(removing, request: PlanStep.Request(actor: identity.name))
        outcome.merge(planned)
        let stopped = planned.before?.hosts.filter { $0.item != nil } ?? []
        add(
            DeploymentStep(name: name, outcome: shown, stopping: Set(stopped.map(\.id)), isRemoval: true),
            stopping: stopped.map(\.name)
        )
        return PlanChange(
            kind: ManifestKind.deployment.rawValue,
            name: name,
            action: .delete,
            message: stopped.isEmpty ? nil : "stops on \(FleetOperations.names(stopped.map(\.name)))"
        )
    }

    private func drop(
        _ manifest: Manifest,
        usedBy deployments: [Deployment],
        _ delete: () throws -> Void
    ) throws -> PlanChange {
        try drop(manifest, usedBy: deployments.map { "Deployment \($0.name)" }, delete)
    }

    private func drop(_ manifest: Manifest, usedBy users: [String], _ delete: () throws -> Void) throws -> PlanChange {
        var change = PlanChange(kind: manifest.kind.rawValue, name: manifest.name, action: .delete)
        if users.isEmpty {
            try delete()
        } else {
            change.action = .unchanged
            change.message = "kept while \(FleetOperations.names(users)) needs it"
        }
        return change
    }
}
