import Fleet
import FleetMetrics

extension MetricsPage {
    /// One family, and the figure that it shows.
    private struct Family {
        let name: String
        let figure: Figure
        let help: String

        init(_ name: String, _ figure: Figure, _ help: String) {
            self.name = name
            self.figure = figure
            self.help = help
        }
    }

    private static let hostFamilies = [
        Family("muster_host_cpu_seconds_total", .hostCPU, "What the host's processors have worked."),
        Family("muster_host_processors", .hostProcessors, "Processors of the host."),
        Family("muster_host_memory_used_bytes", .hostMemoryUsed, "Memory in use on the host."),
        Family("muster_host_memory_bytes", .hostMemory, "Memory of the host."),
        Family("muster_host_disk_used_bytes", .hostDiskUsed, "Use of the file system of the agent's data."),
        Family("muster_host_disk_bytes", .hostDisk, "Size of the file system of the agent's data."),
        Family("muster_host_load1", .hostLoad, "The host's load average over a minute."),
    ]

    private static let replicaFamilies = [
        Family("muster_replica_requests_total", .requests, "Requests, failed ones included."),
        Family("muster_replica_errors_total", .errors, "Requests that failed."),
        Family("muster_replica_in_flight_requests", .inFlight, "Requests under way."),
        Family("muster_replica_cpu_seconds_total", .cpu, "What the replica's processes have used of processors."),
        Family("muster_replica_memory_bytes", .memory, "What the replica's processes hold of memory."),
    ]

    private typealias Line = (labels: [(String, String)], series: FigureSeries)

    func writeHostFigures(_ writer: inout ExpositionWriter) {
        let lines = entries.compactMap { entry -> Line? in
            telemetry.series(of: entry.id)[""].map { ([("host", entry.host.name)], $0) }
        }
        write(Self.hostFamilies, lines, &writer)
        writeAges("muster_host_figures_age_seconds", "How old the host's figures are.", lines, &writer)
    }

    /// Those that their hosts report now: what was removed is shown no more.
    func writeReplicaFigures(_ writer: inout ExpositionWriter) {
        let lines = entries.flatMap { entry -> [Line] in
            let series = telemetry.series(of: entry.id)
            return (entry.report?.replicas ?? []).compactMap { replica in
                guard replica.instance != nil, let own = series[replica.deployment] else { return nil }
                return ([("deployment", replica.name), ("host", entry.host.name)], own)
            }
        }
        write(Self.replicaFamilies, lines, &writer)
        let name = "muster_replica_request_duration_seconds"
        writer.family(name, .summary, "How long requests took together, and how many they were.")
        for line in lines {
            let values = line.series.newest.values
            guard let sum = values[.latencySum], let count = values[.latencyCount] else { continue }
            writer.sample("\(name)_sum", line.labels, sum)
            writer.sample("\(name)_count", line.labels, count)
        }
        writeAges("muster_replica_figures_age_seconds", "How old the replica's figures are.", lines, &writer)
    }

    private func write(_ families: [Family], _ lines: [Line], _ writer: inout ExpositionWriter) {
        for family in families {
            writer.family(family.name, family.figure.isCounter ? .counter : .gauge, family.help)
            for line in lines {
                guard let value = line.series.newest.values[family.figure] else { continue }
                writer.sample(family.name, line.labels, value)
            }
        }
    }

    private func writeAges(_ name: String, _ help: String, _ lines: [Line], _ writer: inout ExpositionWriter) {
        writer.family(name, .gauge, help)
        for line in lines {
            writer.sample(name, line.labels, Double((now - line.series.newest.at).milliseconds) / 1000)
        }
    }
}
