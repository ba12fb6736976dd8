package import Fleet
import FleetPlanning
import FleetStore

extension FleetOperations {
    /// What the controller says of itself; while it is frozen also what this store has forgotten and what a thaw would move.
    package func controller() async throws -> ControllerView {
        try await read { reader in
            let record = try reader.controller()
            let views = self.views(reader)
            return ControllerView(
                version: self.version,
                epoch: record.epoch,
                frozen: try views.frozen(record),
                quarantine: try views.quarantine(record),
                store: views.trouble
            )
        }
    }

    /// Ends a freeze: what was shown begins, within each deployment's budgets. Paused rollouts stay paused. Where only some
    /// hosts are in quarantine, they are believed.
    ///
    /// - Parameter epoch: the epoch that the caller saw: hosts that report more have raised it since.
    /// - Throws: `forbidden`; `conflict` when it is not frozen, or at another epoch.
    package func thaw(epoch: UInt64, by identity: OperatorIdentity, reason: String?) async throws -> ControllerView {
        try identity.check(.admin, to: "thaw the controller")
        let claims = planning.restore.quarantined
        let (record, believed) = try await write(by: identity, reason: reason) {
            writer -> (ControllerRecord, [String: AssignmentVersion]) in
            let record = try writer.reader.controller()
            guard record.epoch == epoch else {
                throw ControllerError(
                    .conflict,
                    "cannot thaw the controller: what you saw was epoch \(epoch), and it is at \(record.epoch), because "
                        + "other hosts have seen more than this store",
                    hint: "look again at what would move: muster-controller thaw --data DIR"
                )
            }
            // Thawed in the store, but its hosts were not told: they are now.
            if record.frozen == nil, self.planning.restore.isFrozen { return (record, [:]) }
            guard record.frozen != nil || claims.isEmpty else { return (try self.believe(claims, in: writer), claims) }
            let thawed = try writer.thaw()
            for deployment in try writer.reader.deployments() { try self.step.askAnew(deployment, in: writer) }
            return (thawed, [:])
        }
        do {
            try await planning.thawed(record, believing: believed)
        } catch {
            throw ControllerError(
                .unavailable,
                "the controller is thawed, but its hosts could not be told: \(error)",
                hint: "say it again",
                cause: error
            )
        }
        return try await controller()
    }

    /// Refuses what would move something while nothing may.
    ///
    /// - Parameter what: what is asked, in words that follow "cannot".
    static func refuseWhileFrozen(_ what: String, in reader: FleetReader) throws {
        guard let frozen = try reader.controller().frozen else { return }
        throw ControllerError(
            .conflict,
            "cannot \(what): the controller is frozen since \(frozen.since) and moves nothing: \(frozen.reason)",
            hint: "see what would move, and let it, on the controller's machine: muster-controller thaw --data DIR",
            meaning: .frozen
        )
    }

    /// What hosts in quarantine say is true: their numbers are outranked, and what they have is asked for anew.
    private func believe(_ claims: [String: AssignmentVersion], in writer: FleetWriter) throws -> ControllerRecord {
        for (host, claim) in claims.sorted(by: { $0.key < $1.key }) {
            try writer.raiseGeneration(of: host, to: claim.generation)
        }
        _ = try writer.raiseEpoch(above: claims.values.map(\.epoch).max() ?? 0)
        for deployment in try writer.reader.deployments() {
            try step.askAnew(deployment, in: writer, only: Set(claims.keys))
        }
        return try writer.reader.controller()
    }
}
