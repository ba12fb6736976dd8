/// A rollback, or a drill, as people follow it.
package struct RollbackView: Sendable, Codable {
    /// Deployments with up to so many hosts are shown whole.
    package static let wholeList = 20

    /// Where a rollback stands.
    package enum State: String, Hashable, Sendable, Codable, CaseIterable {
        /// Some host that can be reached is on its way.
        case running
        /// Only hosts that cannot be reached are left.
        case waiting
        /// Every host has its receipt.
        case ended
    }

    /// What was asked for, by whom, and why.
    package var rollback: Rollback
    /// Where it stands.
    package var state: State
    /// The receipts of all hosts of all deployments; sums to their number.
    package var counts: ReceiptCounts
    /// By name; in lists of rollbacks without their hosts.
    package var deployments: [RollbackDeploymentView]
    /// Why deployments of the scope are not in it, by name; for people.
    package var refused: [String: String]
    /// In the answer to a request: the names of deployments whose rollback ran already, and was joined.
    package var joined: [String]
    /// What it waits for, since when, who can act.
    package var explanations: [Explanation]

    /// A rollback as people follow it; where it stands follows from its counts.
    package init(
        rollback: Rollback,
        deployments: [RollbackDeploymentView],
        refused: [String: String] = [:],
        joined: [String] = [],
        explanations: [Explanation] = []
    ) {
        var counts = ReceiptCounts()
        for deployment in deployments { counts.add(deployment.counts) }
        self.rollback = rollback
        state = counts[.inProgress] > 0 ? .running : counts[.offline] > 0 ? .waiting : .ended
        self.counts = counts
        self.deployments = deployments
        self.refused = refused
        self.joined = joined
        self.explanations = explanations
    }

    /// Every reachable host has ended, and none of them failed, was pinned or had no target.
    package var isGood: Bool {
        state != .running && counts[.noTarget] == 0 && counts[.pinned] == 0 && counts[.failed] == 0
    }
}
