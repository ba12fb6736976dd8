package import Fleet
package import FleetManifest
import FleetPlanning
import FleetStore

extension FleetOperations {
    /// What applying documents would do. It only shows: the transaction is undone.
    ///
    /// - Parameter all: whether every host of a long plan is listed; else the first few, and all are counted.
    /// - Throws: `forbidden`; `invalid` with every problem of every document; `removalNotAllowed`.
    package func plan(
        _ manifests: [Manifest],
        by identity: OperatorIdentity = OperatorIdentity(name: "plan", role: .admin),
        options: ApplyOptions = ApplyOptions(allowsRemoval: true),
        all: Bool = true
    ) async throws -> PlanView {
        try identity.check(.operator, to: "plan")
        do {
            try await write(by: identity, reason: nil) { writer in
                var run = ApplyRun(
                    operations: self,
                    writer: writer,
                    identity: identity,
                    options: options,
                    isShownOnly: true
                )
                let revision = try writer.reader.revision()
                try run.apply(manifests)
                var view = try run.planView(at: revision)
                if !all { view = view.shortened }
                if try writer.reader.controller().frozen != nil { Self.say(isFrozen: &view) }
                throw Undone(view: view)
            }
        } catch let undone as Undone {
            return undone.view
        }
        throw ControllerError(.internal, "the plan was not undone")
    }

    /// Applies documents: all of them in one transaction, or none.
    ///
    /// - Throws: `invalid` with every problem of every document; `removalNotAllowed`; `conflict`.
    package func apply(
        _ manifests: [Manifest],
        by identity: OperatorIdentity,
        reason: String?,
        options: ApplyOptions = ApplyOptions()
    ) async throws -> ApplyView {
        try identity.check(.operator, to: "apply manifests")
        let (changes, outcome, revision) = try await write(by: identity, reason: reason) { writer in
            var run = ApplyRun(operations: self, writer: writer, identity: identity, options: options)
            try run.apply(manifests)
            if let moved = run.changes.first(where: \.movesDeployment) {
                try Self.refuseWhileFrozen("apply \(moved.kind)/\(moved.name)", in: writer.reader)
            }
            return (run.changes, run.outcome, try writer.reader.revision())
        }
        carryOut(outcome)
        return ApplyView(changes: changes, revision: revision)
    }

    /// Deletes an object. A deployment's replicas are stopped first; its name is free when the last host has said so.
    ///
    /// - Throws: `notFound`, `conflict` (in use), `removalNotAllowed`.
    package func delete(
        _ kind: ManifestKind,
        named name: String,
        by identity: OperatorIdentity,
        reason: String?,
        allowRemoval: Bool
    ) async throws -> ApplyView {
        try identity.check(.operator, to: "delete objects")
        let (outcome, revision, message) = try await write(by: identity, reason: reason) { writer in
            var outcome = PlanStep.Outcome()
            var message: String?
            switch kind {
            case .model: try writer.deleteModel(name)
            case .modelVersion: try writer.deleteModelVersion(name)
            case .runtime: try writer.deleteRuntime(name)
            case .deployment:
                try Self.refuseWhileFrozen("delete deployment/\(name)", in: writer.reader)
                let record = try writer.removeDeployment(named: name)
                outcome = try self.step.run(record, in: writer)
                let stopped = outcome.before?.hosts.filter { $0.item != nil }.map(\.name) ?? []
                try Self.checkRemoval(of: [(name, stopped)], isAllowed: allowRemoval)
                message = stopped.isEmpty ? nil : "stopping on \(Self.names(stopped))"
            }
            return (outcome, try writer.reader.revision(), message)
        }
        carryOut(outcome)
        let change = PlanChange(kind: kind.rawValue, name: name, action: .delete, message: message)
        return ApplyView(changes: [change], revision: revision)
    }

    /// A plan is shown while nothing may move, and says so.
    private static func say(isFrozen view: inout PlanView) {
        for index in view.changes.indices where view.changes[index].movesDeployment {
            let words = "refused while the controller is frozen: see muster-controller thaw"
            view.changes[index].message = view.changes[index].message.map { "\($0); \(words)" } ?? words
        }
    }

    /// The brake of DESIGN §5: replicas stop on more than one host only where that is said.
    static func checkRemoval(of stopping: [(deployment: String, hosts: [String])], isAllowed: Bool) throws {
        guard Set(stopping.flatMap(\.hosts)).count > 1, !isAllowed else { return }
        let each = stopping.filter { !$0.hosts.isEmpty }.map { deployment, hosts in
            "deployment '\(deployment)' on \(hosts.count) \(hosts.count == 1 ? "host" : "hosts"): \(names(hosts))"
        }
        throw ControllerError(
            .removalNotAllowed,
            "this would stop \(each.prefix(10).joined(separator: "; "))"
                + (each.count > 10 ? "; and \(each.count - 10) more deployments" : ""),
            hint: "if that is meant, say --allow-removal"
        )
    }

    /// The first few names.
    static func names(_ hosts: [String]) -> String {
        let shown = hosts.prefix(10).joined(separator: ", ")
        return hosts.count > 10 ? "\(shown) and \(hosts.count - 10) more" : shown
    }

    /// Carries a plan out of a transaction that must not be kept.
    private struct Undone: Error {
        let view: PlanView
    }
}

extension PlanChange {
    /// Whether it changes what hosts are to do.
    fileprivate var movesDeployment: Bool {
        guard kind == ManifestKind.deployment.rawValue else { return false }
        switch action {
        case .create, .update, .delete: return true
        case .unchanged, .held: return false
        }
    }
}
