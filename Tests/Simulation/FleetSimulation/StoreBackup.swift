import FleetStore

/// A copy of a store.
struct StoreBackup {
    /// What was committed.
    var image: StoreImage
    /// The same as the real store has it, where that is used.
    var file: FleetImage?
}
