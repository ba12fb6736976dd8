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

extension Receipt {
    /// Whether the host has ended with the rollback: nothing more comes of it by itself.
    package var isTerminal: Bool {
        switch self {
        case .done, .unaffected, .noTarget, .pinned, .failed: true
        case .inProgress, .offline: false
        }
    }
}
