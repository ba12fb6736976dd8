import Fleet

/// A deployment with an endpoint, and where it answers.
struct EndpointService: Sendable {
    /// The deployment's name.
    var deployment: String
    /// The path that must answer 200 on the endpoint when the model can; `nil` where the runtime asks another port, or a
    /// path that differs from host to host.
    var check: String?
    /// The path of the figures, where the endpoint itself shows them.
    var metrics: String?
    /// By host.
    var endpoints: [EndpointLine]

    /// What is known of a deployment's endpoints; `nil` when it has none.
    ///
    /// - Parameter hosts: those that count.
    init?(_ view: DeploymentView, hosts: [HostView], runtimes: [RuntimeProfile]) {
        guard let endpoint = view.deployment.scope.endpoint else { return nil }
        deployment = view.deployment.name
        let byName = Dictionary(hosts.map { ($0.host.name, $0) }, uniquingKeysWith: { $1 })
        endpoints = view.hosts.compactMap { standing in
            byName[standing.host].map { EndpointLine(of: view, standing, $0, port: endpoint.port) }
        }.sorted { $0.host < $1.host }
        let runtime = runtimes.first { $0.name == view.deployment.content.runtime }
        guard let runtime else { return }
        let values = ["model.name": view.deployment.content.model, "deployment.name": deployment]
        func path(_ port: String, _ path: String) -> String? {
            guard port == endpoint.to else { return nil }
            return try? TextTemplate(path, ports: runtime.ports).expanded(with: values)
        }
        check = path(runtime.ready.port, runtime.ready.path)
        metrics = runtime.metrics.flatMap { path($0.port, $0.path) }
    }
}

extension EndpointLine {
    /// One host's, as the deployment's view and the host's own say.
    fileprivate init(of view: DeploymentView, _ standing: DeploymentHostView, _ host: HostView, port: UInt16) {
        let replica = host.report?.replicas.first { $0.deployment == view.uid }
        let isLeaving = view.removing || !standing.assigned
        self.init(
            deployment: view.deployment.name,
            host: standing.host,
            address: host.report?.facts.address,
            // What a host says leads there now; the deployment's own may be on its way.
            port: replica?.endpoint?.port ?? port,
            status: isLeaving ? .leaving : standing.serving == nil ? .empty : .serving,
            serving: standing.serving,
            reason: standing.serving == nil || isLeaving ? standing.reason : nil,
            connected: standing.connected,
            lastSeen: host.lastSeen,
            cordon: host.host.cordon,
            labels: host.host.labels
        )
    }
}
