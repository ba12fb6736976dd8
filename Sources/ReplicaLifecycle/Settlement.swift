package import Fleet

/// How one item ended on this host.
package struct Settlement: Hashable, Sendable, Codable {
    /// The item's number.
    package var item: UInt64
    /// What it was after.
    package var goal: RevisionReference?
    /// A state in which nothing more happens by itself.
    package var state: TargetState
    /// What failed, for rules; `nil` when nothing did.
    package var failure: ReplicaFailure?
    /// Why, for people.
    package var cause: String?
    /// The outcome of a rollback.
    package var receipt: Receipt?
    /// The rollback that the receipt answers: the one under which this was begun, whatever has come meanwhile.
    package var rollback: String?

    /// How one item ended.
    package init(
        item: UInt64,
        goal: RevisionReference?,
        state: TargetState,
        cause: String? = nil,
        receipt: Receipt? = nil,
        rollback: String? = nil
    ) {
        self.item = item
        self.goal = goal
        self.state = state
        self.cause = cause
        self.receipt = receipt
        self.rollback = rollback
    }
}
