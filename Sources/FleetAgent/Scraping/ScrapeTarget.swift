import Fleet
import FleetMetrics
import ShimProtocol

/// A replica whose figures are read.
struct ScrapeTarget: Hashable, Sendable {
    /// The deployment's uid.
    var deployment: String
    /// Its first process.
    var process: ProcessIdentity
    /// Which start of it.
    var instance: String
    /// Where its metrics are; `nil` when the runtime shows none.
    var metrics: Place?

    /// Where metrics are.
    struct Place: Hashable, Sendable {
        /// `nil` for the address that replicas bind.
        var address: String?
        var port: UInt16
        var path: String
        /// Which of their names feed which figure.
        var profile: MetricProfile
    }

    init(deployment: String, process: ProcessIdentity, instance: String, metrics: Place?) {
        self.deployment = deployment
        self.process = process
        self.instance = instance
        self.metrics = metrics
    }

    /// A running replica, whose probe knows its ports and texts.
    init(_ replica: RunningReplica, _ probe: ReplicaProbe) {
        let source = probe.content.runtime.metrics
        let place = source.flatMap { source -> Place? in
            guard let port = probe.ports[source.port], let path = try? probe.texts.expand(source.path) else {
                return nil
            }
            let names = source.names?.naming(model: probe.content.model.name)
            let isApart = probe.content.runtime.driver == .external || replica.handle.address != nil
            return Place(
                address: isApart ? probe.http.address : nil,
                port: port,
                path: path,
                profile: names.map { MetricProfile($0) } ?? .builtIn
            )
        }
        self.init(
            deployment: replica.ticket.deployment,
            process: replica.handle.child,
            instance: replica.handle.instance,
            metrics: place
        )
    }
}
