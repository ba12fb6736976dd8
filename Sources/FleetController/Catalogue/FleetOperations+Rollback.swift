package import Fleet
import FleetPlanning
import FleetStore

extension FleetOperations {
    /// Condemns what a deployment wants; each host returns to its own newest good revision that is not condemned.
    ///
    /// While a rollback runs, another joins it: nobody goes two versions back because two people pressed.
    ///
    /// - Throws: `notFound`, `conflict` when there is nothing to roll back, `invalid` without a reason.
    package func rollBack(
        deployment name: String,
        by identity: OperatorIdentity,
        reason: String
    ) async throws -> RollbackStart {
        try identity.check(.oncall, to: "roll back")
        guard !reason.allSatisfy(\.isWhitespace) else {
            throw ControllerError(.invalid, "a rollback needs a reason", hint: "say why: --reason '…'")
        }
        let (hold, outcome) = try await write(by: identity, reason: reason) { writer in
            try Self.refuseWhileFrozen("roll back deployment/\(name)", in: writer.reader)
            let record = try self.deployment(name, in: writer.reader)
            let (hold, isNew) = try self.hold(for: record, by: identity, reason: reason, in: writer)
            let outcome = isNew ? try self.step.run(record, in: writer) : PlanStep.Outcome()
            return (hold, outcome)
        }
        carryOut(outcome)
        return try await read { reader in
            let builder = self.views(reader)
            return RollbackStart(
                hold: try builder.hold(hold),
                hosts: try builder.hosts(of: try self.deployment(name, in: reader))
            )
        }
    }

    /// Lifts a hold. It only lifts: nothing moves by itself.
    package func liftHold(_ id: String, by identity: OperatorIdentity, reason: String?) async throws -> HoldView {
        try identity.check(.operator, to: "lift a hold")
        let (hold, outcome) = try await write(by: identity, reason: reason) { writer in
            try Self.refuseWhileFrozen("lift hold/\(id)", in: writer.reader)
            let record = try writer.liftHold(id)
            var outcome = PlanStep.Outcome()
            if let deployment = try writer.reader.deployment(uid: record.hold.deployment), deployment.state != .deleted
            {
                outcome = try self.step.run(deployment, in: writer)
            }
            return (record.hold, outcome)
        }
        carryOut(outcome)
        return try await read { try self.views($0).hold(hold) }
    }

    private func hold(
        for record: DeploymentRecord,
        by identity: OperatorIdentity,
        reason: String,
        in writer: FleetWriter
    ) throws -> (hold: Hold, isNew: Bool) {
        guard record.state == .active, let picture = try step.picture(of: record, in: writer.reader) else {
            throw ControllerError(.conflict, "deployment '\(record.deployment.name)' is being deleted")
        }
        if let running = picture.runningRollback { return (running, false) }
        guard let wanted = picture.condemnable else {
            throw ControllerError(
                .conflict,
                "deployment '\(record.deployment.name)' has nothing to roll back: no revision is wanted",
                hint: "see 'muster explain deployment/\(record.deployment.name)'"
            )
        }
        let id = String(environment.freshID().prefix(12))
        let hold = Hold(
            id: id,
            deployment: record.uid,
            revision: wanted,
            actor: identity.name,
            reason: reason,
            since: environment.now(),
            rollback: id
        )
        let rollback = Rollback(
            id: id,
            actor: identity.name,
            reason: reason,
            at: hold.since,
            scope: .deployments([record.deployment.name])
        )
        let order = RollbackOrder(rollback: id, deployment: record.uid, at: hold.since)
        try writer.putRollback(rollback, orders: [order])
        try writer.putHold(hold)
        // What is wanted from now on moves to the newest end, so that lifting the hold moves nothing by itself.
        if let settled = picture.succeeded.last(where: { !hold.condemns($0) && picture.holds.condemning($0) == nil }) {
            try writer.succeedRevision(settled.number, of: record.uid)
        }
        return (hold, true)
    }

    func deployment(_ name: String, in reader: FleetReader) throws -> DeploymentRecord {
        if let record = try reader.deployment(named: name) { return record }
        let known = try reader.deployments().map(\.deployment.name)
        let hint = NearestName.of(name, among: known).map { "did you mean '\($0)'?" } ?? "see 'muster get deployments'"
        throw ControllerError(.notFound, "there is no deployment '\(name)'", hint: hint)
    }
}

extension DeploymentPicture {
    /// The hold of a rollback that reachable hosts are still carrying out.
    fileprivate var runningRollback: Hold? {
        holds.last { hold in
            hosts.contains { host in
                guard host.isSelected, host.unreachableSince == nil, host.item?.order == .rollback(id: hold.id) else {
                    return false
                }
                switch host.currentReport?.receipt {
                case nil, .inProgress, .offline: return true
                case .done, .unaffected, .noTarget, .pinned, .failed: return false
                }
            }
        }
    }
}
