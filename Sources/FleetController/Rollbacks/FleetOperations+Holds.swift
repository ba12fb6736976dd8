package import Fleet
import FleetStore

extension FleetOperations {
    /// Condemns what deployments want, or every revision of a version. Hosts that serve it leave it under the standing budget;
    /// a rollback does that at once.
    ///
    /// - Throws: `forbidden`; `invalid` (no reason, a selector); `notFound`; `conflict` when there is nothing to condemn, or
    ///   the controller is frozen.
    package func createHold(_ request: HoldRequest, by identity: OperatorIdentity) async throws -> Listing<HoldView> {
        try identity.check(.operator, to: "create a hold")
        let reason = try Self.reason(request.reason, to: "create a hold")
        let (holds, outcome) = try await write(by: identity, reason: reason) { writer in
            try Self.refuseWhileFrozen("create a hold", in: writer.reader)
            let run = HoldRun(
                operations: self,
                writer: writer,
                identity: identity,
                request: request,
                reason: reason
            )
            return try run.run()
        }
        carryOut(outcome)
        return try await read { reader in
            let builder = self.views(reader)
            return Listing(items: try holds.map { try builder.hold($0) }, revision: try reader.revision())
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
