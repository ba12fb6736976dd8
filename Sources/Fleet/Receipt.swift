/// One host's outcome of a rollback.
package enum Receipt: Hashable, Sendable, Codable {
    /// It serves its target, proven.
    case done(serving: RevisionReference)
    /// It did not serve what is condemned.
    case unaffected(serving: RevisionReference?)
    /// It is on its way.
    case inProgress(TargetState)
    /// It cannot be reached; it applies on return.
    case offline
    /// It had nowhere to go.
    case noTarget(AssignmentItem.OnFailure)
    /// A local command has pinned what it serves: nothing moved.
    case pinned
    /// Its target failed.
    case failed(cause: String, serving: RevisionReference?)
}
