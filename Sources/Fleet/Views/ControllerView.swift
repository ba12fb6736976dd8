/// What the controller says of itself.
package struct ControllerView: Sendable, Codable {
    /// Its version.
    package var version: String
    /// Rises when the store is found to be an old backup.
    package var epoch: UInt64
    /// Set while nothing may move.
    package var frozen: FrozenView?
    /// Set while nothing may move on some hosts, which alone say that they have seen more than the store; what a thaw would
    /// begin there.
    package var quarantine: FrozenView?
    /// Set while the store cannot be written.
    package var store: StoreTrouble?

    /// What the controller says of itself.
    package init(
        version: String,
        epoch: UInt64,
        frozen: FrozenView? = nil,
        quarantine: FrozenView? = nil,
        store: StoreTrouble? = nil
    ) {
        self.version = version
        self.epoch = epoch
        self.frozen = frozen
        self.quarantine = quarantine
        self.store = store
    }
}
