package import Fleet
import StoreDriver

extension FleetWriter {
    /// Takes the number of a plan, so that of two plans made from one picture only one is stored. Part of the plan's
    /// transaction.
    ///
    /// No revision of the store, no audit: plans follow from desired state and what hosts report.
    ///
    /// - Parameters:
    ///   - uid: the deployment.
    ///   - number: one above the number that the plan's picture stood at.
    /// - Throws: ``FleetStoreError`` `conflict` (another plan was stored meanwhile), `notFound`.
    package func raisePlan(of uid: String, to number: UInt64) throws {
        precondition(number > 0, "plans count from 1")
        let changed = try transaction.execute(
            "UPDATE deployment SET plan = ? WHERE uid = ? AND plan = ?",
            [.number(number), .text(uid), .number(number - 1)]
        )
        guard changed == 0 else { return }
        guard let row = try transaction.row("SELECT name, plan FROM deployment WHERE uid = ?", [.text(uid)]) else {
            throw FleetStoreError.notFound(.deployment, uid)
        }
        throw FleetStoreError(
            .conflict,
            what: "cannot store plan \(number)",
            where: "Deployment \(try row.text("name"))",
            why: "plan \(try row.number("plan")) is stored, and this one does not follow it",
            next: "plan again from what is stored now"
        )
    }

