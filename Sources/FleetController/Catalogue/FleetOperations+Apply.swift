package import Fleet
package import FleetManifest
import FleetPlanning
import FleetStore

extension FleetOperations {
    /// What applying documents would do. It only shows: the transaction is undone.
    ///
    /// - Throws: `forbidden`; `invalid` with every problem of every document; `removalNotAllowed`.
    package func plan(
        _ manifests: [Manifest],
        by identity: OperatorIdentity = OperatorIdentity(name: "plan", role: "admin"),
        allowRemoval: Bool = true
    ) async throws -> PlanView {
        try identity.check(.operator, to: "plan")
        do {
            try await write(by: identity, reason: nil) { writer in
                var run = ApplyRun(
                    operations: self,
                    writer: writer,
                    identity: identity,
                    allowRemoval: allowRemoval,
                    isShownOnly: true
                )
                try run.apply(manifests)
                throw Undone(view: try run.planView())
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
        allowRemoval: Bool
    ) async throws -> ApplyView {
        try identity.check(.operator, to: "apply manifests")
        let (changes, outcome, revision) = try await write(by: identity, reason: reason) { writer in
            var run = ApplyRun(operations: self, writer: writer, identity: identity, allowRemoval: allowRemoval)
            try run.apply(manifests)
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
                let record = try writer.removeDeployment(named: name)
                outcome = try self.step.run(record, in: writer)
                let stopped = outcome.before?.hosts.filter { $0.item != nil }.map(\.name) ?? []
                try Self.checkRemoval(of: stopped, deployment: name, isAllowed: allowRemoval)
                message = stopped.isEmpty ? nil : "stopping on \(Self.names(stopped))"
            }
            return (outcome, try writer.reader.revision(), message)
        }
        carryOut(outcome)
        let change = PlanChange(kind: kind.rawValue, name: name, action: .delete, message: message)
        return ApplyView(changes: [change], revision: revision)
    }

    static func checkRemoval(of hosts: [String], deployment: String, isAllowed: Bool) throws {
        guard hosts.count > 1, !isAllowed else { return }
        throw ControllerError(
            .removalNotAllowed,
            "this would stop deployment '\(deployment)' on \(hosts.count) hosts: \(names(hosts))",
            hint: "if that is meant, say --allow-removal"
        )
    }

    /// The first few names.
    private static func names(_ hosts: [String]) -> String {
        let shown = hosts.prefix(10).joined(separator: ", ")
        return hosts.count > 10 ? "\(shown) and \(hosts.count - 10) more" : shown
    }

    /// Carries a plan out of a transaction that must not be kept.
    private struct Undone: Error {
        let view: PlanView
    }
}
