/// Receipts of a rollback, some at a time, as they are exported.
package struct ReceiptsView: Sendable, Codable {
    /// The rollback's id.
    package var rollback: String
    /// In the order of deployments and hosts.
    package var items: [RollbackHostView]
    /// Where the next ones begin; `nil` when there are no more.
    package var next: String?

    /// Receipts of a rollback.
    package init(rollback: String, items: [RollbackHostView], next: String? = nil) {
        self.rollback = rollback
        self.items = items
        self.next = next
    }
}
