package import Fleet
import StoreDriver

extension FleetWriter {
    /// Adds a host, or replaces one of the same id (it enrolled again).
    ///
    /// - Throws: ``FleetStoreError`` `conflict` when another host has the name.
    package func putHost(_ host: FleetHost) throws -> Written { try putHost(host, verb: "update") }

    /// - Parameter verb: what the audit calls the change of one that is there.
    private func putHost(_ host: FleetHost, verb: String) throws -> Written {
        let stored = try reader.host(host.id)
        if let namesake = try reader.host(named: host.name), namesake.host.id != host.id {
            throw FleetStoreError(
                .conflict,
                what: "cannot enrol host \(host.name)",
                where: "project \(FleetDatabase.project)",
                why: "another host has that name since \(namesake.host.enrolledAt)",
                next: "enrol this host under another name"
            )
        }
        guard stored?.host != host else {
            return Written(action: .unchanged, resourceVersion: stored?.resourceVersion ?? 0)
        }
        let version = try record(
            stored == nil ? "enrol" : verb,
            .host,
            name: host.name,
            uid: host.id,
            before: try stored.map { try StoredJSON.text($0.host) },
            after: try StoredJSON.text(host)
        )
        try transaction.execute(
            """
            INSERT INTO host (id, project, name, labels, machine, instance, enrolled_at, revoked, cordon,
                adopted_ports, resource_version)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
            SET name = excluded.name, labels = excluded.labels, machine = excluded.machine,
                instance = excluded.instance, enrolled_at = excluded.enrolled_at, revoked = excluded.revoked,
                cordon = excluded.cordon, adopted_ports = excluded.adopted_ports,
                resource_version = excluded.resource_version
            """,
            [
                .text(host.id), .text(FleetDatabase.project), .text(host.name), try .json(host.labels),
                .text(host.machine), .text(host.instance), .instant(host.enrolledAt), .bool(host.isRevoked),
                try host.cordon.map { try .json($0) } ?? .null, try host.adoptedPorts.map { try .json($0) } ?? .null,
                .number(version),
            ]
        )
        return Written(action: stored == nil ? .created : .updated, resourceVersion: version)
    }

    /// Sets a host's labels.
    ///
    /// - Throws: ``FleetStoreError`` `notFound`, `conflict`.
    package func setLabels(
        _ labels: [String: String],
        ofHost id: String,
        expected: UInt64? = nil
    ) throws -> Written {
        guard let stored = try reader.host(id) else { throw FleetStoreError.notFound(.host, id) }
        try check(expected, stored: stored.resourceVersion, .host, stored.host.name)
        var host = stored.host
        host.labels = labels
        return try putHost(host)
    }

    /// Sets or takes away what keeps new things from a host.
    ///
    /// - Throws: ``FleetStoreError`` `notFound`.
    package func setCordon(_ cordon: Cordon?, ofHost id: String) throws -> Written {
        guard var host = try reader.host(id)?.host else { throw FleetStoreError.notFound(.host, id) }
        host.cordon = cordon
        return try putHost(host, verb: cordon == nil ? "uncordon" : "cordon")
    }

    /// Sets or takes away the leave to take a port of a host over.
    ///
    /// - Throws: ``FleetStoreError`` `notFound`.
    package func setAdoption(_ adoption: PortAdoption?, of port: UInt16, onHost id: String) throws -> Written {
        guard var host = try reader.host(id)?.host else { throw FleetStoreError.notFound(.host, id) }
        let ports = (host.adoptedPorts ?? []).filter { $0.port != port } + (adoption.map { [$0] } ?? [])
        host.adoptedPorts = ports.isEmpty ? nil : ports.sorted { $0.port < $1.port }
        return try putHost(host, verb: adoption == nil ? "release-port" : "adopt-port")
    }

    /// Refuses a host and all its certificates from now on.
    ///
    /// - Throws: ``FleetStoreError`` `notFound`.
    package func revokeHost(_ id: String) throws -> Written {
        guard var host = try reader.host(id)?.host else { throw FleetStoreError.notFound(.host, id) }
        host.isRevoked = true
        try transaction.execute(
            "UPDATE certificate SET revoked_at = ? WHERE host = ? AND revoked_at IS NULL",
            [.instant(change.now), .text(id)]
        )
        return try putHost(host, verb: "revoke")
    }

