package import Fleet

/// What the owner of a machine is to do, in the order given. A `journal` comes first: it must be durable before the rest.
package enum ReplicaAction: Hashable, Sendable {
    /// Make the record durable.
    case journal(ReplicaRecord)
    /// Put a fact into the durable outbox; the owner gives it its sequence and time.
    case outcome(item: UInt64, revision: RevisionReference?, kind: HostOutcome.Kind)
    /// Fetch and verify the files, check ports and program: `staged` or `stagingFailed`. Nothing that runs is touched.
    case stage(Revision, Endpoint?)
    /// Look again whether anything stands in the way of a revision whose files were staged, before it moves: `staged` or
    /// `stagingFailed`. Nothing is fetched.
    case check(Revision, Endpoint?)
    /// Give up staging.
    case cancelStaging
    /// Let the endpoint lead there, and nowhere else, until told otherwise: `switched` or `switchFailed` about an open one,
    /// which is tried again until it is done. Comes before anything that must wait for it.
    case point(Pointing)
    /// Start a process, then ask whether its model is ready: `started` or `startFailed`, `becameReady`, `processExited`. With
    /// an endpoint it binds that port; else all its ports are private.
    case start(attempt: UInt64, Revision, Endpoint?)
    /// Take over the process that was found running, and ask whether its model is ready.
    case adopt(attempt: UInt64, Revision)
    /// Watch the process that was found running to its end, `processExited`: nothing more is known of it.
    case watch(attempt: UInt64)
    /// Ask the golden probe: `probePassed` or `probeFailed`. Without a probe it has passed.
    case probe(attempt: UInt64, Revision)
    /// When the endpoint leads elsewhere: drain, telling `connectionsCounted`, signal, kill: `stopped`. Without the revision,
    /// when nothing is known of it, by the standard way to stop.
    case stop(attempt: UInt64, Revision?, Drain)
    /// What is being stopped drains no longer than `brief`.
    case hurry(attempt: UInt64)
    /// When the endpoint leads elsewhere: drain briefly and cut what is left, telling `connectionsCounted`; the process goes
    /// on, in case that it is needed again.
    case detach(attempt: UInt64)
}
