/// One deployment of a rollback.
package struct RollbackDeploymentView: Sendable, Codable {
    /// The deployment's name.
    package var name: String
    /// Not inherited by a re-created name.
    package var uid: String
    /// What it condemned; empty for a drill.
    package var holds: [HoldView]
    /// The receipts of all of its hosts.
    package var counts: ReceiptCounts
    /// Its hosts by name: all of them, or those that are on their way or need attention.
    package var hosts: [RollbackHostView]

    /// One deployment of a rollback.
    package init(
        name: String,
        uid: String,
        holds: [HoldView],
        counts: ReceiptCounts,
        hosts: [RollbackHostView]
    ) {
        self.name = name
        self.uid = uid
        self.holds = holds
        self.counts = counts
        self.hosts = hosts
    }

    /// Hosts that are not among `hosts`.
    package var hidden: Int { max(counts.total - hosts.count, 0) }
}
