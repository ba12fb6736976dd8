import Fleet
import StoreDriver

/// The store as one snapshot shows it. Valid only inside the closure it was given to.
///
/// Lists are in the order of names unless they say otherwise. All methods throw ``FleetStoreError`` `corrupt` when what
/// is stored cannot be read, and nothing else of their own but what they say.
package struct FleetReader {
    let transaction: StoreTransaction
    let shared: SharedValues

    init(transaction: StoreTransaction, shared: SharedValues) {
        self.transaction = transaction
        self.shared = shared
    }

    /// The controller's own row.
    ///
    /// - Throws: ``FleetStoreError`` `misuse` before the first `begin`.
    package func controller() throws -> ControllerRecord {
        guard
            let row = try transaction.row(
                "SELECT id, created_at, epoch, term, revision, frozen_at, frozen_reason FROM controller"
            )
        else { throw Self.notBegun() }
        let frozen = try row.instantOrNull("frozen_at").map { since in
            ControllerRecord.Frozen(since: since, reason: try row.text("frozen_reason"))
        }
        return ControllerRecord(
            id: try row.text("id"),
            createdAt: try row.instant("created_at"),
            epoch: try row.number("epoch"),
            term: try row.number("term"),
            revision: try row.number("revision"),
            frozen: frozen
        )
    }

    /// The revision that this snapshot shows: watch from there.
    package func revision() throws -> UInt64 { try controller().revision }

    static func notBegun() -> FleetStoreError {
        FleetStoreError(
            .misuse,
            what: "cannot use the store",
            where: "controller",
            why: "no controller has begun a term on it",
            next: "this is a defect of the program: report it with this message"
        )
    }
}
