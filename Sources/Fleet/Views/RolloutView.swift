/// A rollout as people follow it.
package struct RolloutView: Sendable, Codable {
    /// Lists of up to so many hosts are shown whole.
    package static let wholeList = 20

    /// Its machine's state.
    package var rollout: Rollout
    /// The deployment's name.
    package var deployment: String
    /// What it takes to the hosts.
    package var revision: RevisionView
    /// Where the hosts of the list stand; sums to the size of the list.
    package var counts: RolloutCounts
    /// Its waves, the first one first; empty in lists of rollouts.
    package var waves: [RolloutWaveView]
    /// Hosts of the list, in its order: all of them, or those that are moving or need attention.
    package var targets: [RolloutTarget]
    /// When it can be expected to end, should nothing fail; `nil` where that cannot be said.
    package var expectedEnd: Instant?
    /// What the estimate rests on, or why there is none; `nil` when the rollout has ended.
    package var expectation: String?
    /// What it waits for, since when, who can act.
    package var explanations: [Explanation]

    /// A rollout as people follow it.
    package init(
        rollout: Rollout,
        deployment: String,
        revision: RevisionView,
        counts: RolloutCounts,
        waves: [RolloutWaveView] = [],
        targets: [RolloutTarget] = [],
        expectedEnd: Instant? = nil,
        expectation: String? = nil,
        explanations: [Explanation] = []
    ) {
        self.rollout = rollout
        self.deployment = deployment
        self.revision = revision
        self.counts = counts
        self.waves = waves
        self.targets = targets
        self.expectedEnd = expectedEnd
        self.expectation = expectation
        self.explanations = explanations
    }

    /// Hosts of the list that are not among `targets`.
    package var hidden: Int { max(rollout.size - targets.count, 0) }
}
