import ShimProtocol

/// How a running replica is found again: by who holds it.
enum ReplicaHandle: Hashable, Sendable {
    /// A process that a shim holds.
    case shim(ShimHandle)
    /// A transient unit of systemd.
    case unit(UnitHandle)
    /// A container of the host's engine.
    case container(ContainerHandle)
    /// A model in a server that runs already.
    case external(ExternalHandle)

    /// The model server's first process; number 0 where nobody may see which it is.
    var child: ProcessIdentity {
        switch self {
        case .shim(let handle): handle.child
        case .unit(let handle): handle.child
        case .container(let handle): handle.child
        case .external(let handle): handle.server ?? ProcessIdentity(pid: 0, startTime: 0)
        }
    }

    /// Milliseconds since 1970 at the start.
    var startedAt: Int64 {
        switch self {
        case .shim(let handle): handle.startedAt
        case .unit(let handle): handle.startedAt
        case .container(let handle): handle.startedAt
        case .external(let handle): handle.startedAt
        }
    }

    /// Where it is asked; `nil` where that is the host.
    var address: IPv4Address? {
        if case .container(let handle) = self { handle.address } else { nil }
    }

    /// The boot that it belongs to.
    var boot: String {
        switch self {
        case .shim(let handle): handle.boot
        case .unit(let handle): handle.boot
        case .container(let handle): handle.boot
        case .external(let handle): handle.boot
        }
    }

    /// What tells the figures of one server process from those of another: a model server's counters begin anew with it. One that
    /// runs already goes on counting when a model is loaded.
    var instance: String {
        switch self {
        case .shim, .unit, .container: "\(child.pid)@\(startedAt)"
        case .external: "\(child.pid)@\(child.startTime)"
        }
    }
}
