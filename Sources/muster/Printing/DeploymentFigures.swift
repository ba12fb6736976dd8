import Fleet

/// What all replicas of a deployment do together. A figure is missing when no replica shows it.
struct DeploymentFigures: Hashable, Codable {
    /// The deployment's name.
    var deployment: String
    /// Its replicas.
    var replicas: Int
    /// The oldest of the figures.
    var readAt: Instant?
    var requests: Double?
    var requestRate: Double?
    var errorRate: Double?
    /// The mean over all requests, in seconds.
    var latency: Double?
    var inFlight: Double?
    var cpu: Double?
    var memory: Double?

    /// The sum of some replicas of one deployment.
    init(deployment: String, replicas: [FiguresView.ReplicaFigures]) {
        func sum(_ figure: (FiguresView.ReplicaFigures) -> Double?) -> Double? {
            let values = replicas.compactMap(figure)
            return values.isEmpty ? nil : values.reduce(0, +)
        }
        self.deployment = deployment
        self.replicas = replicas.count
        readAt = replicas.compactMap(\.readAt).min()
        requests = sum(\.requests)
        requestRate = sum(\.requestRate)
        errorRate = sum(\.errorRate)
        inFlight = sum(\.inFlight)
        cpu = sum(\.cpu)
        memory = sum(\.memory)
        let served = replicas.compactMap { replica in
            replica.latency.flatMap { latency in replica.requestRate.map { (latency, $0) } }
        }
        let rate = served.reduce(0) { $0 + $1.1 }
        latency = rate > 0 ? served.reduce(0) { $0 + $1.0 * $1.1 } / rate : nil
    }
}
