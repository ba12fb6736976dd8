/// From when to when a host served a revision, by the host's clock.
package struct ServingView: Sendable, Codable {
    /// The deployment's name.
    package var deployment: String
    /// The host's name.
    package var host: String
    /// What answered.
    package var revision: RevisionView
    /// From when.
    package var since: Instant
    /// Until when; `nil` while it does, as far as the host has told.
    package var until: Instant?
    /// Since when the host cannot be reached, so that it may have changed; `nil` while it can.
    package var unreachableSince: Instant?

    /// From when to when a host served a revision.
    package init(
        deployment: String,
        host: String,
        revision: RevisionView,
        since: Instant,
        until: Instant? = nil,
        unreachableSince: Instant? = nil
    ) {
        self.deployment = deployment
        self.host = host
        self.revision = revision
        self.since = since
        self.until = until
        self.unreachableSince = unreachableSince
    }
}
