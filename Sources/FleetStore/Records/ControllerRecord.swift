package import Fleet

/// What the store knows of its controller.
package struct ControllerRecord: Sendable, Hashable {
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
}
