import Fleet
import ReplicaLifecycle
import ShimProtocol

/// A model server that runs, held by a shim, by systemd or by a container engine; or a model in a server that runs already.
struct RunningReplica: Hashable, Sendable {
    /// What it is for.
    var ticket: ReplicaTicket
    /// How to find it.
    var handle: ReplicaHandle
    /// Its own directory.
    var directory: String

    /// Where connections to its port of a name go; `nil` when it has none of that name.
    func target(_ name: String) -> EndpointTarget? {
        ticket.ports[name].map { port in
            let place = handle.address.map { ContainerPlace(address: $0, port: ticket.inside?[name] ?? port) }
            return EndpointTarget(port: port, place: place)
        }
    }

    /// Where connections to its ports go, each once.
    var targets: [EndpointTarget] { Set(ticket.ports.keys.compactMap(target)).sorted { $0.port < $1.port } }

    /// What the machine and the status say of it.
    var instance: ReplicaReport.Instance {
        ReplicaReport.Instance(
            pid: handle.child.pid,
            ports: ticket.ports,
            startedAt: Instant(milliseconds: handle.startedAt),
            restarts: 0
        )
    }

    /// What the machine knows it by.
    var process: ReplicaProcess {
        ReplicaProcess(attempt: ticket.attempt, revision: ticket.revision, instance: instance)
    }
}
