/// What a person asks for with `muster rollback`.
///
/// On the wire it is one flat object: `deployments` (a list of names), `selector` or `all: true`; `hosts`; `toVersion` or
/// `toTime` (an instant), neither for each host's own last good one; `strategy`, `onFailure`, `reason`, `confirm`, `again`.
package struct RollbackRequest: Hashable, Sendable {
    /// Which deployments.
    package var scope: Rollback.Scope
    /// A selector of hosts that it is narrowed to, as written; `nil` for all.
    package var hosts: String?
    /// Where to.
    package var to: Rollback.Destination
    /// In which order hosts go; `nil` for what the deployment's policy says.
    package var strategy: Rollback.Strategy?
    /// What a host does that has no target; `nil` for what the deployment's policy says.
    package var onFailure: AssignmentItem.OnFailure?
    /// Why; needed but for a plan.
    package var reason: String?
    /// The deployment's name where there is one, else `all`; needed but for a plan.
    package var confirm: String?
    /// Whether what has just been rolled back goes one version further back all the same.
    package var again: Bool

    /// What a person asks for.
    package init(
        scope: Rollback.Scope,
        hosts: String? = nil,
        to: Rollback.Destination = .lastGood,
        strategy: Rollback.Strategy? = nil,
        onFailure: AssignmentItem.OnFailure? = nil,
        reason: String? = nil,
        confirm: String? = nil,
        again: Bool = false
    ) {
        self.scope = scope
        self.hosts = hosts
        self.to = to
        self.strategy = strategy
        self.onFailure = onFailure
        self.reason = reason
        self.confirm = confirm
        self.again = again
    }
}
