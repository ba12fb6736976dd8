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
    ///
    /// - Parameters:
    ///   - entry: its place and its receipt, as they are kept.
    ///   - deployment: the deployment's name.
    package init(
        _ entry: RollbackEntry,
        deployment: String,
        from: RevisionView? = nil,
        to: RevisionView? = nil,
        unreachableSince: Instant? = nil,
        reason: String? = nil,
        condemnedConnections: Int? = nil,
        audit: AuditReference? = nil
    ) {
        self.deployment = deployment
        host = entry.name
        wave = entry.wave
        self.from = from
        self.to = to
        turn = entry.turn
        since = entry.turn == nil ? nil : entry.since
        receipt = entry.receipt
        receiptAt = entry.receiptAt
        provenAt = entry.provenAt
        self.unreachableSince = unreachableSince
        self.reason = reason
        self.condemnedConnections = condemnedConnections
        self.audit = audit
    }
}
