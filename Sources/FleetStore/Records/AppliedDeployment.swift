/// What applying a deployment did.
package struct AppliedDeployment: Sendable, Hashable {
    /// Whether anything changed.
    package var action: Written.Action
    /// Whether the content changed, so that there is a new revision.
    package var madeRevision: Bool
    /// As it stands now.
    package var record: DeploymentRecord
}
