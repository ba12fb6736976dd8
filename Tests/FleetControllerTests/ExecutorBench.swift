import Fleet
import FleetPlanning
import FleetStore
import Synchronization
import Testing

@testable import FleetController

/// The executor over a store in memory and a manual clock, with hosts that do at once what they are told.
///
/// A fake for the planning loop's tasks and for agents; the machine, the executor, the store and its transactions are
/// real.
struct ExecutorBench {
    /// The time, for the bench and for what it makes.
    final class Clock: Sendable {
        private let value = Mutex(Instant(milliseconds: 1_795_286_400_000))
        var now: Instant { value.withLock { $0 } }
        private let shift = Mutex(Span.seconds(0))
        /// What the machine's clock shows.
        var timeOfDay: Instant { now + shift.withLock { $0 } }
        func pass(_ span: Span) { value.withLock { $0 = $0 + span } }
        /// Somebody sets the machine's clock.
        func jump(_ span: Span) { shift.withLock { $0 = Span(milliseconds: $0.milliseconds + span.milliseconds) } }
    }

    let store: FleetDatabase
    let directory = HostDirectory()
    let term: UInt64
    let clock = Clock()
    var step: PlanStep
    var executor: PlanExecutor
    /// Versions that fail their proof.
    var failing: Set<String> = []
    /// Plans that were stored, by number of the deployment.
    var stored = 0

    private static let counter = Mutex(0)

    init(sites: [String: Int], slotsPerSite: Int = 16) throws {
        store = try FleetDatabase(inMemory: nil)
        term = try store.beginNow(id: "controller", now: clock.now).term
        executor = PlanExecutor(slotsPerSite: slotsPerSite)
        step = Self.step(directory, clock)
        for (site, count) in sites.sorted(by: { $0.key < $1.key }) {
            for number in 0..<count { try addHost("\(site)-\(number)", site: site) }
        }
    }

    private static func step(_ directory: HostDirectory, _ clock: Clock) -> PlanStep {
        PlanStep(
            directory: directory,
            environment: ControllerEnvironment(
                now: { clock.timeOfDay },
                steady: { clock.now },
                freshID: { Self.freshID() }
            )
        )
    }

    /// The controller dies and starts again; hosts stay as they are.
    mutating func restart() throws {
        step = Self.step(directory, clock)
        executor = PlanExecutor()
        for record in try store.readNow({ try $0.deployments() }) { try read(record.uid) }
    }

    static func freshID() -> String {
        counter.withLock { counter in
            counter += 1
            return "id\(counter)"
        }
    }

    var now: Instant { clock.now }

    func addHost(_ name: String, site: String) throws {
        let host = FleetHost(
            id: "id-\(name)",
            name: name,
            labels: ["site": site],
            machine: "m-\(name)",
            instance: "i-\(name)",
            enrolledAt: now
        )
        _ = try write { try $0.putHost(host) }
        directory.add(HostEntry(host: host, assignment: nil, report: nil, outbox: 0, lastHeard: now))
    }

    func write<Value>(_ body: (FleetWriter) throws -> Value) throws -> Value {
        try store.writeNow(Change(actor: "ada", now: now, term: term), body)
    }

    func record(_ name: String) throws -> DeploymentRecord {
        try #require(try store.readNow { try $0.deployment(named: name) })
    }

    /// What a person's apply does.
    mutating func apply(
        _ name: String,
        version: String,
        policy: RolloutPolicy = RolloutPolicy(),
        freezes: [Freeze] = []
    ) throws {
        let deployment = Deployment(
            name: name,
            content: .init(model: "wine", version: version, runtime: "server"),
            scope: .init(hosts: try LabelSelector(""), endpoint: nil),
            policy: .init(rollout: policy, freezes: freezes)
        )
        let content = RevisionContent(
            model: .init(name: "wine", version: version, format: "text", bundle: Digest(of: version.utf8)),
            runtime: RuntimeProfile(
                name: "server",
                command: ["serve"],
                ports: ["http"],
                ready: .init(port: "http", path: "/")
            ),
            environment: [:],
            probe: nil
        )
        let step = step
        let outcome = try write { writer in
            let applied = try writer.applyDeployment(deployment, uid: "uid-\(name)", content: content)
            return try step.run(applied.record, in: writer, request: .init(actor: "ada", isFresh: true))
        }
        #expect(outcome.items.isEmpty, "an operator's transaction admits nobody")
        try read("uid-\(name)")
    }

    /// What `explain` says.
    func explanations(_ name: String) throws -> [Explanation] {
        try store.readNow { reader in
            let record = try #require(try reader.deployment(named: name))
            return try ViewBuilder(reader: reader, directory: directory, now: now).explanations(of: record)
        }
    }

