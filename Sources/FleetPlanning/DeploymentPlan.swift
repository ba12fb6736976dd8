package import Fleet

/// What changes about one deployment in one step. Immutable and numbered; it leaves no choice to whoever stores it.
package struct DeploymentPlan: Hashable, Sendable {
    /// Counts a deployment's plans; one above the plan that it was made from. It is stored only on top of that one.
    package var number: UInt64
    /// The rollout that a new one took the place of, as it ended.
    package var overtaken: Rollout?
    /// The rollout's header, where it is new or has changed.
    package var rollout: Rollout?
    /// Whether `rollout` is a new one.
    package var isNewRollout = false
    /// The targets that are new or have changed.
    package var targets: [RolloutTarget] = []
    /// The entries of rollbacks that are new or have changed. One whose host gets an item of its rollback in this plan bears
    /// that item's number, which is the store's to give.
    package var entries: [RollbackEntry] = []
    /// The revision whose rollout succeeded in this step: it goes to the newest end.
    package var succeeded: RevisionReference?
    /// By host id, the items that have changed; their numbers are the store's to give.
    package var items: [String: AssignmentItem] = [:]
    /// The ids of hosts whose item is taken away.
    package var dropped: Set<String> = []
    /// Whether the deployment's removal is complete on every host.
    package var isRemoved = false
    /// When something changes by itself next; `nil` when only an event can change anything.
    package var wakeAt: Instant?

    /// Whether there is nothing to store.
    package var isEmpty: Bool {
        overtaken == nil && rollout == nil && targets.isEmpty && entries.isEmpty && succeeded == nil && items.isEmpty
            && dropped.isEmpty
            && !isRemoved
    }

    /// A plan that changes nothing yet.
    package init(number: UInt64) {
        self.number = number
    }
}
