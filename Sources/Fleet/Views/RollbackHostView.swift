/// Where one host stands with a rollback of one deployment: its place, then its receipt.
package struct RollbackHostView: Sendable, Codable {
    /// The deployment's name.
    package var deployment: String
    /// The host's name.
    package var host: String
    /// Its wave, from 0; 0 for a fast rollback.
    package var wave: Int
    /// What it served when the rollback was asked for.
    package var from: RevisionView?
    /// Where it goes, as far as that is known; once it has ended, what it serves since.
    package var to: RevisionView?
    /// What it was told: `nil` nothing yet, `wait` to have everything ready, `go` to move.
    package var turn: AssignmentItem.Turn?
    /// Since when that.
    package var since: Instant?
    /// Its outcome, or where it stands.
    package var receipt: Receipt
    /// Since when that.
    package var receiptAt: Instant
    /// When what it serves since was proven, by the host's clock.
    package var provenAt: Instant?
    /// Since when it cannot be reached; `nil` while it can.
    package var unreachableSince: Instant?
    /// What it waits for; for people.
    package var reason: String?
    /// Established connections that still end at what is condemned.
    package var condemnedConnections: Int?
    /// The audit's record of its outcome; `nil` while it has none.
    package var audit: AuditReference?

    /// Where one host stands with a rollback.
    package init(
        deployment: String,
        host: String,
        wave: Int = 0,
        from: RevisionView? = nil,
        to: RevisionView? = nil,
        turn: AssignmentItem.Turn? = nil,
        since: Instant? = nil,
        receipt: Receipt,
        receiptAt: Instant,
        provenAt: Instant? = nil,
        unreachableSince: Instant? = nil,
        reason: String? = nil,
        condemnedConnections: Int? = nil,
        audit: AuditReference? = nil
    ) {
        self.deployment = deployment
        self.host = host
        self.wave = wave
        self.from = from
        self.to = to
        self.turn = turn
        self.since = since
        self.receipt = receipt
        self.receiptAt = receiptAt
        self.provenAt = provenAt
        self.unreachableSince = unreachableSince
        self.reason = reason
        self.condemnedConnections = condemnedConnections
        self.audit = audit
    }
}
