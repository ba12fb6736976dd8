package import Fleet

/// A fact of a host, as it was stored.
package struct OutcomeRecord: Hashable, Sendable {
    /// The host's id.
    package var host: String
    /// The host's instance id: sequences count within it.
    package var instance: String
    /// The fact.
    package var outcome: HostOutcome
    /// When it was stored.
    package var receivedAt: Instant
}
