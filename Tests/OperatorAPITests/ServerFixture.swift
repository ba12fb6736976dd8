import DaemonKit
import Fleet
import FleetAgent
import FleetController
import FleetSecurity
import FleetTestSupport
import Foundation
import Testing

@testable import OperatorAPI

/// A real controller with its operator port on port 0, and curl to talk to it.
final class ServerFixture: Sendable {
    let directory: String
    let controller: Controller
    let port: Int
    let token: String
    let log: LogCollector
    private let daemon: Daemon

    static let description = Result { try APIDescription() }

    private init(
        directory: String,
        controller: Controller,
        port: Int,
        token: String,
        log: LogCollector,
        daemon: Daemon
    ) {
        self.directory = directory
        self.controller = controller
        self.port = port
        self.token = token
        self.log = log
        self.daemon = daemon
    }

    /// Runs a test against a server; everything is stopped afterwards.
    static func run(
        beat: Span = .seconds(15),
        rate: RequestRate.Limit = .usual,
        _ body: @escaping @Sendable (ServerFixture) async throws -> Void
    ) async throws {
        let directory = NSTemporaryDirectory() + "muster-api-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let log = LogCollector()
        let controller = try await Controller(
            settings: ControllerSettings(dataDirectory: directory, agentPort: 0, apiPort: 0),
            logger: log.logger
        )
        try await controller.start()
        let server = try server(for: controller, log: log, beat: beat, rate: rate)
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let api = DaemonPart(name: "operator API") {
            defer { listening.finish() }
            try await server.run { listening.yield($0) }
        }
        let daemon = Daemon(parts: controller.parts + [api], deadline: .seconds(10), logger: log.logger)
        async let code = daemon.run()
        let port = try #require(await ports.first { _ in true })
        let fixture = ServerFixture(
            directory: directory,
            controller: controller,
            port: port,
            token: try token(in: directory),
            log: log,
            daemon: daemon
        )
        let result = await Result { try await body(fixture) }
        await daemon.stop()
        #expect(await code == 0)
        await controller.close()
        try result.get()
    }

    /// A server that has not started.
    static func server(
        for controller: Controller,
        port: Int = 0,
        log: LogCollector,
        beat: Span = .seconds(15),
        rate: RequestRate.Limit = .usual
    ) throws -> OperatorServer {
        try OperatorServer(
            host: "127.0.0.1",
            port: port,
            certificateChainPEM: controller.apiCredentials.certificateChainPEM,
            keyPEM: controller.apiCredentials.keyPEM,
            operations: controller.operations,
            logger: log.logger,
            beat: beat,
            rate: rate
        )
    }

    private static func token(in directory: String) throws -> String {
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(directory)/admin-credentials"))
        return try #require(try JSONDecoder().decode(JSONValue.self, from: data)["token"]?.text)
    }

    /// Asks for a graceful shutdown, as SIGTERM does.
    func stop() async { await daemon.stop() }

    // MARK: Calling

    static let project = "/v1/projects/default"

    func url(_ path: String) -> String {
        "https://127.0.0.1:\(port)" + (path.hasPrefix("/v1/") || path == "/metrics" ? path : Self.project + path)
    }

    /// What every call says.
    func arguments(_ method: String, _ path: String, token: String?) -> [String] {
        ["-sS", "--max-time", "30", "--cacert", "\(directory)/authority.pem", "-X", method, url(path)]
            + (token.map { ["-H", "authorization: Bearer \($0)"] } ?? [])
    }

    /// Calls as the first admin, or with another token. The answer is checked against `openapi.yaml`.
    func call(
        _ method: String,
        _ path: String,
        json: String? = nil,
        with extra: [String] = [],
        token: String?? = nil,
        location: SourceLocation = #_sourceLocation
    ) async throws -> Reply {
        var arguments = arguments(method, path, token: token ?? self.token)
        let headers = "\(directory)/headers-\(UUID().uuidString)"
        if method == "HEAD" { arguments.append("--head") }
        arguments += ["-D", headers, "-w", "%{stderr}%{http_code}"]
        if json != nil { arguments += ["-H", "content-type: application/json", "--data-binary", "@-"] }
        let result = try await Curl.run("curl", arguments + extra, input: json)
        let reply = Reply(
            status: Int(result.complaint.suffix(3)) ?? 0,
            headers: try Self.headers(in: headers),
            body: method == "HEAD" ? Data() : result.output,
            exit: result.exit,
            complaint: result.complaint
        )
        for problem in try Self.description.get().problems(with: reply, to: method, path: URL(string: url(path))?.path)
        {
            Issue.record("\(method) \(path): \(problem)", sourceLocation: location)
        }
        return reply
    }

