import ShimProtocol

/// How a running replica is found again: by who holds it.
enum ReplicaHandle: Hashable, Sendable {
    /// A process that a shim holds.
    case shim(ShimHandle)
    /// A transient unit of systemd.
    case unit(UnitHandle)
    /// A container of the host's engine.
    case container(ContainerHandle)

    /// The model server's first process.
    var child: ProcessIdentity {
        switch self {
        case .shim(let handle): handle.child
        case .unit(let handle): handle.child
        case .container(let handle): handle.child
        }
    }

    /// Milliseconds since 1970 at the start.
    var startedAt: Int64 {
        switch self {
        case .shim(let handle): handle.startedAt
        case .unit(let handle): handle.startedAt
        case .container(let handle): handle.startedAt
        }
    }

    /// The boot that it belongs to.
    var boot: String {
        switch self {
        case .shim(let handle): handle.boot
        case .unit(let handle): handle.boot
        case .container(let handle): handle.boot
        }
    }

}
