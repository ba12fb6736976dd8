/// What a rollback would mean for one host and deployment.
package struct RollbackPlanHost: Sendable, Codable {
    /// The deployment's name.
    package var deployment: String
    /// The host's name.
    package var host: String
    /// What it serves.
    package var from: RevisionView?
    /// Where it would go; `nil` when it would not move, or has nowhere to go.
    package var to: RevisionView?
    /// What its receipt would begin with: `inProgress`, `offline`, `unaffected`, `pinned`, or `noTarget`.
    package var receipt: Receipt.Kind
    /// Why there is no target, or what is in the way of it; for people.
    package var reason: String?
    /// Since when it cannot be reached; `nil` while it can.
    package var unreachableSince: Instant?
    /// Whether its way back could be taken now; `nil` when it does not say.
    package var readiness: RollbackReadiness.State?

    /// What a rollback would mean for one host.
    package init(
        deployment: String,
        host: String,
        from: RevisionView? = nil,
        to: RevisionView? = nil,
        receipt: Receipt.Kind,
        reason: String? = nil,
        unreachableSince: Instant? = nil,
        readiness: RollbackReadiness.State? = nil
    ) {
        self.deployment = deployment
        self.host = host
        self.from = from
        self.to = to
        self.receipt = receipt
        self.reason = reason
        self.unreachableSince = unreachableSince
        self.readiness = readiness
    }
}
