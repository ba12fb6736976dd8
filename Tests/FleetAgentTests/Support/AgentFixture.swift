import DaemonKit
import Fleet
import Foundation
import Logging
import NIOCore
import NIOPosix
import ReplicaLifecycle
import Testing

@testable import FleetAgent

/// A supervising loop with a data directory, real shims, fake model servers, and blobs from memory. What it started is
/// stopped at the end.
final class AgentFixture: Sendable {
    let files: AgentFiles
    let source = MemorySource()
    /// An address of its own for each fixture, so that tests may run side by side.
    let address: String
    let logger: Logger
    /// The host's policy, which lets replicas run as the test's own user.
    let policy: String

    init() throws {
        let unique = UInt32.random(in: 1...0xFF_FF)
        address = "127.77.\(unique >> 8).\(max(1, unique & 0xFF))"
        let directory =
            FileManager.default.temporaryDirectory.path + "/muster-agent-\(UInt64.random(in: 0...9_999_999))"
        files = try AgentFiles(directory: directory)
        policy = "\(directory)-policy.conf"
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        self.logger = logger
    }

    static func run(_ body: @Sendable @escaping (AgentFixture) async throws -> Void) async throws {
        let fixture = try AgentFixture()
        do {
            try await body(fixture)
        } catch {
            await fixture.cleanUp()
            throw error
        }
        await fixture.cleanUp()
    }

