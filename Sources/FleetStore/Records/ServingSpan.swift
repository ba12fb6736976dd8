package import Fleet

/// From when to when a host served a revision, by the host's clock.
package struct ServingSpan: Sendable, Hashable {
    /// The host's id.
    package var host: String
    /// The deployment's uid.
    package var deployment: String
    /// What answered.
    package var revision: RevisionReference
    /// From when.
    package var since: Instant
    /// Until when; `nil` while it does.
    package var until: Instant?
}
