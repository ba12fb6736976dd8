package import Fleet
import StoreDriver

extension FleetReader {
    /// Changes after a revision, in order, each with its own revision.
    ///
    /// One event `resync` instead when the log no longer reaches back that far, or the revision is from the future (a
    /// restored store): the reader must list again, and go on from that event's revision.
    package func changes(after revision: UInt64, limit: Int) throws -> [WatchEvent] {
        let newest = try self.revision()
        guard revision != newest else { return [] }
        let rows = try transaction.rows(
            "SELECT revision, kind, name, change FROM change_log WHERE revision > ? ORDER BY revision LIMIT ?",
            [.number(revision), .int(limit)]
        )
        guard revision < newest, let first = rows.first, try first.number("revision") == revision + 1 else {
            return [WatchEvent(revision: newest, kind: "", name: "", change: .resync)]
        }
        return try rows.map { row in
            WatchEvent(
                revision: try row.number("revision"),
                kind: try row.text("kind"),
                name: try row.text("name"),
                change: try row.word("change")
            )
        }
    }

    /// Audit records after a sequence number, oldest first.
    ///
    /// - Parameters:
    ///   - actor: only what this one did.
    ///   - kind: only what was done to objects of this kind.
    ///   - name: only what was done to objects of this name.
    ///   - since: only what was done then or later.
    package func audit(
        after sequence: UInt64 = 0,
        actor: String? = nil,
        kind: ObjectKind? = nil,
        name: String? = nil,
        since: Instant? = nil,
        limit: Int
    ) throws -> [AuditRecord] {
        var conditions = ["sequence > ?"]
        var arguments: [StoreValue] = [.number(sequence)]
        if let kind, let name {
            conditions.append("project = ? AND kind = ? AND name = ?")
            arguments += [.text(FleetDatabase.project), .text(kind.rawValue), .text(name)]
        } else if let kind {
            conditions.append("kind = ?")
            arguments.append(.text(kind.rawValue))
        } else if let name {
            conditions.append("name = ?")
            arguments.append(.text(name))
        }
        if let actor {
            conditions.append("actor = ?")
            arguments.append(.text(actor))
        }
        if let since {
            conditions.append("at >= ?")
            arguments.append(.instant(since))
        }
        return try transaction.rows(
            "SELECT * FROM audit WHERE \(conditions.joined(separator: " AND ")) ORDER BY sequence LIMIT ?",
            arguments + [.int(limit)]
        ).map { try auditRecord($0) }
    }

    /// Audit records of what changed after a revision of the store and up to another, oldest first; those among the newest
    /// 2,000, so that it reads no year.
    package func audit(after revision: UInt64, upTo last: UInt64) throws -> [AuditRecord] {
        try transaction.rows(
            """
            SELECT * FROM audit WHERE sequence > (SELECT audit_sequence FROM controller) - 2000
            AND revision > ? AND revision <= ? ORDER BY sequence
            """,
            [.number(revision), .number(last)]
        ).map { try auditRecord($0) }
    }

    /// Audit records of one object, newest first.
    package func audit(of kind: ObjectKind, _ name: String, limit: Int) throws -> [AuditRecord] {
        try transaction.rows(
            "SELECT * FROM audit WHERE project = ? AND kind = ? AND name = ? ORDER BY sequence DESC LIMIT ?",
            [.text(FleetDatabase.project), .text(kind.rawValue), .text(name), .int(limit)]
        ).map { try auditRecord($0) }
    }

    /// The first audit record that was changed, removed or put in after it was written; `nil` when the chain is whole.
    ///
    /// A chain that was cut at its end is told by the head that the controller's row keeps.
    package func auditBreak() throws -> UInt64? {
        var chain = AuditChain()
        while true {
            let records = try audit(after: chain.end.sequence, limit: 1_000)
            for record in records where chain.take(record) != nil { return chain.end.sequence + 1 }
            guard records.isEmpty else { continue }
            return chain.problem(endingAt: try auditHead()) == nil ? nil : chain.end.sequence + 1
        }
    }

    /// The newest record, as the controller's row keeps it.
    package func auditHead() throws -> AuditReference {
        guard let row = try transaction.row("SELECT audit_sequence, audit_hash FROM controller") else {
            throw Self.notBegun()
        }
        return AuditReference(sequence: try row.number("audit_sequence"), hash: try row.text("audit_hash"))
    }

    func auditRecord(_ row: StoreRow) throws -> AuditRecord {
        AuditRecord(
            sequence: try row.number("sequence"),
            at: try row.instant("at"),
            actor: try row.text("actor"),
            reason: try row.textOrNull("reason"),
            verb: try row.text("verb"),
            project: try row.text("project"),
            kind: try row.text("kind"),
            name: try row.text("name"),
            revision: try row.number("revision"),
            before: try row.textOrNull("before"),
            after: try row.textOrNull("after"),
            previousHash: try row.text("previous_hash"),
            hash: try row.text("hash")
        )
    }
}
