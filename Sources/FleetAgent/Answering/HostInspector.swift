import DaemonKit
import Fleet
import FleetMetrics

/// Looks at this host for somebody who asks: at what the supervising loop lets others see, and at the disk.
struct HostInspector: Sendable {
    let settings: AgentIdentity.Settings
    let files: AgentFiles
    let supervisor: Supervisor
    /// What `muster-agent check` would look at, with the agent's own settings.
    let check: HostCheck
    let startedAt: Instant
    let time: TimeSource

    /// What there is at this moment. Blocks for some milliseconds.
    func inspection() -> HostInspection {
        let report = supervisor.board.report(sequence: 0)
        let records = supervisor.board.records
        var inspection = HostInspection(
            host: settings.name,
            at: time.now(),
            agentStartedAt: startedAt,
            facts: report.facts,
            assignment: report.assignment,
            directory: files.directory,
            files: [
                "blobs": Self.bytes(in: files.blobs), "partial blobs": Self.bytes(in: files.partialBlobs),
                "logs": Self.bytes(in: files.logs), "figures": Self.bytes(in: files.telemetry),
                "journal": FileAccess.size(of: files.journal) ?? 0,
            ],
            findings: check.report().findings.map {
                HostInspection.Finding(name: $0.name, state: $0.state.rawValue, text: $0.text, next: $0.next)
            },
            replicas: report.replicas.map { replica(of: $0, records[$0.deployment].map { LocalReplica($0) }) }
        )
        let figures = HostFigures.read(directory: files.directory)
        inspection.load = figures[.hostLoad].map { Int($0 * 100) }
        inspection.memoryUsed = figures[.hostMemoryUsed].map { Int64($0) }
        inspection.diskUsed = figures[.hostDiskUsed].map { Int64($0) }
        inspection.disk = figures[.hostDisk].map { Int64($0) }
        return inspection
    }

    private func replica(of report: ReplicaReport, _ detail: LocalReplica?) -> HostInspection.Replica {
        let log = files.log(of: report.name)
        return HostInspection.Replica(
            report: report,
            model: detail?.model,
            version: detail?.version,
            endpoint: detail?.endpoint.map { Int($0.port) },
            wayBack: detail?.wayBackVersion,
            log: log,
            logBytes: ["", ".1", ".2"].reduce(0) { $0 + (FileAccess.size(of: log + $1) ?? 0) }
        )
    }

    private static func bytes(in directory: String) -> Int64 {
        FileAccess.names(in: directory).reduce(0) { $0 + (FileAccess.size(of: "\(directory)/\($1)") ?? 0) }
    }
}
