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

/// What the guards say of a rollout. What feeds them is not built yet.
package enum GuardVerdict: Hashable, Sendable {
    /// Nothing speaks against it.
    case pass
    /// It must not go on.
    case fail(reason: String)
    /// They could not be read.
    case inconclusive(reason: String)
}

/// A command that a rollout cannot follow: nothing has changed.
package struct RolloutRefusal: Error, Hashable, Sendable {
    /// What was refused, and why; for people.
    package var why: String
    /// What to do instead.
    package var next: String

    /// A refused command.
    package init(why: String, next: String) {
        self.why = why
        self.next = next
    }
}
