import Fleet
import FleetStore
import GRDBSQLite

/// A fleet that could be taken back, put into the store of a controller that is down: hosts that serve twenty deployments, each
/// with two revisions that succeeded, and five stretches of serving history for each host and deployment.
struct RollbackSeed {
    struct Failure: Error {
        let message: String
    }

    /// The controller's database.
    let path: String
    /// How many hosts.
    let hosts: Int

    static let deployments = 20
    /// When the first stretch began; each lasts a week.
    static let beginning: Int64 = 1_792_000_000_000

    private static let now = Instant(milliseconds: 1_795_286_220_000)

    /// Writes everything.
    func plant() async throws {
        let store = try FleetDatabase(path: path)
        let term = try await store.begin(id: "bench", now: Self.now).term
        let change = Change(actor: "bench", reason: "measured", now: Self.now, term: term)
        try await store.write(change) { writer in
            for number in 0..<Self.deployments { try Self.apply(number, writer) }
        }
        for start in stride(from: 0, to: hosts, by: 1_000) {
            let numbers = start..<min(start + 1_000, hosts)
            try await store.write(change) { writer in
                for number in numbers { _ = try writer.putHost(Self.host(number)) }
                for deployment in 0..<Self.deployments {
                    guard let item = try Self.item(deployment, writer.reader) else { continue }
                    let items = numbers.map { ("host-\($0)", item) }
                    try writer.assign(Dictionary(items) { first, _ in first }, deployment: item.deployment)
                }
                var reports: [String: HostReport] = [:]
                for number in numbers {
                    let assignment = try writer.reader.assignment(of: "host-\(number)")
                    reports["host-\(number)"] = Self.report(assignment)
                }
                try writer.saveReports(reports)
            }
        }
        try await store.close()
        try serve()
    }

    private static func apply(_ number: Int, _ writer: FleetWriter) throws {
        _ = try writer.putModel(Model(name: "model-\(number)"))
        for version in ["1", "2"] {
            let deployment = Deployment(
                name: "deployment-\(number)",
                content: .init(model: "model-\(number)", version: version, runtime: "r"),
                scope: .init(hosts: try LabelSelector("env=prod"), endpoint: nil)
            )
            let content = RevisionContent(
                model: .init(
                    name: "model-\(number)",
                    version: version,
                    format: "raw",
                    bundle: Digest(of: "\(number) \(version)".utf8)
                ),
                runtime: RuntimeProfile(
                    name: "r",
                    command: ["serve"],
                    ports: ["http"],
                    ready: .init(port: "http", path: "/")
                ),
                environment: [:],
                probe: nil
            )
            let applied = try writer.applyDeployment(deployment, uid: "uid-\(number)", content: content)
            try writer.succeedRevision(applied.record.revision, of: applied.record.uid)
        }
    }

    private static func host(_ number: Int) -> FleetHost {
        let id = "host-\(number)"
        return FleetHost(
            id: id,
            name: id,
            labels: ["env": "prod", "site": "site-\(number % 50)"],
            machine: id,
            instance: id,
            enrolledAt: now
        )
    }

    private static func item(_ number: Int, _ reader: FleetReader) throws -> AssignmentItem? {
        guard let record = try reader.deployment(uid: "uid-\(number)"),
            let revision = try reader.revision(2, of: record.uid)
        else { return nil }
        return AssignmentItem(
            deployment: record.uid,
            name: record.deployment.name,
            number: 0,
            revision: revision,
            stableFor: record.deployment.policy.rollout.stableFor,
            rollbackStableFor: record.deployment.policy.rollbackStableFor,
            succeeded: try reader.succeededRevisions(of: record.uid)
        )
    }

    private static func replica(_ item: AssignmentItem) -> ReplicaReport {
        var report = ReplicaReport(
            deployment: item.deployment,
            name: item.name,
            item: item.number,
            goal: item.succeeded.last,
            state: .verified,
            since: now,
            serving: item.succeeded.last,
            endpoint: item.endpoint,
            good: item.succeeded,
            instance: .init(pid: 1, ports: ["http": 20_000], startedAt: now, restarts: 0)
        )
        report.rollback = RollbackReadiness(.ready, revision: item.succeeded.first, verifiedAt: now)
        return report
    }

    private static func report(_ assignment: Assignment) -> HostReport {
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
            replicas: assignment.items.map(replica)
        )
    }

    /// The history, straight into the table: outcomes would take minutes.
    private func serve() throws {
        let week: Int64 = 604_800_000
        var handle: OpaquePointer?
        guard sqlite3_open(path, &handle) == SQLITE_OK else { throw Failure(message: "cannot open \(path)") }
        defer { sqlite3_close(handle) }
        let sql = """
            INSERT INTO serving (host, deployment, revision, digest, written, since, until, level)
            WITH turn (number) AS (VALUES (0), (1), (2), (3), (4))
            SELECT host.id, revision.deployment, revision.revision, revision.digest, revision.written,
                \(Self.beginning) + turn.number * \(week) + host.rowid * 1000,
                CASE WHEN turn.number < 4 THEN \(Self.beginning) + (turn.number + 1) * \(week) + host.rowid * 1000 END,
                CASE WHEN turn.number < 4 THEN 7 ELSE -1 END
            FROM turn, host, revision WHERE revision.revision = 2 - turn.number % 2
            """
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else {
            throw Failure(message: String(cString: sqlite3_errmsg(handle)))
        }
    }
}
