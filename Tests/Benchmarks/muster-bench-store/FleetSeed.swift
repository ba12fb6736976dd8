import Fleet
import FleetStore

/// Many hosts that serve what a controller's one deployment wants, put into the store of that controller while it is down.
struct FleetSeed {
    /// The controller's database.
    let path: String
    /// How many hosts.
    let hosts: Int

    /// The sites that the hosts' labels name.
    static let sites = 50

    private static let now = Instant(milliseconds: 1_795_286_220_000)

    /// Writes the hosts, their items and their reports; the deployment's newest revision is one that succeeded.
    func plant() async throws {
        let store = try FleetDatabase(path: path)
        let term = try await store.begin(id: "bench", now: Self.now).term
        let change = Change(actor: "bench", reason: "measured", now: Self.now, term: term)
        let numbers = 0..<hosts
        try await store.write(change) { writer in
            guard let record = try writer.reader.deployments().first,
                let revision = try writer.reader.revision(record.revision, of: record.uid)
            else { return }
            for number in numbers { _ = try writer.putHost(Self.host(number)) }
            if try !writer.reader.succeededRevisions(of: record.uid).contains(revision.reference) {
                try writer.succeedRevision(revision.number, of: record.uid)
            }
            var items: [String: AssignmentItem] = [:]
            for number in numbers { items["host-\(number)"] = Self.item(of: record, revision) }
            try writer.assign(items, deployment: record.uid)
            var reports: [String: HostReport] = [:]
            for host in items.keys { reports[host] = try Self.report(of: writer.reader.assignment(of: host)) }
            try writer.saveReports(reports)
        }
        try await store.close()
    }

    private static func host(_ number: Int) -> FleetHost {
        let id = "host-\(number)"
        return FleetHost(
            id: id,
            name: id,
            labels: ["env": "prod", "site": "site-\(number % sites)"],
            machine: id,
            instance: id,
            enrolledAt: now
        )
    }

    private static func item(of record: DeploymentRecord, _ revision: Revision) -> AssignmentItem {
        AssignmentItem(
            deployment: record.uid,
            name: record.deployment.name,
            number: 0,
            revision: revision,
            endpoint: record.deployment.scope.endpoint,
            stableFor: record.deployment.policy.rollout.stableFor,
            rollbackStableFor: record.deployment.policy.rollbackStableFor,
            succeeded: [revision.reference]
        )
    }

    private static func report(of assignment: Assignment) -> HostReport {
        HostReport(
            sequence: 1,
            assignment: assignment.version,
            facts: HostFacts(
                agentVersion: "bench",
                user: "muster",
                isRoot: false,
                address: "192.0.2.1",
                kernel: "Linux",
                processors: 8,
                memory: 1 << 34,
                boot: "boot"
            ),
            replicas: assignment.items.map { item in
                ReplicaReport(
                    deployment: item.deployment,
                    name: item.name,
                    item: item.number,
                    goal: item.revision?.reference,
                    state: .verified,
                    since: now,
                    serving: item.revision?.reference,
                    endpoint: item.endpoint,
                    good: item.succeeded,
                    instance: .init(pid: 1, ports: ["http": 20_000], startedAt: now, restarts: 0)
                )
            }
        )
    }
}
