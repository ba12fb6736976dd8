import Fleet

/// What a person changes of a deployment.
enum SpecChange {
    /// When a deployment may not be changed: worked out by the people themselves.
    typealias Closed = [(from: Instant, until: Instant)]

    case none
    /// Another content, and a policy where one is given.
    case apply(Revision, Deployment.Policy? = nil)
    case edit(Deployment.Policy, Closed, Endpoint?)
    case reselect(LabelSelector)
    case hold(Hold)
    case lift(hold: String)
    /// A rollback or a rehearsal: what it means for the deployment, what it condemns, and the entries of a rehearsal.
    case rollBack(RollbackOrder, [Hold], [RollbackEntry])
    /// Who asked for a rolling rollback once more wants it to be fast.
    case hurry(rollback: String)
    /// A rollback or a rehearsal is taken back.
    case undo(rollback: String, at: Instant)
    case remove

    /// Whether it is a change of what is written, which is refused while the deployment is removed.
    var isWritten: Bool {
        switch self {
        case .apply, .edit, .reselect: true
        case .none, .hold, .lift, .rollBack, .hurry, .undo, .remove: false
        }
    }
}
