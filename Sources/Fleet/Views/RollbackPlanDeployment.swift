/// What a rollback would mean for one deployment.
package struct RollbackPlanDeployment: Sendable, Codable {
    /// Hosts that would go the same way.
    package struct Way: Sendable, Codable {
        /// What they serve.
        package var from: RevisionView?
        /// Where they would go; `nil` when they have nowhere to go.
        package var to: RevisionView?
        /// How many.
        package var hosts: Int

        /// Hosts that would go the same way.
        package init(from: RevisionView?, to: RevisionView?, hosts: Int) {
            self.from = from
            self.to = to
            self.hosts = hosts
        }
    }

    /// The deployment's name.
    package var name: String
    /// What would be condemned; empty when there is nothing to roll back, or when a running rollback would be joined.
    package var condemned: [RevisionView]
    /// The id of the rollback that is running already, and would be joined.
    package var joins: String?
    /// Why nothing of it would be rolled back; for people.
    package var refusal: String?
    /// Of the hosts that serve, or move to, what would be condemned: the most first.
    package var ways: [Way]
    /// What the receipts of all of its hosts would begin with.
    package var counts: ReceiptCounts

    /// What a rollback would mean for one deployment.
    package init(
        name: String,
        condemned: [RevisionView],
        joins: String? = nil,
        refusal: String? = nil,
        ways: [Way] = [],
        counts: ReceiptCounts = ReceiptCounts()
    ) {
        self.name = name
        self.condemned = condemned
        self.joins = joins
        self.refusal = refusal
        self.ways = ways
        self.counts = counts
    }
}
