import Fleet
import FleetPlanning
import FleetStore

/// One rollback inside one transaction: what it condemns, what it means for each deployment, and the first step of each.
struct RollbackRun {
    /// More deployments than these are planned by the planning loop, each in a transaction of its own, so that nobody else's
    /// write waits for a whole fleet.
    private static let plannedAtOnce = 1

    let operations: FleetOperations
    let writer: FleetWriter
    let identity: OperatorIdentity
    let request: RollbackRequest
    let reason: String

    /// What came of it.
    struct Result: Sendable {
        /// The rollback that was made, or the newest one that was joined.
        var id: String
        /// Why deployments of the scope are not in it, by name.
        var refused: [String: String]
        /// The names of deployments whose rollback ran already.
        var joined: [String]
        var outcome: PlanStep.Outcome
    }

    /// - Throws: `ControllerError`: see ``FleetOperations/rollBack(_:by:)``.
    func run() throws -> Result {
        let what = "roll back"
        let scope = try RollbackScope(request.scope, hosts: request.hosts, to: what, in: writer.reader)
        guard request.confirm == scope.confirmation else {
            throw ControllerError(
                .invalid,
                "cannot roll back: it is not confirmed"
                    + (request.confirm.map { ": '\($0)' is not what it is for" } ?? ""),
                hint: "repeat what it is for: confirm '\(scope.confirmation)'",
                meaning: .notConfirmed
            )
        }
        let decided = try RollbackDecision.all(
            scope,
            request.to,
            again: request.again,
            operations.directory,
            at: writer.change.now,
            in: writer.reader
        )
        var result = Result(id: "", refused: [:], joined: [], outcome: PlanStep.Outcome())
        var going: [(basis: RollbackBasis, condemned: [RevisionReference], target: RevisionReference?)] = []
        var refusals = Refusals()
        for (name, why) in scope.refused { refusals.add(name, why: why, next: nil) }
        for (basis, decision) in decided {
            switch decision {
            case .join(let id):
                let isChanged = try writer.recordJoin(
                    id,
                    deployment: basis.name,
                    strategy: request.strategy,
                    onFailure: request.onFailure
                )
                if isChanged { try planLater(basis.record, &result.outcome) }
                result.id = id
                result.joined.append(basis.name)
            case .go(let condemned, let target): going.append((basis, condemned, target))
            case .refuse(let why, let next): refusals.add(basis.name, why: why, next: next)
            }
        }
        if going.isEmpty, result.joined.isEmpty { throw refusals.error("roll back") }
        result.refused = refusals.reasons
        guard let first = going.first else { return result }
        let policy = first.basis.record.deployment.policy
        result.id = fresh()
        let rollback = rollback(result.id, policy)
        let orders = going.map { order(of: rollback, $0.basis, $0.target) }
        try writer.putRollback(rollback, orders: orders)
        for (index, entry) in going.enumerated() {
            try condemn(entry.condemned, entry.basis, rollback, isFirst: index == 0)
        }
        result.outcome.merge(try plan(going.map(\.basis.record)))
        return result
    }

    private func rollback(_ id: String, _ policy: Deployment.Policy) -> Rollback {
        Rollback(
            id: id,
            actor: identity.name,
            reason: reason,
            at: writer.change.now,
            scope: request.scope,
            hosts: request.hosts,
            to: request.to,
            strategy: request.strategy ?? policy.rollbackStrategy,
            onFailure: request.onFailure ?? policy.rollbackOnFailure
        )
    }

    private func order(
        of rollback: Rollback,
        _ basis: RollbackBasis,
        _ target: RevisionReference?
    ) -> RollbackOrder {
        let policy = basis.record.deployment.policy
        return RollbackOrder(
            rollback: rollback.id,
            deployment: basis.record.uid,
            strategy: request.strategy ?? policy.rollbackStrategy,
            onFailure: request.onFailure ?? policy.rollbackOnFailure,
            at: rollback.at,
            target: target
        )
    }

    private func condemn(
        _ condemned: [RevisionReference],
        _ basis: RollbackBasis,
        _ rollback: Rollback,
        isFirst: Bool
    ) throws {
        for (index, revision) in condemned.enumerated() {
            let isFirst = index == 0 && isFirst
            let hold = Hold(
                id: isFirst ? rollback.id : fresh(),
                deployment: basis.record.uid,
                revision: revision,
                actor: identity.name,
                reason: reason,
                since: rollback.at,
                rollback: rollback.id,
                hosts: basis.isEverywhere ? nil : basis.hosts.map(\.id).sorted()
            )
            try writer.putHold(hold)
        }
        guard basis.isEverywhere else { return }
        try Self.settle(basis, without: condemned, in: writer)
    }

    /// What is wanted from now on moves to the newest end, so that lifting a hold moves nothing by itself.
    static func settle(_ basis: RollbackBasis, without condemned: [RevisionReference], in writer: FleetWriter) throws {
        guard let settled = basis.settled(without: condemned), settled.digest != basis.succeeded.last?.digest
        else { return }
        try writer.succeedRevision(settled.number, of: basis.record.uid)
    }

    private func plan(_ records: [DeploymentRecord]) throws -> PlanStep.Outcome {
        var outcome = PlanStep.Outcome()
        for record in records {
            guard records.count > Self.plannedAtOnce else {
                outcome.merge(try operations.step.run(record, in: writer))
                continue
            }
            try planLater(record, &outcome)
        }
        return outcome
    }

    /// Whatever was planned from the state before cannot be stored any more.
    private func planLater(_ record: DeploymentRecord, _ outcome: inout PlanStep.Outcome) throws {
        try writer.raisePlan(of: record.uid, to: record.plan + 1)
        outcome.deployments.insert(record.uid)
    }

    private func fresh() -> String { String(operations.environment.freshID().prefix(12)) }
}

extension RollbackDecision {
    /// What a rollback does with each deployment of a scope.
    static func all(
        _ scope: RollbackScope,
        _ to: Rollback.Destination,
        again: Bool,
        _ directory: HostDirectory,
        at now: Instant,
        in reader: FleetReader
    ) throws -> [(basis: RollbackBasis, decision: RollbackDecision)] {
        try RollbackBasis.read(scope, directory, at: now, in: reader).map { basis in
            var served: [String: RevisionReference] = [:]
            if case .time(let time) = to { served = try reader.serving(of: basis.record.uid, at: time) }
            return (basis, RollbackDecision(basis, to: to, again: again, served: served))
        }
    }
}
