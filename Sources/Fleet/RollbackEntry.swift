/// Where one host stands with one rollback of one deployment: its place in it, then its receipt. Kept for ever.
package struct RollbackEntry: Hashable, Sendable, Codable {
    /// The rollback's id.
    package var rollback: String
    /// The deployment's uid.
    package var deployment: String
    /// The host's id.
    package var host: String
    /// The host's name.
    package var name: String
    /// The wave that it goes in, from 0; 0 where there are none.
    package var wave: Int
    /// What it served when it was asked; `nil` for nothing, or when that is not known.
    package var from: RevisionReference?
    /// What it serves since, once it has ended; `nil` until then, and for nothing.
    package var to: RevisionReference?
    /// What it was told; `nil` until it was told anything.
    package var turn: AssignmentItem.Turn?
    /// When it was told so.
    package var since: Instant
    /// Where it stands.
    package var receipt: Receipt
    /// Since when.
    package var receiptAt: Instant
    /// When the host proved what it serves since, by its own clock; `nil` until then.
    package var provenAt: Instant?
    /// The number of the item that told it; `nil` until then.
    package var itemNumber: UInt64?

    /// Where one host stands.
    package init(
        rollback: String,
        deployment: String,
        host: String,
        name: String,
        wave: Int = 0,
        from: RevisionReference? = nil,
        to: RevisionReference? = nil,
        turn: AssignmentItem.Turn? = nil,
        since: Instant,
        receipt: Receipt,
        receiptAt: Instant,
        provenAt: Instant? = nil,
        itemNumber: UInt64? = nil
    ) {
        self.rollback = rollback
        self.deployment = deployment
        self.host = host
        self.name = name
        self.wave = wave
        self.from = from
        self.to = to
        self.turn = turn
        self.since = since
        self.receipt = receipt
        self.receiptAt = receiptAt
        self.provenAt = provenAt
        self.itemNumber = itemNumber
    }
}
