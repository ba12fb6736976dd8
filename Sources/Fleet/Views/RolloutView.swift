/// A rollout as people follow it.
package struct RolloutView: Sendable, Codable {
    /// Its machine's state.
    package var rollout: Rollout
    /// The deployment's name.
    package var deployment: String
    /// What it takes to the hosts.
    package var revision: RevisionView
    /// What it waits for, since when, who can act.
    package var explanations: [Explanation]

    /// A rollout as people follow it.
    package init(
        rollout: Rollout,
        deployment: String,
        revision: RevisionView,
        explanations: [Explanation] = []
    ) {
        self.rollout = rollout
        self.deployment = deployment
        self.revision = revision
        self.explanations = explanations
    }
}
