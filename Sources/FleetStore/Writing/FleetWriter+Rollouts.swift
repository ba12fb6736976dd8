package import Fleet
import StoreDriver

extension FleetWriter {
    /// Stores a rollout: a new one, or the next state of one.
    ///
    /// A new rollout and a change of its state are audited; both, and changed targets, are seen by watchers of kind
    /// `Rollout` under the deployment's name. A deployment has at most one rollout that is not terminal: store the end
    /// of the old one first.
    ///
    /// - Parameter old: what the transaction read before, so that only changed targets are written; `nil` for a new
    ///   rollout.
    /// - Throws: ``FleetStoreError`` `notFound` (the deployment), `misuse` (a second active rollout).
    package func saveRollout(_ rollout: Rollout, replacing old: Rollout?) throws {
        guard old != rollout else { return }
        guard let deployment = try reader.deployment(uid: rollout.deployment) else {
            throw FleetStoreError.notFound(.deployment, rollout.deployment)
        }
        let version = try record(
            old == nil ? "start" : rollout.state.rawValue,
            .rollout,
            name: deployment.deployment.name,
            uid: rollout.id,
            before: try old.map { try summary($0) },
            after: try summary(rollout),
            isAudited: old?.state != rollout.state
        )
        if old == nil {
            try insert(rollout, version)
        } else {
            try update(rollout, version)
        }
        for (position, target) in rollout.targets.enumerated() {
            if let old, position < old.targets.count, old.targets[position] == target { continue }
            try save(target, at: position, of: rollout.id)
        }
    }

    /// Condemns a revision.
    ///
    /// - Throws: ``FleetStoreError`` `notFound` (the deployment).
    package func putHold(_ hold: Hold) throws {
        guard try reader.deployment(uid: hold.deployment) != nil else {
            throw FleetStoreError.notFound(.deployment, hold.deployment)
        }
        try record("hold", .hold, name: hold.id, uid: hold.id, after: try StoredJSON.text(hold))
        try transaction.execute(
            """
            INSERT INTO hold (id, deployment, revision, digest, written, actor, reason, since)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(hold.id), .text(hold.deployment), .number(hold.revision.number), .digest(hold.revision.digest),
                .digest(hold.revision.written), .text(hold.actor), .text(hold.reason), .instant(hold.since),
            ]
        )
    }

    /// Lifts a hold, in the name of the change's actor. One that is lifted already stays as it is.
    ///
    /// - Throws: ``FleetStoreError`` `notFound`.
    package func liftHold(_ id: String) throws -> HoldRecord {
        guard var stored = try reader.hold(id) else { throw FleetStoreError.notFound(.hold, id) }
        guard stored.lift == nil else { return stored }
        try record("lift", .hold, name: id, uid: id, before: try StoredJSON.text(stored.hold))
        try transaction.execute(
            "UPDATE hold SET lifted_at = ?, lifted_by = ?, lift_reason = ? WHERE id = ?",
            [.instant(change.now), .text(change.actor), .text(orNull: change.reason), .text(id)]
        )
        stored.lift = HoldRecord.Lift(actor: change.actor, at: change.now, reason: change.reason)
        return stored
    }

    /// The rollout without its list of hosts, which may be thousands.
    private func summary(_ rollout: Rollout) throws -> String {
        var rollout = rollout
        rollout.targets = []
        return try StoredJSON.text(rollout)
    }

    private func insert(_ rollout: Rollout, _ version: UInt64) throws {
        try transaction.execute(
            """
            INSERT INTO rollout (id, deployment, revision, digest, written, state, active, since, reason, started_at,
                wave, resource_version, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(rollout.id), .text(rollout.deployment), .number(rollout.revision.number),
                .digest(rollout.revision.digest), .digest(rollout.revision.written), .text(rollout.state.rawValue),
                .bool(!rollout.state.isTerminal), .instant(rollout.since), .text(rollout.reason),
                .instant(rollout.startedAt), .int(rollout.wave), .number(version), .number(version),
            ]
        )
    }

    private func update(_ rollout: Rollout, _ version: UInt64) throws {
        let changed = try transaction.execute(
            """
            UPDATE rollout SET state = ?, active = ?, since = ?, reason = ?, wave = ?, resource_version = ? WHERE id = ?
            """,
            [
                .text(rollout.state.rawValue), .bool(!rollout.state.isTerminal), .instant(rollout.since),
                .text(rollout.reason), .int(rollout.wave), .number(version), .text(rollout.id),
            ]
        )
        guard changed == 1 else { throw FleetStoreError.notFound(.rollout, rollout.id) }
    }

    private func save(_ target: Rollout.Target, at position: Int, of rollout: String) throws {
        try transaction.execute(
            """
            INSERT INTO rollout_target (rollout, position, host, name, wave, state, since, reason, unreachable_since)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (rollout, position) DO UPDATE
            SET host = excluded.host, name = excluded.name, wave = excluded.wave, state = excluded.state,
                since = excluded.since, reason = excluded.reason, unreachable_since = excluded.unreachable_since
            """,
            [
                .text(rollout), .int(position), .text(target.host), .text(target.name), .int(target.wave),
                .text(target.state.rawValue), .instant(target.since), .text(orNull: target.reason),
                .instant(orNull: target.unreachableSince),
            ]
        )
    }
}
