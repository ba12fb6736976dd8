/// What the controller says of itself.
package struct ControllerView: Sendable, Codable {
    /// Its version.
    package var version: String
    /// Rises when the store is found to be an old backup.
    package var epoch: UInt64
    /// Set while nothing may move.
    package var frozen: FrozenView?

    /// What the controller says of itself.
    package init(version: String, epoch: UInt64, frozen: FrozenView? = nil) {
        self.version = version
        self.epoch = epoch
        self.frozen = frozen
    }
}
