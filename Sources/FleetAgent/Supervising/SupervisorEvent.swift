import Fleet

/// What the supervising loop hears.
enum SupervisorEvent: Sendable {
    /// An assignment arrived.
    case assigned(Assignment)
    /// Something became of an effect.
    case replica(deployment: String, ReplicaEvent)
    /// A machine's deadline may have come.
    case timer
    /// The link asks for a lease.
    case leaseDue
    /// The controller has stored facts.
    case outboxAcknowledged(through: UInt64)
}
