/// What applying some documents did.
package struct ApplyView: Sendable, Codable {
    /// One a document.
    package var changes: [PlanChange]
    /// The store's revision afterwards.
    package var revision: UInt64

    /// What applying some documents did.
    package init(
        changes: [PlanChange],
        revision: UInt64
    ) {
        self.changes = changes
        self.revision = revision
    }
}
