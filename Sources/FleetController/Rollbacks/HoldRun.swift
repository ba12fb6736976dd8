import Fleet
import FleetPlanning
import FleetStore

/// Condemns revisions inside one transaction, without a rollback: hosts leave them under the standing budget.
struct HoldRun {
    let operations: FleetOperations
    let writer: FleetWriter
    let identity: OperatorIdentity
    let request: HoldRequest
    let reason: String

    /// - Returns: the holds that were made.
    /// - Throws: `ControllerError`: see ``FleetOperations/createHold(_:by:)``.
    func run() throws -> (holds: [Hold], outcome: PlanStep.Outcome) {
        let scope = try RollbackScope(request.scope, hosts: request.hosts, to: "create a hold", in: writer.reader)
        var holds: [Hold] = []
        var outcome = PlanStep.Outcome()
        var refusals = scope.refused.map { (name: $0.key, why: $0.value, next: "") }
        let now = writer.change.now
        for basis in try RollbackBasis.read(scope, operations.directory, at: now, in: writer.reader) {
            let wanted = condemnable(basis)
            if let refusal = wanted.refusal {
                refusals.append((basis.name, refusal.why, refusal.next))
                continue
            }
            for revision in wanted.revisions { holds.append(try put(revision, basis)) }
            if basis.isEverywhere { try RollbackRun.settle(basis, without: wanted.revisions, in: writer) }
            outcome.merge(try operations.step.run(basis.record, in: writer))
        }
        guard holds.isEmpty else { return (holds, outcome) }
        let list = refusals.sorted { $0.name < $1.name }.map { "deployment '\($0.name)': \($0.why)" }
        throw ControllerError(
            .conflict,
            "cannot create a hold: \(list.joined(separator: "; "))",
            hint: refusals.map(\.next).first { !$0.isEmpty } ?? "see 'muster hold list'"
        )
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
