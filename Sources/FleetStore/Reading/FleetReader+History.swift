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
    package func audit(after sequence: UInt64 = 0, limit: Int) throws -> [AuditRecord] {
        try transaction.rows(
            "SELECT * FROM audit WHERE sequence > ? ORDER BY sequence LIMIT ?",
            [.number(sequence), .int(limit)]
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
        var previous = AuditRecord.genesis
        var sequence: UInt64 = 0
        while true {
            let records = try audit(after: sequence, limit: 1_000)
            for record in records {
                guard record.sequence == sequence + 1, record.previousHash == previous,
                    record.hash == record.expectedHash
                else { return sequence + 1 }
                (sequence, previous) = (record.sequence, record.hash)
            }
            guard records.isEmpty else { continue }
            let head = try transaction.row("SELECT audit_sequence, audit_hash FROM controller")
            let isWhole = try head?.number("audit_sequence") == sequence && head?.text("audit_hash") == previous
            return isWhole ? nil : sequence + 1
        }
    }

    private func auditRecord(_ row: StoreRow) throws -> AuditRecord {
        AuditRecord(
            sequence: try row.number("sequence"),
            at: try row.instant("at"),
            actor: try row.text("actor"),
            reason: try row.textOrNull("reason"),
            verb: try row.text("verb"),
            kind: try row.word("kind"),
            name: try row.text("name"),
            revision: try row.number("revision"),
            before: try row.textOrNull("before"),
            after: try row.textOrNull("after"),
            previousHash: try row.text("previous_hash"),
            hash: try row.text("hash")
        )
    }
}
