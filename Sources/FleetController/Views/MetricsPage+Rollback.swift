import Fleet
import FleetMetrics
import FleetStore

/// Who could go back, and who is on the way.
extension MetricsPage {
    /// As hosts report it: which of them serve, and which of those could go back now, by their own check of the files and
    /// of what the runtime requires.
    func writeReadiness(_ writer: inout ExpositionWriter) {
        var serving: [String: Int] = [:]
        var ready: [String: Int] = [:]
        for replica in entries.flatMap({ $0.report?.replicas ?? [] }) {
            guard replica.serving != nil else { continue }
            serving[replica.deployment, default: 0] += 1
            if replica.rollback?.state == .ready { ready[replica.deployment, default: 0] += 1 }
        }
        writer.family("muster_deployment_serving_hosts", .gauge, "Hosts that serve a deployment.")
        for record in deployments {
            writer.sample("muster_deployment_serving_hosts", labels(record), Double(serving[record.uid] ?? 0))
        }
        writer.family(
            "muster_deployment_rollback_ready_hosts",
            .gauge,
            "Hosts of a deployment that could go back now, as they say."
        )
        for record in deployments {
            writer.sample("muster_deployment_rollback_ready_hosts", labels(record), Double(ready[record.uid] ?? 0))
        }
        let name = "muster_replica_rollback_ready"
        writer.family(name, .gauge, "Whether a host that serves a deployment could go back now, as it says: 1, else 0.")
        for entry in entries {
            for replica in entry.report?.replicas ?? [] where replica.serving != nil {
                let isReady = replica.rollback?.state == .ready
                writer.sample(name, [("deployment", replica.name), ("host", entry.host.name)], isReady ? 1 : 0)
            }
        }
    }

    func writeReceipts(_ writer: inout ExpositionWriter) {
        let name = "muster_rollback_open_hosts"
        writer.family(name, .gauge, "Hosts that have not ended with a rollback or a rehearsal, by receipt.")
        for record in deployments {
            for kind in [Receipt.Kind.inProgress, .offline] {
                let count = receipts.first { $0.deployment == record.uid && $0.receipt == kind }?.count ?? 0
                writer.sample(name, labels(record) + [("receipt", kind.rawValue)], Double(count))
            }
        }
    }

    private func labels(_ record: DeploymentRecord) -> [(String, String)] {
        [("deployment", record.deployment.name)]
    }
}
