import Fleet
import FleetPlanning
import FleetStore

/// Condemns revisions of one deployment inside one transaction, without a rollback: hosts leave them under the standing
/// budget.
struct HoldRun {
    let operations: FleetOperations
    let writer: FleetWriter
    let identity: OperatorIdentity
    let request: HoldRequest
    let reason: String

    /// What came of it in one deployment.
    enum Result: Sendable {
        case made([Hold], PlanStep.Outcome)
        case refused(why: String, next: String)
    }

    /// - Throws: `ControllerError`: see ``FleetOperations/createHold(_:by:)``.
    func run(on name: String) throws -> Result {
        let scope = try RollbackScope(
            .deployments([name]),
            hosts: request.hosts,
            to: "create a hold",
            in: writer.reader
        )
        let now = writer.change.now
        guard let basis = try RollbackBasis.read(scope, operations.directory, at: now, in: writer.reader).first else {
            throw ControllerError(.internal, "a scope of one deployment has none")
        }
        let wanted = condemnable(basis)
        if let refusal = wanted.refusal { return .refused(why: refusal.why, next: refusal.next) }
        let holds = try wanted.revisions.map { try put($0, basis) }
        if basis.isEverywhere { try RollbackRun.settle(basis, without: wanted.revisions, in: writer) }
        return .made(holds, try operations.step.run(basis.record, in: writer))
    }

    private func condemnable(
        _ basis: RollbackBasis
    ) -> (revisions: [RevisionReference], refusal: (why: String, next: String)?) {
        guard basis.isEverywhere || !basis.hosts.isEmpty else {
            return ([], ("none of its hosts matches the selector of hosts", "muster describe deployment \(basis.name)"))
        }
        var found: [RevisionReference]
        if let version = request.version {
            found = basis.revisions.filter { $0.version == version }.map(\.reference)
            guard !found.isEmpty else {
                return (
                    [], ("it has no revision with version \(version)", "see 'muster rollout history \(basis.name)'")
                )
            }
        } else {
            found = basis.condemnable.map { [$0] } ?? []
            guard !found.isEmpty else {
                return ([], ("nothing of it is wanted that could be condemned", "name a version: --version V"))
            }
        }
        var seen: Set<Digest> = []
        let fresh = found.filter { basis.held($0) == nil && seen.insert($0.written).inserted }
        if fresh.isEmpty, let hold = found.lazy.compactMap({ basis.held($0) }).first {
            let why = "held by \(hold.actor) since \(hold.since): \(hold.reason)"
            return ([], (why, "see 'muster hold describe \(hold.id)'"))
        }
        return (fresh, nil)
    }

    private func put(_ revision: RevisionReference, _ basis: RollbackBasis) throws -> Hold {
        let hold = Hold(
            id: String(operations.environment.freshID().prefix(12)),
            deployment: basis.record.uid,
            revision: revision,
            actor: identity.name,
            reason: reason,
            since: writer.change.now,
            hosts: basis.isEverywhere ? nil : basis.hosts.map(\.id).sorted()
        )
        try writer.putHold(hold)
        return hold
    }
}
