import Fleet

/// What the supervising loop hears.
enum SupervisorEvent: Sendable {
    /// An assignment arrived; `journalled` ends when that was tried: what is durable is on the board.
    case assigned(Assignment, journalled: AsyncStream<Never>.Continuation)
    /// Something became of an effect.
    case replica(deployment: String, ReplicaEvent)
    /// The files of a way back were looked at.
    case wayBackChecked(Digest, WayBackCheck)
    /// A machine's deadline may have come.
    case timer
    /// The link is about to send a lease; it is told how often the loop has turned.
    case leaseTurn(AsyncStream<UInt64>.Continuation)
    /// There is a session with the controller.
    case sessionBegan
    /// There is none any more; the controller was last heard so long ago.
    case sessionLost(silence: Span)
    /// A person on the host orders something; `answered` yields why it is refused, if it is, and ends when it is journalled.
    case ordered(LocalOrder, deployment: String, answered: AsyncStream<String>.Continuation)
    /// The controller has stored facts.
    case outboxAcknowledged(through: UInt64)
}
