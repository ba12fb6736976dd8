import DaemonKit
import Fleet
import FleetAgent
import FleetManifest
import FleetTestSupport
import Foundation
import Logging
import NIOCore
import Testing

@testable import FleetController

/// A real controller on port 0 with a data directory of its own, and hosts that link up with it.
final class ControllerFixture: Sendable {
    let directory: String
    let controller: Controller
    let admin = OperatorIdentity(name: "ada", role: .admin)
    let logger: Logger

    var operations: FleetOperations { controller.operations }

    private init(directory: String, controller: Controller, logger: Logger) {
        self.directory = directory
        self.controller = controller
        self.logger = logger
    }

    /// Runs a test against a controller; everything is stopped afterwards. `directory` is kept when it was given.
    ///
    /// - Parameters:
    ///   - agentPort: where hosts of an earlier run dial; 0 for a free one.
    ///   - time: the controller's.
    static func run(
        directory: String? = nil,
        agentPort: Int = 0,
        limits: HostRequestLimits = HostRequestLimits(),
        time: TimeSource = .system,
        renewWithin: Span = .seconds(30 * 86_400),
        _ body: @escaping @Sendable (ControllerFixture) async throws -> Void
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .error
        let path = directory ?? NSTemporaryDirectory() + "muster-controller-\(UUID().uuidString)"
        let settings = ControllerSettings(
            dataDirectory: path,
            agentPort: agentPort,
            apiPort: 0,
            leaseInterval: .seconds(1),
            renewWithin: renewWithin
        )
        let controller = try await Controller(settings: settings, time: time, limits: limits, logger: logger)
        try await controller.start()
        let fixture = ControllerFixture(directory: path, controller: controller, logger: logger)
        let failure = await withTaskGroup(of: Void.self) { group -> (any Error)? in
            for part in controller.parts { group.addTask { try? await part.run() } }
            defer { group.cancelAll() }
            do {
                try await body(fixture)
                return nil
            } catch {
                return error
            }
        }
        await controller.close()
        if directory == nil { try? FileManager.default.removeItem(atPath: path) }
        if let failure { throw failure }
    }

    /// Enrols a host and returns its identity.
    func enrol(
        _ name: String,
        labels: [String: String] = ["site": "lyon"],
        time: TimeSource = .system
    ) async throws -> AgentIdentity {
        let tokens = try await operations.makeHostTokens(
            count: 1,
            labels: labels,
            timeToLive: .seconds(60),
            by: admin
        )
        let data = "\(directory)/hosts/\(name)"
        try await enrolment(name, token: tokens.tokens[0], data: data).run(
            time: time,
            random: .system,
            logger: logger
        )
        return try AgentIdentity(directory: data)
    }

    func enrolment(_ name: String, token: String, data: String, labels: [String: String] = [:]) -> HostEnrolment {
        HostEnrolment(
            controllerHost: "127.0.0.1",
            controllerPort: controller.agentPort,
            token: token,
            dataDirectory: data,
            name: name,
            labels: labels,
            address: "127.0.0.1"
        )
    }

    /// Runs hosts with their real links while the body runs.
    func withHosts(
        _ hosts: [(AgentIdentity, ScriptedHost)],
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (identity, host) in hosts {
                group.addTask { [logger] in
                    await ControllerLink(identity: identity, host: host, logger: logger).run()
                }
            }
            try await body()
            group.cancelAll()
        }
    }

    /// Pushes a bundle with one file and applies everything that a deployment of this version needs.
    func apply(version: String, hosts selector: String = "site=lyon", allowRemoval: Bool = false) async throws
        -> ApplyView
    {
        try await operations.apply(
            try await documents(version: version, hosts: selector),
            by: admin,
            reason: "test",
            options: ApplyOptions(allowsRemoval: allowRemoval)
        )
    }

    /// Everything that a version of the deployment needs; its files are pushed.
    func documents(version: String, hosts selector: String = "site=lyon") async throws -> [Manifest] {
        let file = Digest(of: "model \(version)".utf8)
        let list = try BundleList(files: [
            .init(digest: file, size: Int64("model \(version)".utf8.count), mode: 0o644, path: "m")
        ])
        try await push(Array("model \(version)".utf8), as: file)
        try await push(list.bytes, as: list.digest)
        return [
            .deployment(
                Deployment(
                    name: "wine",
                    content: .init(model: "wine", version: version, runtime: "server"),
                    scope: .init(hosts: try LabelSelector(selector), endpoint: Endpoint(port: 8080, to: "http"))
                )
            ),
            .modelVersion(
                ModelVersion(
                    name: "wine-\(version)",
                    model: "wine",
                    version: version,
                    format: "text",
                    bundle: list.digest
                )
            ),
            .model(Model(name: "wine")),
            .runtime(
                RuntimeProfile(
                    name: "server",
                    command: ["serve"],
                    ports: ["http"],
                    ready: .init(port: "http", path: "/")
                )
            ),
        ]
    }

    func push(_ bytes: [UInt8], as digest: Digest) async throws {
        var upload = try operations.receiveBlob(digest)
        try upload.write(ByteBuffer(bytes: bytes))
        try await operations.keep(upload, as: digest, by: admin)
    }

    /// Waits until the deployment looks as it should; fails with the last view after 20 s.
    @discardableResult
    func wait(
        _ what: String,
        for condition: (DeploymentView) -> Bool,
        location: SourceLocation = #_sourceLocation
    ) async throws -> DeploymentView? {
        let watch = operations.watch(from: 0)
        _ = watch
        let limit = ContinuousClock.now + .seconds(20)
        var last: DeploymentView?
        while ContinuousClock.now < limit {
            last = try await operations.deployments(nil).items.first
            if let last, condition(last) { return last }
            await Task.yield()
        }
        Issue.record(
            "never \(what): \(last.map { "\($0.hosts) \($0.explanations)" } ?? "no deployment")",
            sourceLocation: location
        )
        return nil
    }
}
