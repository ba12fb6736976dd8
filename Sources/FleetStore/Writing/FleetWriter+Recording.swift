import Fleet
import StoreDriver

extension FleetWriter {
    /// Takes the next revision and enters a change into the log and the audit.
    ///
    /// - Parameters:
    ///   - before: JSON of the object before; `nil` when there was none.
    ///   - after: JSON of the object after; `nil` when there is none.
    /// - Returns: the change's revision, the object's new resource version.
    @discardableResult
    func record(
        _ verb: String,
        _ kind: ObjectKind,
        name: String,
        uid: String? = nil,
        before: String? = nil,
        after: String? = nil
    ) throws -> UInt64 {
        let revision = try takeRevision(kind, name: name, uid: uid, change: after == nil ? .delete : .put)
        try enterAudit(verb, kind, name: name, revision: revision, before: before, after: after)
        try saveHead()
        return revision
    }

    /// Takes the next revision and enters a change into the log. ``saveHead()`` must follow.
    func takeRevision(
        _ kind: ObjectKind,
        name: String,
        uid: String?,
        change: WatchEvent.Change
    ) throws -> UInt64 {
        head.revision += 1
        head.isAdvanced = true
        try log(head.revision, kind, name: name, uid: uid, change: change)
        return head.revision
    }

    /// Enters a change that has its revision into the audit. ``saveHead()`` must follow.
    ///
    /// - Parameters:
    ///   - actor: who did it; whoever writes when `nil`.
    ///   - reason: why, if another did it.
    func enterAudit(
        _ verb: String,
        _ kind: ObjectKind,
        name: String,
        revision: UInt64,
        before: String?,
        after: String?,
        actor: String? = nil,
        reason: String? = nil
    ) throws {
        var record = AuditRecord(
            sequence: head.auditSequence + 1,
            at: change.now,
            actor: actor ?? change.actor,
            reason: actor == nil ? change.reason : reason,
            verb: verb,
            project: FleetDatabase.project,
            kind: kind.rawValue,
            name: name,
            revision: revision,
            before: before,
            after: after,
            previousHash: head.auditHash,
            hash: ""
        )
        record.hash = record.expectedHash
        try insert(record)
        head.auditSequence = record.sequence
        head.auditHash = record.hash
    }

    /// Stores the ends of the log and of the audit's chain.
    func saveHead() throws {
        try transaction.execute(
            "UPDATE controller SET revision = ?, audit_sequence = ?, audit_hash = ?",
            [.number(head.revision), .number(head.auditSequence), .text(head.auditHash)]
        )
    }

    private func log(
        _ revision: UInt64,
        _ kind: ObjectKind,
        name: String,
        uid: String?,
        change: WatchEvent.Change
    ) throws {
        try transaction.execute(
            "INSERT INTO change_log (revision, project, kind, name, uid, change) VALUES (?, ?, ?, ?, ?, ?)",
            [
                .number(revision), .text(FleetDatabase.project), .text(kind.rawValue), .text(name), .text(orNull: uid),
                .text(change.rawValue),
            ]
        )
        if revision > FleetDatabase.changesKept {
            try transaction.execute(
                "DELETE FROM change_log WHERE revision <= ?",
                [.number(revision - FleetDatabase.changesKept)]
            )
        }
    }

    private func insert(_ record: AuditRecord) throws {
        try transaction.execute(
            """
            INSERT INTO audit (sequence, at, actor, reason, verb, project, kind, name, revision, before, after,
                previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .number(record.sequence), .instant(record.at), .text(record.actor), .text(orNull: record.reason),
                .text(record.verb), .text(record.project), .text(record.kind), .text(record.name),
                .number(record.revision), .text(orNull: record.before), .text(orNull: record.after),
                .text(record.previousHash), .text(record.hash),
            ]
        )
    }

    /// Refuses a conditional write of an object that changed since it was read.
    ///
    /// - Parameters:
    ///   - expected: the resource version that the caller read; 0 for "there is none"; `nil` for no check.
    ///   - stored: the resource version that is there; 0 for none.
    func check(_ expected: UInt64?, stored: UInt64, _ kind: ObjectKind, _ name: String) throws {
        guard let expected, expected != stored else { return }
        // What was done on a host stands there too, after the change that it found.
        let newest = try reader.audit(of: kind, name, limit: 16)
        let last = newest.last { $0.revision == stored } ?? newest.first
        let who =
            last.map { "\($0.actor) did \"\($0.verb)\" at \($0.at)" + ($0.reason.map { " (reason: \($0))" } ?? "") }
            ?? "nobody is known to have changed it"
        let why = stored == 0 ? "there is none now" : "it is at version \(stored) now"
        throw FleetStoreError(
            .conflict,
            what: "cannot change \(kind.rawValue) \(name)",
            where: "expected version \(expected)",
            why: "\(why): \(who)",
            next: "read it again, then repeat the change"
        )
    }
}