    /// Forgets a host: what it should run, its certificates, itself. What it did stays in the histories, and its open parts
    /// in rollbacks end.
    ///
    /// - Throws: ``FleetStoreError`` `notFound`.
    package func deleteHost(_ id: String) throws {
        guard let host = try reader.host(id)?.host else { throw FleetStoreError.notFound(.host, id) }
        try endOpenEntries(of: host)
        for row in try transaction.rows(
            "SELECT DISTINCT deployment FROM serving WHERE host = ? AND until IS NULL",
            [.text(id)]
        ) {
            try serve(nil, of: try row.text("deployment"), at: change.now, on: id)
        }
        for table in ["assignment_item", "assignment", "certificate"] {
            try transaction.execute("DELETE FROM \(table) WHERE host = ?", [.text(id)])
        }
        try transaction.execute("DELETE FROM host WHERE id = ?", [.text(id)])
        try record("delete", .host, name: host.name, uid: id, before: try StoredJSON.text(host))
    }

    /// Stores when hosts were last heard, by id: one transaction every 30 s. No revision, no audit.
    package func saveLastSeen(_ instants: [String: Instant]) throws {
        for (id, instant) in instants.sorted(by: { $0.key < $1.key }) {
            try transaction.execute("UPDATE host SET last_seen = ? WHERE id = ?", [.instant(instant), .text(id)])
        }
    }

    /// Stores hosts' newest reports, by id. No revision, no audit; the caller keeps the reports' order.
    package func saveReports(_ reports: [String: HostReport]) throws {
        for (id, report) in reports.sorted(by: { $0.key < $1.key }) {
            try transaction.execute(
                "UPDATE host SET report = ?, report_sequence = ?, last_seen = ? WHERE id = ?",
                [try .json(report), .number(report.sequence), .instant(change.now), .text(id)]
            )
        }
    }

    /// Stores what a host's outbox delivers, each once; receipts, the serving history and the
    /// audit of what was done on the host follow from it.
    ///
    /// - Parameter instance: the host's instance id: sequences count within it.
    /// - Returns: those that were not stored before, in order. All of them may be acknowledged after the commit.
    package func saveOutcomes(
        _ outcomes: [HostOutcome],
        of host: String,
        instance: String
    ) throws -> [HostOutcome] {
        try outcomes.filter { outcome in
            let made = try transaction.execute(
                """
                INSERT INTO outcome (host, instance, sequence, deployment, outcome, received_at, event)
                VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (host, instance, sequence) DO NOTHING
                """,
                [
                    .text(host), .text(instance), .number(outcome.sequence), .text(outcome.deployment),
                    try .json(outcome), .instant(change.now), .bool(outcome.isEvent),
                ]
            )
            guard made == 1 else { return false }
            switch outcome.kind {
            case .rolledBack(let id, let receipt):
                try conclude(id, receipt, of: outcome.deployment, on: host, at: outcome.at)
            case .serving(let revision): try serve(revision, of: outcome.deployment, at: outcome.at, on: host)
            case .local(let action): try audit(action, outcome, on: host)
            case .verified, .reverted, .revertFailed, .removed: break
            }
            return true
        }
    }

    /// Enters into the audit that a host's support bundle was taken. It changes no object, so it takes no revision.
    ///
    /// - Parameters:
    ///   - name: the host's name.
    ///   - redacted: whether secrets were taken out on the host.
    package func auditSupportBundle(ofHost name: String, redacted: Bool) throws {
        try enterAudit(
            "support-bundle",
            .host,
            name: name,
            revision: head.revision,
            before: nil,
            after: try StoredJSON.text(["redacted": redacted])
        )
        try saveHead()
    }

    /// It changes no object, so it takes no revision.
    private func audit(_ action: LocalAction, _ outcome: HostOutcome, on host: String) throws {
        let name = try reader.host(host)?.host.name ?? host
        try enterAudit(
            action.verb,
            .host,
            name: name,
            revision: head.revision,
            before: nil,
            after: try StoredJSON.text(outcome),
            actor: "host:\(name)/\(action.actor)",
            reason: action.reason
        )
        try saveHead()
    }

    func serve(
        _ revision: RevisionReference?,
        of deployment: String,
        at instant: Instant,
        on host: String
    ) throws {
        let open = try transaction.rows(
            "SELECT id, since FROM serving WHERE deployment = ? AND host = ? AND until IS NULL",
            [.text(deployment), .text(host)]
        )
        for row in open {
            let level = ServingLevel.of(since: try row.instant("since"), until: instant)
            try transaction.execute(
                "UPDATE serving SET until = ?, level = ? WHERE id = ?",
                [.instant(instant), .integer(level), .integer(try row.integer("id"))]
            )
        }
        guard let revision else { return }
        try transaction.execute(
            """
            INSERT INTO serving (host, deployment, revision, digest, written, since) VALUES (?, ?, ?, ?, ?, ?)
            """,
            [
                .text(host), .text(deployment), .number(revision.number), .digest(revision.digest),
                .digest(revision.written), .instant(instant),
            ]
        )
    }
}
