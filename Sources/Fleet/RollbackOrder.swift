/// What one rollback means for one deployment.
package struct RollbackOrder: Hashable, Sendable, Codable {
    /// The rollback's id.
    package var rollback: String
    /// The deployment's uid.
    package var deployment: String
    /// In which order hosts go.
    package var strategy: Rollback.Strategy
    /// What a host does that has no target, or whose target fails.
    package var onFailure: AssignmentItem.OnFailure
    /// When it was ordered.
    package var at: Instant
    /// The revision to go to; `nil` when each host goes to its own.
    package var target: RevisionReference?
    /// Whether it is a rehearsal on the hosts that have an entry: nothing is condemned, and they return.
    package var drill: Bool
    /// That a person took it back for this deployment; hosts that have begun a rehearsal still return.
    package var undone: Rollback.Undo?

    /// What one rollback means for one deployment.
    package init(
        rollback: String,
        deployment: String,
        strategy: Rollback.Strategy = .fast,
        onFailure: AssignmentItem.OnFailure = .keepServing,
        at: Instant,
        target: RevisionReference? = nil,
        drill: Bool = false,
        undone: Rollback.Undo? = nil
    ) {
        self.rollback = rollback
        self.deployment = deployment
        self.strategy = strategy
        self.onFailure = onFailure
        self.at = at
        self.target = target
        self.drill = drill
        self.undone = undone
    }
}
