import Fleet
import StoreDriver

/// One transaction that changes the store. Valid only inside the closure it was given to.
///
/// Each change of desired state takes the next revision, enters the change log and the audit, and is kept or lost
/// with the whole transaction. `expected` parameters are resource versions: `nil` asks for no check, 0 says that there
/// must be no such object; if another version is stored, ``FleetStoreError`` `conflict` says who changed what and when.
package struct FleetWriter {
    /// The ends of the change log and of the audit's chain, as this transaction sees them.
    ///
    /// They are read once and kept: transactions that write come one after the other. (Where they do not, the row is to
    /// be read FOR UPDATE.)
    final class Head {
        var revision: UInt64
        var auditSequence: UInt64
        var auditHash: String
        /// Whether the transaction took a revision.
        var isAdvanced = false
        /// The revision that a rollout's change took in this transaction, by the rollout's id.
        var touched: [String: UInt64] = [:]

        init(_ row: StoreRow) throws {
            revision = try row.number("revision")
            auditSequence = try row.number("audit_sequence")
            auditHash = try row.text("audit_hash")
        }
    }

    let transaction: StoreTransaction
    let head: Head
    /// Who changes, why, when.
    package let change: Change
    /// What the transaction sees, its own changes included.
    package let reader: FleetReader

    init(transaction: StoreTransaction, shared: SharedValues, change: Change) throws {
        self.transaction = transaction
        self.change = change
        self.reader = FleetReader(transaction: transaction, shared: shared)
        guard
            let row = try transaction.row("SELECT term, revision, audit_sequence, audit_hash FROM controller")
        else { throw FleetReader.notBegun() }
        head = try Head(row)
        let term = try row.number("term")
        guard term <= change.term else {
            throw FleetStoreError(
                .fenced,
                what: "a write was refused",
                where: "controller of term \(change.term)",
                why: "a controller of term \(term) has taken over the store",
                next: "stop this controller; only one may run on one store"
            )
        }
    }

    /// Raises the epoch, so that assignments outrank every one of before: after a restore.
    ///
    /// - Parameter epoch: at least this one.
    /// - Returns: the new epoch.
    package func raiseEpoch(above epoch: UInt64 = 0) throws -> UInt64 {
        let before = try reader.controller().epoch
        let after = max(before, epoch) + 1
        try transaction.execute("UPDATE controller SET epoch = ?", [.number(after)])
        try record(
            "raiseEpoch",
            .controller,
            name: "controller",
            before: "{\"epoch\":\(before)}",
            after: "{\"epoch\":\(after)}"
        )
        return after
    }
}
