import Fleet
import ReplicaLifecycle

/// One thing that a machine has ordered and that takes time; what becomes of it is a `ReplicaEvent`.
enum ReplicaWork: Sendable {
    /// Fetch, verify, and check what stands in the way; `owned` ports will be given back before the start.
    case stage(Revision, Endpoint?, deployment: String, owned: Set<UInt16>, Cancellation)
    /// Check again what stands in the way of what was staged.
    case check(Revision, Endpoint?, deployment: String, owned: Set<UInt16>, Cancellation)
    /// Start a process and watch it to its end.
    case start(ReplicaTicket, ReplicaWorker.Launch, ReplicaAttempt)
    /// Watch a process that was found to its end; without a launch nothing is known to ask.
    case watch(RunningReplica, ReplicaWorker.Launch?, ReplicaAttempt)
    /// Ask the golden probe.
    case probe(RunningReplica, ReplicaWorker.Launch)
    /// Let connections end, and stop a process.
    case stop(RunningReplica, Revision?, Drain, ReplicaAttempt)
    /// Let connections end, for a moment; cut the others.
    case detach(RunningReplica, ReplicaAttempt)
    /// Nothing is left to do: say so.
    case say(ReplicaEvent, deployment: String)
}