    /// What a person says to a rollout.
    mutating func tell(_ command: RolloutCommand, _ name: String) throws {
        let step = step
        let record = try record(name)
        _ = try write { writer in
            try step.run(record, in: writer, request: .init(actor: "ada", command: command, reason: "because"))
        }
        try read(record.uid)
    }

    mutating func read(_ uid: String) throws {
        executor.drop(uid)
        let step = step
        let found = try store.readNow { reader -> (LabelSelector, DeploymentPicture)? in
            guard let record = try reader.deployment(uid: uid), record.state != .deleted else { return nil }
            return try step.picture(of: record, in: reader).map { (record.deployment.scope.hosts, $0) }
        }
        guard let found else { return executor.forget(uid) }
        guard !step.isClockOld(found.1.rollout) else {
            let record = try record(found.1.name)
            _ = try write { try step.resumedClock(of: record, in: $0) }
            return try read(uid)
        }
        executor.adopt(found.1, selector: found.0, at: now, toTimeOfDay: step.environment.toTimeOfDay)
    }

    /// Plans and stores what is due, once. `stores` says whether the store takes it.
    ///
    /// - Returns: the items that were stored, by deployment.
    @discardableResult
    mutating func turn(stores: (String) -> Bool = { _ in true }) throws -> [String: [String: AssignmentItem]] {
        var items: [String: [String: AssignmentItem]] = [:]
        for uid in executor.due(at: now) {
            let shift = step.environment.toTimeOfDay
            let made = executor.plan(uid, at: now, toTimeOfDay: shift, freshRollout: Self.freshID())
            guard let plan = made, !plan.isEmpty else { continue }
            guard stores(uid) else {
                executor.failed(uid)
                continue
            }
            let step = step
            let outcome = try write { try step.store(plan, of: uid, in: $0) }
            executor.committed(uid, items: outcome.items)
            stored += 1
            items[uid] = outcome.items
            for (host, assignment) in outcome.assignments { directory[host]?.assign(assignment) }
        }
        return items
    }

    /// Hosts do what these items ask, and say so.
    mutating func obey(_ items: [String: [String: AssignmentItem]]) {
        for (uid, items) in items {
            for (host, item) in items {
                report(Self.report(of: item, failing: failing, before: known(host, uid)), host)
            }
        }
    }

    private func known(_ host: String, _ uid: String) -> ReplicaReport? {
        directory[host]?.report?.replicas.first { $0.deployment == uid }
    }

    private mutating func report(_ replica: ReplicaReport, _ host: String) {
        directory[host]?.state.withLock { state in
            var replicas = state.report?.replicas.filter { $0.deployment != replica.deployment } ?? []
            replicas.append(replica)
            state.report = HostReport(sequence: 1, assignment: .none, facts: Self.facts, replicas: replicas)
        }
        executor.take(.report(host: host, replica), of: replica.deployment)
    }

    /// Turns until nothing is due any more; clocks stand.
    mutating func settle(limit: Int = 500) throws {
        for _ in 0..<limit {
            let items = try turn()
            obey(items)
            if items.values.allSatisfy(\.isEmpty), executor.due(at: now).isEmpty { return }
        }
        Issue.record("it never came to rest")
    }

    func pass(_ span: Span) { clock.pass(span) }

    private static let facts = HostFacts(
        agentVersion: "test",
        user: "test",
        isRoot: false,
        address: "127.0.0.1",
        kernel: "Linux",
        processors: 1,
        memory: 1,
        boot: "boot"
    )

    private static func report(
        of item: AssignmentItem,
        failing: Set<String>,
        before: ReplicaReport?
    ) -> ReplicaReport {
        var report = ReplicaReport(
            deployment: item.deployment,
            name: item.name,
            item: item.number,
            goal: item.revision?.reference,
            state: .verified,
            since: Instant(milliseconds: 1),
            serving: before?.serving,
            endpoint: before?.endpoint,
            good: before?.good ?? []
        )
        let text = item.revision.map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
        let fails = failing.contains { text.contains("\"version\":\"\($0)\"") }
        switch item.order {
        case .stage: report.state = .staged
        case .converge where fails:
            report.state = .reverted
            report.failure = .init(kind: .transition, state: .probing)
            report.reason = "the golden probe did not match"
        case .converge:
            report.serving = item.revision?.reference
            report.endpoint = item.endpoint
            if item.revision == nil { report.state = .reverted }
        case .rollback:
            report.serving = report.good.last { item.holds.condemning($0) == nil }
            report.receipt = report.serving.map { .done(serving: $0) } ?? .noTarget(.keepServing)
        case .remove:
            report.serving = nil
            report.state = .removed
        }
        if let serving = report.serving, item.succeeded.contains(serving) {
            report.good.removeAll { $0 == serving }
            report.good.append(serving)
        }
        return report
    }
}
