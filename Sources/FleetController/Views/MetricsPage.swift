import Fleet
import FleetMetrics
import FleetStore
import Synchronization

/// What `/metrics` shows: of the controller itself, and the newest of each host and replica. Hosts and deployments bear
/// their names; a fleet of n hosts shows about 10 series a host and 8 a replica.
struct MetricsPage {
    let version: String
    let now: Instant
    let entries: [HostEntry]
    let deployments: [DeploymentRecord]
    let rollouts: [Rollout]
    let holds: [Hold]
    /// Of hosts that have not ended with a rollback.
    let receipts: [ReceiptCount]
    let leases: UInt64
    let telemetry: TelemetryMemory
    let writes: DurationCounts
    let waitingWrites: Int
    let failedWrites: UInt64
    let isWritable: Bool

    /// Prometheus text format 0.0.4.
    var text: String {
        var writer = ExpositionWriter()
        writer.family("muster_build_info", .gauge, "The controller's version; always 1.")
        writer.sample("muster_build_info", [("version", version)], 1)
        writeHosts(&writer)
        writeRollouts(&writer)
        writeReadiness(&writer)
        writeReceipts(&writer)
        writeTelemetry(&writer)
        writer.histogram("muster_store_write_duration_seconds", "How long writes of desired state took.", writes)
        writer.single("muster_store_waiting_writes", .gauge, "Writes that wait for the disk.", Double(waitingWrites))
        writer.single(
            "muster_store_writable",
            .gauge,
            "1 while desired state can be written; 0 while the disk is full, read-only or failing: rollouts stand still.",
            isWritable ? 1 : 0
        )
        writer.single(
            "muster_store_write_failures_total",
            .counter,
            "Writes of desired state that the disk has failed.",
            Double(failedWrites)
        )
        writeHostFigures(&writer)
        writeReplicaFigures(&writer)
        return writer.text
    }

    private func writeHosts(_ writer: inout ExpositionWriter) {
        var counts: [String: Int] = ["connected": 0, "disconnected": 0, "unreachable": 0, "revoked": 0]
        for entry in entries { counts[Self.liveness(of: entry), default: 0] += 1 }
        writer.family(
            "muster_hosts",
            .gauge,
            "Hosts by liveness; disconnected: without a session, its lease not yet lapsed."
        )
        for (liveness, count) in counts.sorted(by: { $0.key < $1.key }) {
            writer.sample("muster_hosts", [("liveness", liveness)], Double(count))
        }
        let sessions = entries.count { entry in entry.state.withLock { $0.session != nil } }
        writer.single("muster_sessions", .gauge, "Sessions that are open.", Double(sessions))
        writer.single("muster_leases_received_total", .counter, "Leases that hosts have sent.", Double(leases))
    }

    private static func liveness(of entry: HostEntry) -> String {
        entry.state.withLock { state in
            if state.host.isRevoked { return "revoked" }
            if state.unreachableSince != nil { return "unreachable" }
            return state.session == nil ? "disconnected" : "connected"
        }
    }

    private func writeRollouts(_ writer: inout ExpositionWriter) {
        writer.single("muster_deployments", .gauge, "Deployments.", Double(deployments.count))
        writer.family("muster_rollouts", .gauge, "The newest rollout of each deployment, by state.")
        for state in Rollout.State.allCases {
            let count = rollouts.count { $0.state == state }
            writer.sample("muster_rollouts", [("state", state.rawValue)], Double(count))
        }
        writer.single("muster_holds", .gauge, "Holds that condemn now.", Double(holds.count))
    }

    private func writeTelemetry(_ writer: inout ExpositionWriter) {
        let tally = telemetry.tally
        writer.single(
            "muster_telemetry_batches_received_total",
            .counter,
            "Batches of figures that were taken.",
            Double(tally.batches)
        )
        writer.single(
            "muster_telemetry_records_received_total",
            .counter,
            "Records in them that were new.",
            Double(tally.records)
        )
        writer.family("muster_telemetry_shed_total", .counter, "Batches and roll-ups that were let go, by reason.")
        for reason in TelemetryTally.Shed.allCases {
            writer.sample("muster_telemetry_shed_total", [("reason", reason.rawValue)], Double(tally.shed[reason] ?? 0))
        }
        writer.single(
            "muster_telemetry_rollups_written_total",
            .counter,
            "Roll-ups that were stored.",
            Double(tally.rollUps)
        )
        writer.single(
            "muster_telemetry_write_failures_total",
            .counter,
            "Writes of roll-ups that failed.",
            Double(tally.failedWrites)
        )
        writer.single(
            "muster_telemetry_host_dropped_batches",
            .gauge,
            "Batches that agents have dropped since their start, as they say.",
            Double(telemetry.droppedByHosts)
        )
    }
}
