package import Fleet
import FleetStore

extension FleetOperations {
    /// Condemns what deployments want, or every revision of a version. Hosts that serve it leave it under the standing budget;
    /// a rollback does that at once.
    ///
    /// Each deployment has a transaction of its own. Asked for once more after the controller died on the way, it goes on with
    /// those in which nothing is condemned yet.
    ///
    /// - Throws: `forbidden`; `invalid` (no reason, a selector); `notFound`; `conflict` when there is nothing to condemn in any
    ///   of them, or the controller is frozen.
    package func createHold(_ request: HoldRequest, by identity: OperatorIdentity) async throws -> HoldCreation {
        let what = "create a hold"
        try identity.check(.operator, to: what)
        let reason = try Self.reason(request.reason, to: what)
        let scope = try await read { reader in
            try Self.refuseWhileFrozen(what, in: reader)
            return try RollbackScope(request.scope, hosts: request.hosts, to: what, in: reader)
        }
        var refusals = Refusals()
        for (name, why) in scope.refused { refusals.add(name, why: why, next: nil) }
        var made: [Hold] = []
        for name in scope.records.map(\.deployment.name) {
            let result = try await write(by: identity, reason: reason) { writer in
                try Self.refuseWhileFrozen(what, in: writer.reader)
                let run = HoldRun(
                    operations: self,
                    writer: writer,
                    identity: identity,
                    request: request,
                    reason: reason
                )
                return try run.run(on: name)
            }
            switch result {
            case .made(let holds, let outcome):
                made += holds
                carryOut(outcome)
            case .refused(let why, let next): refusals.add(name, why: why, next: next)
            }
        }
        guard !made.isEmpty else { throw refusals.error("create a hold in") }
        return try await read { [made, refusals] reader in
            let builder = self.views(reader)
            return HoldCreation(
                items: try made.map { try builder.hold($0) },
                refused: refusals.reasons,
                revision: try reader.revision()
            )
        }
    }

    /// Every hold that condemns now, oldest first.
    package func holds() async throws -> Listing<HoldView> {
        try await read { reader in
            let builder = self.views(reader)
            let alive = Set(try reader.deployments().map(\.uid))
            let items = try reader.holds().filter { alive.contains($0.deployment) }.map { try builder.hold($0) }
            return Listing(items: items, revision: try reader.revision())
        }
    }

    /// One hold, lifted or not.
    ///
    /// - Throws: `notFound`.
    package func hold(_ id: String) async throws -> HoldView {
        try await read { reader in try self.views(reader).hold(try self.hold(id, in: reader)) }
    }

    /// Lifts a hold. It only lifts: nothing moves by itself.
    ///
    /// - Throws: `forbidden`, `notFound`, `conflict` while the controller is frozen.
    package func liftHold(_ id: String, by identity: OperatorIdentity, reason: String?) async throws -> HoldView {
        try identity.check(.operator, to: "lift a hold")
        let outcome = try await write(by: identity, reason: reason) { writer in
            try Self.refuseWhileFrozen("lift hold/\(id)", in: writer.reader)
            _ = try self.hold(id, in: writer.reader)
            let record = try writer.liftHold(id)
            guard let deployment = try writer.reader.deployment(uid: record.hold.deployment),
                deployment.state != .deleted
            else { return PlanStep.Outcome() }
            return try self.step.run(deployment, in: writer)
        }
        carryOut(outcome)
        return try await hold(id)
    }

    private func hold(_ id: String, in reader: FleetReader) throws -> HoldRecord {
        if let record = try reader.hold(id) { return record }
        let nearest = NearestName.of(id, among: try reader.holds().map(\.id))
        throw ControllerError(
            .notFound,
            "there is no hold '\(id)'",
            hint: nearest.map { "did you mean '\($0)'?" } ?? "see 'muster hold list'"
        )
    }
}