    /// Stores a rollout's header: a new one, or what it is now.
    ///
    /// A new rollout and a change of its state are audited; every change is seen by watchers of kind `Rollout` under
    /// the deployment's name, once a transaction. A deployment has at most one rollout that is not terminal: store the
    /// end of the old one first.
    ///
    /// - Throws: ``FleetStoreError`` `notFound` (the deployment, or a rollout that is not new), `misuse` (a second
    ///   active rollout, or an id that is taken).
    package func saveRollout(_ rollout: Rollout, isNew: Bool) throws {
        guard isNew else { return try update(rollout) }
        guard let row = try transaction.row("SELECT name FROM deployment WHERE uid = ?", [.text(rollout.deployment)])
        else { throw FleetStoreError.notFound(.deployment, rollout.deployment) }
        let name = try row.text("name")
        let version = try touch(rollout.id, of: name)
        try audit("start", rollout, of: name, before: nil, revision: version)
        try transaction.execute(
            """
            INSERT INTO rollout (deployment, revision, digest, written, started_at, created, state, active, since,
                reason, actor, wave, wave_ends, promoted, pause, clock, clock_since, baked_from, proven_at,
                accepted_exclusions, resource_version, id)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(rollout.deployment), .number(rollout.revision.number), .digest(rollout.revision.digest),
                .digest(rollout.revision.written), .instant(rollout.startedAt), .number(version),
            ] + columns(of: rollout, version)
        )
    }

    /// Stores hosts of a rollout's list: new ones, or what they are now; the others stay as they are.
    ///
    /// Seen by watchers as a change of the rollout, once a transaction; not audited.
    ///
    /// - Throws: ``FleetStoreError`` `notFound` (the rollout).
    package func saveTargets(_ targets: [RolloutTarget], of rollout: String) throws {
        guard !targets.isEmpty else { return }
        if head.touched[rollout] == nil { _ = try touch(rollout, of: try standing(of: rollout).deployment) }
        for target in targets { try save(target, of: rollout) }
    }

    /// Enters what a person said to a rollout into the audit, whether its state changed by it or not.
    ///
    /// - Parameters:
    ///   - before: the rollout as it was; `nil` when there was none.
    ///   - after: the rollout as it is stored now.
    /// - Throws: ``FleetStoreError`` `notFound` (the rollout).
    package func recordCommand(_ verb: String, before: Rollout?, after: Rollout) throws {
        let name = try standing(of: after.id).deployment
        try audit(verb, after, of: name, before: before, revision: try touch(after.id, of: name))
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
            INSERT INTO hold (id, deployment, revision, digest, written, actor, reason, since, rollback, hosts)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(hold.id), .text(hold.deployment), .number(hold.revision.number), .digest(hold.revision.digest),
                .digest(hold.revision.written), .text(hold.actor), .text(hold.reason), .instant(hold.since),
                .text(orNull: hold.rollback), .text(orNull: try hold.hosts.map { try StoredJSON.text($0) }),
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

    private func update(_ rollout: Rollout) throws {
        let old = try standing(of: rollout.id)
        let version = try touch(rollout.id, of: old.deployment)
        if old.state != rollout.state {
            let before = try reader.rollout(rollout.id)
            try audit(rollout.state.rawValue, rollout, of: old.deployment, before: before, revision: version)
        }
        try transaction.execute(
            """
            UPDATE rollout SET state = ?, active = ?, since = ?, reason = ?, actor = ?, wave = ?, wave_ends = ?,
                promoted = ?, pause = ?, clock = ?, clock_since = ?, baked_from = ?, proven_at = ?,
                accepted_exclusions = ?, resource_version = ? WHERE id = ?
            """,
            columns(of: rollout, version)
        )
    }

    /// The columns that change, and the id.
    private func columns(of rollout: Rollout, _ version: UInt64) throws -> [StoreValue] {
        [
            .text(rollout.state.rawValue), .bool(!rollout.state.isTerminal), .instant(rollout.since),
            .text(rollout.reason), .text(orNull: rollout.actor), .int(rollout.wave),
            .text(rollout.waveEnds.map { "\($0)" }.joined(separator: ",")), .int(rollout.promoted),
            .text(orNull: try rollout.pause.map { try StoredJSON.text($0) }), .span(rollout.clock.counted),
            .instant(orNull: rollout.clock.runningSince), .integer(orNull: rollout.bakedFrom?.milliseconds),
            .span(rollout.provenAt), .int(rollout.acceptedExclusions), .number(version), .text(rollout.id),
        ]
    }

    private func save(_ target: RolloutTarget, of rollout: String) throws {
        try transaction.execute(
            """
            INSERT INTO rollout_target (rollout, host, name, site, wave, asked, state, since, since_active, fetched,
                reason, failure, overlay, overlay_at, overlay_reason)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (rollout, host) DO UPDATE
            SET name = excluded.name, site = excluded.site, wave = excluded.wave, asked = excluded.asked,
                state = excluded.state, since = excluded.since, since_active = excluded.since_active,
                fetched = excluded.fetched, reason = excluded.reason, failure = excluded.failure,
                overlay = excluded.overlay, overlay_at = excluded.overlay_at, overlay_reason = excluded.overlay_reason
            """,
            [
                .text(rollout), .text(target.host), .text(target.name), .text(target.site), .int(target.wave),
                .text(target.asked.rawValue), .text(target.state.rawValue), .instant(target.since),
                .span(target.sinceActive), .integer(target.fetched), .text(orNull: target.reason),
                .text(orNull: target.failure),
            ] + (target.overlay?.columns ?? [.null, .null, .null])
        )
    }

    /// Enters a change of a rollout into the log, once a transaction.
    ///
    /// - Returns: the change's revision.
    private func touch(_ rollout: String, of deployment: String) throws -> UInt64 {
        if let version = head.touched[rollout] { return version }
        let version = try takeRevision(.rollout, name: deployment, uid: rollout, change: .put)
        try saveHead()
        head.touched[rollout] = version
        return version
    }

    /// The name of a rollout's deployment, and where the rollout stands: much less than the whole header.
    private func standing(of rollout: String) throws -> (deployment: String, state: Rollout.State) {
        let row = try transaction.row(
            """
            SELECT deployment.name, rollout.state FROM rollout JOIN deployment ON deployment.uid = rollout.deployment
            WHERE rollout.id = ?
            """,
            [.text(rollout)]
        )
        guard let row else { throw FleetStoreError.notFound(.rollout, rollout) }
        return (try row.text("name"), try row.word("state"))
    }

    private func audit(
        _ verb: String,
        _ rollout: Rollout,
        of deployment: String,
        before: Rollout?,
        revision: UInt64
    ) throws {
        try enterAudit(
            verb,
            .rollout,
            name: deployment,
            revision: revision,
            before: try before.map { try StoredJSON.text($0) },
            after: try StoredJSON.text(rollout)
        )
        try saveHead()
    }
}
