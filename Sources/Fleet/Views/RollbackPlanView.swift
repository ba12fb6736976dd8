/// What a rollback would do. It only shows.
package struct RollbackPlanView: Sendable, Codable {
    /// By name: every deployment of the scope.
    package var deployments: [RollbackPlanDeployment]
    /// By deployment and name: all of the hosts when they are few, else those that cannot be reached, have no target, are
    /// pinned, or whose way back is not ready.
    package var hosts: [RollbackPlanHost]
    /// What the receipts of all hosts would begin with; sums over deployments.
    package var counts: ReceiptCounts
    /// How long it would take for the hosts that can be reached; `nil` where that cannot be said.
    package var estimate: Span?
    /// What the estimate rests on, or why there is none; for people.
    package var expectation: String
    /// What a person types to confirm: the deployment's name when there is one, else `all`.
    package var confirm: String

    /// What a rollback would do.
    package init(
        deployments: [RollbackPlanDeployment],
        hosts: [RollbackPlanHost],
        counts: ReceiptCounts,
        estimate: Span?,
        expectation: String,
        confirm: String
    ) {
        self.deployments = deployments
        self.hosts = hosts
        self.counts = counts
        self.estimate = estimate
        self.expectation = expectation
        self.confirm = confirm
    }

    /// Hosts that are not among `hosts`.
    package var hidden: Int { max(counts.total - hosts.count, 0) }
}
