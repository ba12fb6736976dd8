import Fleet
import StoreDriver

/// One transaction that changes the store. Valid only inside the closure it was given to.
///
/// Each change of desired state takes the next revision, enters the change log and the audit, and is kept or lost
/// with the whole transaction. `expected` parameters are resource versions: `nil` asks for no check, 0 says that there
/// must be no such object; if another version is stored, ``FleetStoreError`` `conflict` says who changed what and when.
package struct FleetWriter {
    /// What this transaction has done so far.
    final class Progress {
        /// The newest revision that it took.
        var revision: UInt64?
    }

    let transaction: StoreTransaction
    let progress = Progress()
    /// Who changes, why, when.
    package let change: Change
    /// What the transaction sees, its own changes included.
    package let reader: FleetReader

    init(transaction: StoreTransaction, change: Change) throws {
        self.transaction = transaction
        self.change = change
        self.reader = FleetReader(transaction: transaction)
        let term = try reader.controller().term
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