    /// The fields of the last head: an interim one (100) may stand before it.
    private static func headers(in file: String) throws -> [String: String] {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return [:] }
        let head = text.components(separatedBy: "\r\n\r\n").last { !$0.isEmpty } ?? ""
        let fields = head.components(separatedBy: "\r\n").dropFirst().map {
            $0.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
        }
        return Dictionary(fields.filter { $0.count == 2 }.map { ($0[0].lowercased(), $0[1]) }) { "\($0), \($1)" }
    }

    // MARK: Stories

    /// Pushes a bundle of one file; returns its digest.
    func push(_ content: String) async throws -> Digest {
        let file = Digest(of: content.utf8)
        let list = try BundleList(files: [
            .init(digest: file, size: Int64(content.utf8.count), mode: 0o644, path: "model.txt")
        ])
        let text = String(decoding: list.bytes, as: UTF8.self)
        for (bytes, digest) in [(content, file), (text, list.digest)] {
            let path = "\(directory)/upload-\(digest.hex)"
            try Data(bytes.utf8).write(to: URL(fileURLWithPath: path))
            let reply = try await call("PUT", "/blobs/sha256/\(digest.hex)", with: ["-T", path])
            #expect(reply.status == 201)
        }
        return list.digest
    }

    static let model = #"{"apiVersion":"muster/v1","kind":"Model","metadata":{"name":"wine"},"spec":{"owner":"me"}}"#
    static let runtime = """
        {"apiVersion":"muster/v1","kind":"Runtime","metadata":{"name":"server"},"spec":{"driver":"process",\
        "command":["serve"],"ports":["http"],"update":"recreate",\
        "health":{"ready":{"http":{"port":"http","path":"/"}}}}}
        """

    static func version(_ version: String, bundle: Digest) -> String {
        """
        {"apiVersion":"muster/v1","kind":"ModelVersion","metadata":{"name":"wine-\(version)"},\
        "spec":{"model":"wine","version":"\(version)","format":"text","bundle":"\(bundle)"}}
        """
    }

    static func deployment(version: String, model: String = "wine", environment: String = "") -> String {
        let variables = environment.isEmpty ? "" : #","environment":{"\#(environment)":"1"}"#
        return """
            {"apiVersion":"muster/v1","kind":"Deployment","metadata":{"name":"wine","labels":{"env":"prod"}},"spec":{\
            "content":{"model":{"name":"\(model)","version":"\(version)"},"runtime":"server"\(variables)},\
            "scope":{"hosts":"site=lyon","endpoint":{"port":8080,"to":"http"}}}}
            """
    }

    /// Enrols a host in lyon.
    func enrol(_ name: String) async throws -> AgentIdentity {
        let json = #"{"labels":{"site":"lyon"}}"#
        let tokens = try await call("POST", "/hosttokens", json: json).view(HostTokensView.self).tokens
        let data = "\(directory)/host-\(name)"
        let enrolment = HostEnrolment(
            controllerHost: "127.0.0.1",
            controllerPort: controller.agentPort,
            token: try #require(tokens.first),
            dataDirectory: data,
            name: name,
            labels: [:],
            address: "127.0.0.1"
        )
        try await enrolment.run(time: .system, random: .system, logger: log.logger)
        return try AgentIdentity(directory: data)
    }

    /// Enrols hosts in lyon and keeps their real links up while the body runs.
    func withHosts(_ names: String..., body: @escaping @Sendable () async throws -> Void) async throws {
        var links: [ControllerLink] = []
        for name in names {
            let identity = try await enrol(name)
            links.append(ControllerLink(identity: identity, host: ScriptedHost(), logger: log.logger))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for link in links { group.addTask { await link.run() } }
            try await body()
            group.cancelAll()
        }
    }

    /// Asks until the answer is as it should be; fails with the last one after 20 s.
    @discardableResult
    func wait<View: Decodable>(
        _ path: String,
        as type: View.Type,
        location: SourceLocation = #_sourceLocation,
        until condition: (View) -> Bool
    ) async throws -> View {
        let limit = ContinuousClock.now + .seconds(20)
        while true {
            let reply = try await call("GET", path, location: location)
            if let view = try? reply.view(type), condition(view) { return view }
            guard ContinuousClock.now < limit else {
                let last = String(decoding: reply.body, as: UTF8.self)
                Issue.record("\(path) never became as it should: \(last)", sourceLocation: location)
                return try reply.view(type)
            }
        }
    }

    /// The body of `plan` and `apply`.
    static func documents(_ documents: String..., more: String = "") -> String {
        #"{"documents":[\#(documents.joined(separator: ","))]\#(more)}"#
    }

    /// Applies everything that one deployment needs.
    @discardableResult
    func applyAll(version: String = "1") async throws -> ApplyView {
        let bundle = try await push("model \(version)")
        let reply = try await call(
            "POST",
            "/apply",
            json: Self.documents(
                Self.deployment(version: version),
                Self.version(version, bundle: bundle),
                Self.runtime,
                Self.model,
                more: #","reason":"first""#
            )
        )
        #expect(reply.status == 200)
        return try reply.view(ApplyView.self)
    }
}

extension Result where Failure == any Error {
    /// The result of an asynchronous body.
    init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