    /// One life of an agent: ends, as by kill -9, when the body does.
    func agent(
        disk: any AgentDisk = SystemDisk(),
        quota: BlobQuota = .standard,
        time: TimeSource = .system,
        replicaUser: ReplicaUser? = nil,
        groups: ControlGroups? = nil,
        endpoint: any EndpointSwitch = UnavailableEndpointSwitch(reason: "--endpoint is off"),
        ready: ReadyFiles = ReadyFiles(),
        _ body: @Sendable @escaping (Supervisor) async throws -> Void
    ) async throws {
        if !FileAccess.exists(policy) { try write(policy: "users = \(HostSystem.user) nobody") }
        let supervisor = try Supervisor.assembled(
            files: files,
            settings: settings,
            shim: Self.shim,
            replicaUser: replicaUser,
            policy: PolicyFile(named: policy),
            groups: groups,
            endpoint: endpoint,
            ready: ready,
            bindAddress: endpoint.refusal == nil ? HostAddress.all(like: address) : nil,
            source: source,
            quota: quota,
            group: MultiThreadedEventLoopGroup.singleton,
            time: time,
            disk: disk,
            logger: logger
        )
        try await withThrowingTaskGroup { group in
            group.addTask { try await supervisor.run() }
            group.addTask { try await body(supervisor) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Writes the host's policy.
    func write(policy text: String) throws {
        try FileAccess.replace(policy, with: Array("\(text)\n".utf8), mode: 0o644)
    }

    /// A revision whose model answers a number.
    func revision(
        _ number: UInt64,
        answer: Int,
        expect: Int? = nil,
        extra: String = "",
        command: String = "python3",
        resources: ReplicaResources? = nil,
        requires: [RuntimeRequirement] = [],
        update: RuntimeProfile.Update = .recreate,
        names: MetricNames? = nil
    ) throws -> Revision {
        let bundle = try source.add(bundle: ["model.json": "{\"answer\": \(answer)\(extra)}", "notes/\(number)": "x"])
        let content = RevisionContent(
            model: .init(name: "wine", version: "\(number).0.0", format: "sklearn", bundle: bundle),
            runtime: RuntimeProfile(
                name: "fake",
                requires: requires,
                command: [
                    command, "-c", FakeModelServer.program.escaped, "{model.dir}", "{host.address}", "{port.http}",
                ],
                environment: ["GREETING": "hello from {deployment.name}"],
                ports: ["http"],
                update: update,
                ready: .init(port: "http", path: "/v2/models/{model.name}/ready"),
                metrics: .init(port: "http", path: "/metrics", names: names),
                stop: .init(drain: .seconds(0), signal: "TERM", grace: .seconds(5))
            ),
            environment: [:],
            resources: resources,
            probe: GoldenProbe(
                port: "http",
                path: "/infer",
                request: "{}",
                expect: "{\"answer\": [\(expect ?? answer)]}"
            )
        )
        return Revision(number: number, content: content, written: Digest(of: "written \(number)".utf8))
    }

    func item(
        _ number: UInt64,
        _ order: AssignmentItem.Order = .converge,
        _ revision: Revision?,
        succeeded: [Revision] = [],
        holds: [Hold] = [],
        port: UInt16 = 8080
    ) -> AssignmentItem {
        AssignmentItem(
            deployment: "uid-1",
            name: "wine",
            number: number,
            order: order,
            revision: revision,
            endpoint: Endpoint(port: port, to: "http"),
            stableFor: Span(milliseconds: 300),
            rollbackStableFor: Span(milliseconds: 100),
            succeeded: succeeded.map(\.reference),
            holds: holds
        )
    }

    func hold(_ revision: Revision) -> Hold {
        Hold(
            id: "h1",
            deployment: "uid-1",
            revision: revision.reference,
            actor: "ada",
            reason: "wrong",
            since: Instant(milliseconds: 1)
        )
    }

    /// Asks the endpoint.
    func ask(_ body: String = "{}", port: UInt16 = 8080) async throws -> JSONValue {
        let probe = HTTPProbe(address: address, group: MultiThreadedEventLoopGroup.singleton)
        let answer = try await probe.ask(port: port, path: "/infer", body: Array(body.utf8), timeout: .seconds(5))
        return try JSONCoding.decode(JSONValue.self, from: answer.body)
    }

    var settings: AgentIdentity.Settings {
        AgentIdentity.Settings(
            hostID: "h-1",
            name: "host-1",
            instance: "i-1",
            controllerHost: "127.0.0.1",
            controllerPort: 1,
            address: address
        )
    }

    /// Whether this machine lets the test bound its replicas.
    static let hasGroups: Bool = {
        let groups = ControlGroups(name: "muster-probe-\(getpid())")
        defer { groups.leave() }
        return groups.missing.isEmpty
    }()
    /// What a test says that needs them and has them not.
    static let noGroups: Comment = "NOT tested here: no control groups for memory, cpu and pids; run as root"
    /// Whether replicas can run as another user.
    static let isRoot = geteuid() == 0
    /// What a test says that needs to be root and is not.
    static let notRoot: Comment = "NOT tested here: only root may run a process as another user; run as root"

    static var shim: String {
        let directory =
            ProcessInfo.processInfo.environment["MUSTER_BIN_DIR"] ?? FileAccess.parent(of: CommandLine.arguments[0])
        return "\(directory)/muster-shim"
    }

    private func cleanUp() async {
        for name in FileAccess.names(in: files.replicas) {
            let path = "\(files.replica(name))/handle"
            guard let text = try? FileAccess.readText(path) else { continue }
            let child = text.split(separator: "\n").first { $0.hasPrefix("child ") }?.split(separator: " ")
            if let pid = child.flatMap({ $0.count > 1 ? Int32($0[1]) : nil }) { kill(-pid, SIGKILL) }
        }
        let groups = ControlGroups(name: ReplicaHousing.groupName(files, instance: settings.instance))
        for name in Set(groups.names) {
            while !groups.processes(of: name).isEmpty {
                for pid in groups.processes(of: name) { kill(pid, SIGKILL) }
                await Task.yield()
            }
            groups.remove(name)
        }
        groups.leave()
        FileAccess.remove(files.directory)
        FileAccess.remove(policy)
    }
}

extension Supervisor {
    /// Waits until the report of the deployment says something, and returns it.
    func until(
        _ deployment: String = "uid-1",
        _ isReached: @Sendable (ReplicaReport) -> Bool
    ) async throws -> ReplicaReport {
        let changes = changes()
        if let report = board.replica(deployment), isReached(report) { return report }
        for await _ in changes {
            if let report = board.replica(deployment), isReached(report) { return report }
        }
        throw CancellationError()
    }

    /// Hears for the first time of a controller, which has stored nothing; there must be an outcome.
    func settleNumbers() async {
        let changes = changes()
        await outcomesStored(through: 0)
        for await _ in changes where await newestOutcome() > 0 { break }
    }

    /// Gives the deployment an item, as the assignment of this generation.
    func give(_ item: AssignmentItem) async throws {
        try await take(Assignment(version: AssignmentVersion(epoch: 1, generation: item.number), items: [item]))
    }
}

extension String {
    /// As a template that expands to this text.
    fileprivate var escaped: String {
        replacingOccurrences(of: "{", with: "{{").replacingOccurrences(of: "}", with: "}}")
    }
}
