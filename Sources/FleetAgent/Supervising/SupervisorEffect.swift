import Fleet

/// What a turn orders, to be begun in this order once the turn's records are durable.
enum SupervisorEffect: Sendable {
    /// Tell `timer` after so long, in place of what was ordered before; without a span, no more.
    case wake(after: Span?)
    /// A process that was found has these ports.
    case holdPorts([String: UInt16], key: String)
    /// A deployment has gone from this host, and with it what was reserved for it.
    case forget(deployment: String)
    /// These bundles must stay, from now on; what may go is removed in a task of its own.
    case keep(BundleKeep)
    /// These deployments answer, by their names, and nothing is about to stop them. It comes before what stops others.
    case ready(Set<String>)
    /// Lead the endpoint there.
    case point(EndpointAim, deployment: String)
    /// Take endpoints out of the table that no deployment has asked for.
    case tidyEndpoints
    /// These are the ways back, to be looked after.
    case keepWaysBack([Revision])
    /// Do it in a task of its own.
    case work(ReplicaWork)
}
