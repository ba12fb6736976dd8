package import Fleet
import FleetMetrics
import FleetStore

extension FleetOperations {
    /// The newest figures of every host and replica.
    package func figures() async throws -> FiguresView {
        var hosts: [FiguresView.HostFigures] = []
        var replicas: [FiguresView.ReplicaFigures] = []
        for entry in directory.all.sorted(by: { $0.host.name < $1.host.name }) where !entry.host.isRevoked {
            let series = telemetry.series(of: entry.id)
            hosts.append(Self.figures(of: entry, series[""]))
            for replica in entry.report?.replicas ?? [] where replica.instance != nil {
                replicas.append(
                    Self.figures(of: replica, on: entry.host.name, series[replica.deployment])
                )
            }
        }
        replicas.sort { ($0.deployment, $0.host) < ($1.deployment, $1.host) }
        return FiguresView(at: environment.now(), hosts: hosts, replicas: replicas)
    }

    /// The controller and its fleet as Prometheus text format 0.0.4.
    package func metrics() async throws -> String {
        let (deployments, rollouts, holds, receipts) = try await read { reader in
            let records = try reader.deployments()
            let rollouts = try records.compactMap { try reader.newestRollout(of: $0.uid) }
            return (records, rollouts, try reader.holds(), try reader.openReceiptCounts())
        }
        let page = MetricsPage(
            version: version,
            now: environment.now(),
            entries: directory.all.sorted { $0.host.name < $1.host.name },
            deployments: deployments,
            rollouts: rollouts,
            holds: holds,
            receipts: receipts,
            leases: leases(),
            telemetry: telemetry,
            writes: store.writeDurations,
            waitingWrites: store.waitingWrites,
            failedWrites: store.failedWrites,
            isWritable: store.trouble == nil
        )
        return page.text
    }

    private static func figures(of entry: HostEntry, _ series: FigureSeries?) -> FiguresView.HostFigures {
        var figures = FiguresView.HostFigures(host: entry.host.name, connected: entry.isConnected)
        guard let series else { return figures }
        let values = series.newest.values
        figures.readAt = series.newest.at
        figures.cpu = series.rates[.hostCPU]
        figures.processors = values[.hostProcessors]
        figures.memoryUsed = values[.hostMemoryUsed]
        figures.memory = values[.hostMemory]
        figures.diskUsed = values[.hostDiskUsed]
        figures.disk = values[.hostDisk]
        figures.load = values[.hostLoad]
        return figures
    }

    private static func figures(
        of replica: ReplicaReport,
        on host: String,
        _ series: FigureSeries?
    ) -> FiguresView.ReplicaFigures {
        var figures = FiguresView.ReplicaFigures(host: host, deployment: replica.name)
        guard let series else { return figures }
        let values = series.newest.values
        figures.readAt = series.newest.at
        figures.requests = values[.requests]
        figures.requestRate = series.rates[.requests]
        figures.errorRate = series.rates[.errors]
        figures.latency = series.latency
        figures.inFlight = values[.inFlight]
        figures.cpu = series.rates[.cpu]
        figures.memory = values[.memory]
        return figures
    }
}
