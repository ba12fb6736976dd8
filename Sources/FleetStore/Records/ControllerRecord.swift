package import Fleet

/// What the store knows of its controller.
package struct ControllerRecord: Sendable, Hashable {
    /// Why nothing may move.
    package struct Frozen: Sendable, Hashable {
        /// Since when.
        package var since: Instant
        /// What showed that the store is older than what hosts have seen.
        package var reason: String
    }

    /// Made on the first start.
    package var id: String
    /// When that was.
    package var createdAt: Instant
    /// Rises when the store is restored from a backup; part of each assignment's version.
    package var epoch: UInt64
    /// Rises with every start.
    package var term: UInt64
    /// The revision of the newest change.
    package var revision: UInt64
    /// Set from the moment that the store was found to be an old backup until a person thaws it.
    package var frozen: Frozen?
}
