/// A fact that must arrive: kept in the host's outbox until the controller has stored it.
package struct HostOutcome: Hashable, Sendable, Codable {
    /// What happened.
    package enum Kind: Hashable, Sendable, Codable {
        /// The item's revision was proven here.
        case verified
        /// It failed and what served before serves again.
        case reverted(cause: String)
        /// It failed and so did the way back, or there was none.
        case revertFailed(cause: String)
        /// A rollback ended.
        case rolledBack(id: String, receipt: Receipt)
        /// The deployment was removed from this host.
        case removed
        /// What answers changed. Closes one entry of the serving history and opens the next.
        case serving(RevisionReference?)
        /// A person did something on the host itself. Not sent to a controller that cannot store it.
        case local(LocalAction)
    }

    /// Counts from 1 within the host's instance id; the controller stores each once.
    package var sequence: UInt64
    /// The deployment's uid.
    package var deployment: String
    /// The number of the item.
    package var item: UInt64
    /// The revision that it is about.
    package var revision: RevisionReference?
    /// What happened.
    package var kind: Kind
    /// When, by the host's clock.
    package var at: Instant

    /// A fact.
    package init(
        sequence: UInt64,
        deployment: String,
        item: UInt64,
        revision: RevisionReference?,
        kind: Kind,
        at: Instant
    ) {
        self.sequence = sequence
        self.deployment = deployment
        self.item = item
        self.revision = revision
        self.kind = kind
        self.at = at
    }
}
