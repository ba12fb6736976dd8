package import Fleet

/// What to do about one deployment now. Immutable; it leaves no choice to whoever executes it.
package struct DeploymentPlan: Sendable {
    /// The newest rollout after this step; `nil` when there is none.
    package var rollout: Rollout?
    /// The succeeded revisions after this step, oldest first.
    package var succeeded: [RevisionReference]
    /// What each host is to have: by host id; a host that is missing has no item.
    package var items: [String: AssignmentItem]
    /// Whatever is not where it should be.
    package var explanations: [Explanation]
    /// Whether the deployment's removal is complete on every host.
    package var isRemoved: Bool
}
