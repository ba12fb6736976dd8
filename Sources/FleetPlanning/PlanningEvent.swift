package import Fleet

/// Something that planning a deployment has to take in.
package enum PlanningEvent: Sendable {
    /// A host came, or its labels or eligibility changed. What is known of a known host's item, report and target stays.
    case host(DeploymentPicture.Host)
    /// A host is no more.
    case gone(host: String)
    /// What a host says about the deployment; `nil` when it says nothing of it any more.
    case report(host: String, ReplicaReport?)
    /// A host's lease lapsed, or came back.
    case reachability(host: String, unreachableSince: Instant?)
    /// What the guards say of the rollout under way.
    case guards(GuardVerdict)
}
