package import Fleet
package import ReplicaLifecycle

/// One thing that the host must remember. JSON in the file; a case may be added, none may change its meaning.
package enum JournalRecord: Hashable, Sendable, Codable {
    /// Everything of this assignment has been journalled.
    case assignment(AssignmentVersion)
    /// What is kept of one deployment, as a whole.
    case replica(ReplicaRecord)
    /// Nothing is kept of a deployment any more.
    case forgotten(deployment: String)
    /// A fact that must arrive.
    case outcome(HostOutcome)
    /// The controller has stored the facts up to this one.
    case acknowledged(through: UInt64)
    /// Facts are counted from here on: the controller has stored others up to this number, of which this journal may not
    /// know. Those in the outbox, in their order, come after it.
    case numbered(after: UInt64)
}
