import Fleet
import FleetMetrics
import Testing

@testable import FleetController
@testable import FleetStore

@Suite struct MetricsPageTests {
    static func reference(_ number: UInt64) -> RevisionReference {
        let digest = Digest(of: "\(number)".utf8)
        return RevisionReference(number: number, digest: digest, written: digest)
    }

    static func entry(_ name: String, _ rollback: RollbackReadiness?) -> HostEntry {
        var replica = ReplicaReport(
            deployment: "uid-d",
            name: "wine",
            item: 1,
            goal: nil,
            state: .verified,
            since: Instant(milliseconds: 0),
            serving: reference(2)
        )
        // Whoever looks only at this would think that each of them can go back.
        replica.good = [reference(1), reference(2)]
        replica.rollback = rollback
        replica.instance = .init(pid: 1, ports: [:], startedAt: Instant(milliseconds: 0), restarts: 0)
        let facts = HostFacts(
            agentVersion: "test",
            user: "test",
            isRoot: false,
            address: "127.0.0.1",
            kernel: "test",
            processors: 1,
            memory: 1 << 30,
            boot: "1"
        )
        return HostEntry(
            host: FleetHost(
                id: name,
                name: name,
                labels: [:],
                machine: "",
                instance: "i",
                enrolledAt: Instant(milliseconds: 0)
            ),
            assignment: nil,
            report: HostReport(sequence: 1, assignment: .none, facts: facts, replicas: [replica]),
            outbox: 0,
            lastHeard: nil
        )
    }

    private static func deployment() throws -> DeploymentRecord {
        DeploymentRecord(
            uid: "uid-d",
            deployment: Deployment(
                name: "wine",
                content: .init(model: "wine", version: "2", runtime: "server"),
                scope: .init(hosts: try LabelSelector("site=lyon"), endpoint: nil)
            ),
            contentVersion: 1,
            scopeVersion: 1,
            policyVersion: 1,
            revision: 2,
            plan: 1,
            state: .active,
            resourceVersion: 1,
            createdAt: Instant(milliseconds: 0)
        )
    }

    static func page(
        _ entries: [HostEntry],
        telemetry: TelemetryMemory = TelemetryMemory(now: { Instant(milliseconds: 0) }, elapsed: { .seconds(0) })
    ) throws -> MetricsPage {
        MetricsPage(
            version: "1",
            now: Instant(milliseconds: 0),
            entries: entries,
            deployments: [try deployment()],
            rollouts: [],
            holds: [],
            receipts: [ReceiptCount(deployment: "uid-d", receipt: .offline, count: 3)],
            leases: 0,
            telemetry: telemetry,
            writes: DurationCounts(),
            waitingWrites: 0,
            failedWrites: 0,
            isWritable: true
        )
    }

    /// Whether a host could go back is the host's own to say: it has looked at the files and at what the runtime requires.
    @Test func onlyHostsThatSaySoAreReadyToGoBack() throws {
        let way = Self.reference(1)
        let page = try Self.page([
            Self.entry("h1", RollbackReadiness(.ready, revision: way)),
            Self.entry("h2", RollbackReadiness(.notReady, revision: way, reason: "python3 is missing")),
            Self.entry("h3", RollbackReadiness(.checking, revision: way)), Self.entry("h4", nil),
        ])
        let lines = page.text.split(separator: "\n").filter { $0.hasPrefix("muster_deployment_") }
        #expect(lines.contains { $0.hasPrefix("muster_deployment_serving_hosts{") && $0.hasSuffix(" 4") }, "\(lines)")
        let ready = lines.filter { $0.hasPrefix("muster_deployment_rollback_ready_hosts{") }
        #expect(ready.count == 1 && ready[0].hasSuffix(" 1"), "\(ready)")
    }
}
