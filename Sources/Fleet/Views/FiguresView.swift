/// The newest figures of a fleet. What was not reported is missing; each entry says when it was read, by the host's clock.
package struct FiguresView: Sendable, Codable {
    /// The controller's time, to tell ages by.
    package var at: Instant
    /// Every host that is not revoked, by name.
    package var hosts: [HostFigures]
    /// Every replica that its host reports, by deployment and host.
    package var replicas: [ReplicaFigures]

    /// The newest figures of a fleet.
    package init(at: Instant, hosts: [HostFigures], replicas: [ReplicaFigures]) {
        self.at = at
        self.hosts = hosts
        self.replicas = replicas
    }

    /// One host's figures.
    package struct HostFigures: Hashable, Sendable, Codable {
        /// The host's name.
        package var host: String
        /// Whether its lease is alive.
        package var connected: Bool
        /// When the figures were read.
        package var readAt: Instant?
        /// Processors that were busy on average between the last two readings.
        package var cpu: Double?
        /// Processors that it has.
        package var processors: Double?
        /// Bytes of memory in use.
        package var memoryUsed: Double?
        /// Bytes of memory that it has.
        package var memory: Double?
        /// Bytes in use on the file system of the agent's data.
        package var diskUsed: Double?
        /// Bytes of that file system.
        package var disk: Double?
        /// Load average over a minute.
        package var load: Double?

        /// A host of which nothing is known yet.
        package init(host: String, connected: Bool) {
            self.host = host
            self.connected = connected
        }
    }

    /// One replica's figures.
    package struct ReplicaFigures: Hashable, Sendable, Codable {
        /// The host's name.
        package var host: String
        /// The deployment's name.
        package var deployment: String
        /// When the figures were read.
        package var readAt: Instant?
        /// Requests since the process was started.
        package var requests: Double?
        /// Requests a second between the last two readings.
        package var requestRate: Double?
        /// Failed requests a second between the last two readings.
        package var errorRate: Double?
        /// Mean seconds of a request between the last two readings; missing when there was none.
        package var latency: Double?
        /// Requests under way.
        package var inFlight: Double?
        /// Processors that were busy on average between the last two readings.
        package var cpu: Double?
        /// Bytes of memory.
        package var memory: Double?

        /// A replica of which nothing is known yet.
        package init(host: String, deployment: String) {
            self.host = host
            self.deployment = deployment
        }
    }
}
