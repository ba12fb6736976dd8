import DaemonKit
import Fleet

/// How things stand on the host, by the agent's own knowledge: the same with and without a controller.
struct LocalStatus: Hashable, Sendable, Codable {
    /// The host's name in the fleet.
    var host: String
    /// Where the controller is.
    var controller: String
    /// Whether there is a session with it.
    var isConnected: Bool
    /// The newest assignment in the journal.
    var assignment: AssignmentVersion
    /// What the host is.
    var facts: HostFacts
    /// One a deployment.
    var replicas: [ReplicaReport]
    /// By the deployment's uid; an older agent tells none.
    var details: [String: LocalReplica]?

    /// For people.
    func text(now: Instant) -> String {
        let link = isConnected ? "connected" : "not connected; what runs goes on without it"
        var lines = [
            "host \(host), address \(facts.address), muster-agent \(facts.agentVersion)",
            "controller \(controller): \(link)",
        ]
        lines += (facts.warnings ?? []).map { "warning: \($0)" }
        guard !replicas.isEmpty else {
            return (lines + ["no deployment has come to this host yet"]).joined(separator: "\n")
        }
        let rows = replicas.sorted { $0.name < $1.name }.map { replica in
            let detail = details?[replica.deployment]
            return [
                replica.name, replica.state.rawValue, (now - replica.since).shortText, Self.serving(replica, detail),
                detail?.endpoint.map { "\(facts.address):\($0.port)" } ?? "-", Self.wayBack(replica, detail),
                replica.instance.map { "\($0.pid)" } ?? "-", replica.pin == nil ? "-" : "yes",
            ]
        }
        lines.append("")
        lines += Self.table(
            [["DEPLOYMENT", "STATE", "SINCE", "SERVING", "ENDPOINT", "WAY BACK", "PID", "PINNED"]] + rows
        )
        for replica in replicas.sorted(by: { $0.name < $1.name }) {
            let pinned = replica.pin?.text
            let back = replica.rollback.flatMap {
                $0.state == .notReady ? $0.reason.map { "cannot go back now: \($0)" } : nil
            }
            let held = (details?[replica.deployment]?.holds ?? []).map { hold in
                "revision \(hold.revision.number) is held since \(hold.since) by \(hold.actor): \(hold.reason)"
            }
            let said = [pinned, replica.reason == pinned ? nil : replica.reason, back].compactMap { $0 } + held
            lines += said.map { "\(replica.name): \($0)" }
        }
        return lines.joined(separator: "\n")
    }

    private static func serving(_ replica: ReplicaReport, _ detail: LocalReplica?) -> String {
        guard let serving = replica.serving else { return "nothing" }
        let model = [detail?.model, detail?.version].compactMap { $0 }.joined(separator: " ")
        return model.isEmpty ? "revision \(serving.number)" : "\(model) (revision \(serving.number))"
    }

    private static func wayBack(_ replica: ReplicaReport, _ detail: LocalReplica?) -> String {
        guard let way = detail?.wayBack else { return "-" }
        let name = detail?.wayBackVersion.map { "\($0) (revision \(way.number))" } ?? "revision \(way.number)"
        // What was checked may be another one than what the journal has just come to name.
        guard let rollback = replica.rollback, rollback.revision?.digest == way.digest else { return name }
        return switch rollback.state {
        case .ready, .none: name
        case .checking: "\(name), being checked"
        case .notReady: "\(name), NOT READY"
        }
    }

    private static func table(_ rows: [[String]]) -> [String] {
        let columns = rows.first?.count ?? 0
        let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                column == columns - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }
            return cells.joined(separator: "  ")
        }
    }
}

extension Span {
    /// In its largest whole unit.
    fileprivate var shortText: String {
        let seconds = max(0, milliseconds / 1000)
        return switch seconds {
        case ..<120: "\(seconds)s"
        case ..<7200: "\(seconds / 60)m"
        case ..<172_800: "\(seconds / 3600)h"
        default: "\(seconds / 86_400)d"
        }
    }
}
