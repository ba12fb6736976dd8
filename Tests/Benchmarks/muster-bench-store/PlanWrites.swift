import Dispatch
import Fleet
import FleetStore

/// Plans of the least size, one after the other, into a store in memory: one host's target and item, the rollout's
/// header, the plan's number. What the simulator does all day.
struct PlanWrites {
    private let hosts: Int
    private let store: FleetDatabase
    private let term: UInt64
    private let revisions: [Revision]
    private var rollout: Rollout

    init(hosts: Int) throws {
        self.hosts = hosts
        store = try FleetDatabase(inMemory: nil)
        term = try store.beginNow(id: "bench", now: Instant(milliseconds: 0)).term
        let change = Change(actor: "bench", now: Instant(milliseconds: 1), term: term)
        revisions = try store.writeNow(change) { writer in
            for version in ["1", "2"] { try Self.apply(version, writer) }
            for host in 0..<hosts {
                let id = "host-\(host)"
                _ = try writer.putHost(
                    FleetHost(
                        id: id,
                        name: id,
                        labels: [:],
                        machine: id,
                        instance: id,
                        enrolledAt: Instant(milliseconds: 0)
                    )
                )
            }
            return try writer.reader.revisions(of: "uid")
        }
        rollout = Rollout(
            id: "rollout",
            deployment: "uid",
            revision: revisions[1].reference,
            state: .progressing,
            since: Instant(milliseconds: 0),
            reason: "applied",
            startedAt: Instant(milliseconds: 0),
            waveEnds: [10, 100, hosts]
        )
        let first = rollout
        try store.writeNow(change) { writer in
            try writer.saveRollout(first, isNew: true)
            try writer.saveTargets((0..<hosts).map { Self.target($0, .pending, 0) }, of: first.id)
        }
    }

    /// Writes for so long.
    mutating func run(seconds: Double) throws -> Measurement {
        var step = 0
        var writes = self
        let measurement = try measure(seconds: seconds) {
            try writes.write(step)
            step += 1
        }
        self = writes
        return measurement
    }

    /// Takes images and goes back to them for so long.
    func images(seconds: Double) throws -> Measurement {
        try measure(seconds: seconds) { try store.restoreNow(try store.imageNow()) }
    }

    /// Reads for so long what a plan of all hosts stands on: their items and targets.
    mutating func pictures(seconds: Double) throws -> Measurement {
        for step in 0..<hosts { try write(step) }
        return try measure(seconds: seconds) {
            let count = try store.readNow { try ($0.items(of: "uid").count, $0.targets(of: "rollout").count) }
            precondition(count == (hosts, hosts), "read \(count) of \(hosts)")
        }
    }

    /// Counts for so long where the hosts of a rollout stand.
    func counts(seconds: Double) throws -> Measurement {
        try measure(seconds: seconds) { _ = try store.readNow { try $0.targetCounts(of: "rollout") } }
    }

    private func measure(seconds: Double, _ body: () throws -> Void) throws -> Measurement {
        let processor = Measurement.processorTime()
        let start = DispatchTime.now().uptimeNanoseconds
        var latencies: [UInt64] = []
        var last = start
        while last < start + UInt64(seconds * 1e9) {
            try body()
            let now = DispatchTime.now().uptimeNanoseconds
            latencies.append(now - last)
            last = now
        }
        return Measurement(
            latencies: latencies,
            seconds: Double(last - start) / 1e9,
            processorSeconds: Measurement.processorTime() - processor
        )
    }

    private mutating func write(_ step: Int) throws {
        let host = step % hosts
        rollout.provenAt = Span(milliseconds: Int64(step))
        let header = rollout
        let revision = revisions[step / hosts % 2]
        let item = AssignmentItem(
            deployment: "uid",
            name: "wine",
            number: 0,
            revision: revision,
            endpoint: Endpoint(port: 8080, to: "http"),
            stableFor: .seconds(30),
            rollbackStableFor: .seconds(3),
            succeeded: revisions.map(\.reference)
        )
        let change = Change(actor: "controller", now: Instant(milliseconds: Int64(step)), term: term)
        try store.writeNow(change) { writer in
            try writer.raisePlan(of: "uid", to: UInt64(step + 1))
            try writer.saveRollout(header, isNew: false)
            try writer.saveTargets([Self.target(host, .starting, Int64(step))], of: header.id)
            try writer.assign(["host-\(host)": item], deployment: "uid")
        }
    }

    private static func target(_ host: Int, _ state: TargetState, _ since: Int64) -> RolloutTarget {
        RolloutTarget(
            host: "host-\(host)",
            name: "host-\(host)",
            site: "lyon",
            wave: host < 10 ? 0 : host < 100 ? 1 : 2,
            asked: .go,
            state: state,
            since: Instant(milliseconds: since)
        )
    }

    private static func apply(_ version: String, _ writer: FleetWriter) throws {
        let deployment = Deployment(
            name: "wine",
            content: .init(model: "wine", version: version, runtime: "mlserver"),
            scope: .init(hosts: try LabelSelector(""), endpoint: Endpoint(port: 8080, to: "http"))
        )
        let content = RevisionContent(
            model: .init(name: "wine", version: version, format: "sklearn", bundle: Digest(of: version.utf8)),
            runtime: RuntimeProfile(
                name: "mlserver",
                command: ["mlserver", "start", "{model.dir}"],
                ports: ["http"],
                ready: .init(port: "http", path: "/ready")
            ),
            environment: [:],
            probe: nil
        )
        _ = try writer.applyDeployment(deployment, uid: "uid", content: content)
    }
}
