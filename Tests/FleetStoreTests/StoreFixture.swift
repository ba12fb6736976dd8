import Fleet
import FleetStore
import Foundation
import Testing

/// A store in a directory of its own, and objects to put into it.
final class StoreFixture: Sendable {
    let directory: String
    let store: FleetDatabase
    let term: UInt64

    init() async throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("muster-fleet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        directory = url.path
        store = try FleetDatabase(path: directory + "/store.db")
        term = try await store.begin(id: "controller", now: Instant(milliseconds: 0)).term
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    var path: String { directory + "/store.db" }

    /// A transaction by `actor` at `time` (seconds).
    @discardableResult
    func write<Value: Sendable>(
        _ time: Int64 = 1,
        actor: String = "ana",
        reason: String? = nil,
        term: UInt64? = nil,
        _ body: @escaping @Sendable (FleetWriter) throws -> Value
    ) async throws -> Value {
        let now = Instant(milliseconds: time * 1_000)
        return try await store.write(
            Change(actor: actor, reason: reason, now: now, term: term ?? self.term),
            body
        )
    }

    func read<Value: Sendable>(_ body: @Sendable (FleetReader) throws -> Value) async throws -> Value {
        try await store.read(body)
    }

    /// Applies a deployment of this name and version.
    @discardableResult
    func apply(_ name: String, version: String, expected: UInt64? = nil) async throws -> AppliedDeployment {
        try await write { try Self.apply(name, version: version, expected: expected, $0) }
    }

    @discardableResult
    static func apply(
        _ name: String,
        version: String,
        expected: UInt64? = nil,
        _ writer: FleetWriter
    ) throws -> AppliedDeployment {
        try writer.applyDeployment(
            try deployment(name, version: version),
            uid: "uid-\(name)",
            content: content(version),
            expected: expected
        )
    }

    static func deployment(_ name: String, version: String = "1") throws -> Deployment {
        Deployment(
            name: name,
            content: .init(model: "wine", version: version, runtime: "mlserver"),
            scope: .init(hosts: try LabelSelector("site=lyon"), endpoint: Endpoint(port: 8080, to: "http"))
        )
    }

    static let runtime = RuntimeProfile(
        name: "mlserver",
        command: ["mlserver", "start"],
        ports: ["http"],
        ready: .init(port: "http", path: "/ready")
    )

    static func content(_ version: String) -> RevisionContent {
        RevisionContent(
            model: .init(name: "wine", version: version, format: "sklearn", bundle: Digest(of: version.utf8)),
            runtime: runtime,
            environment: [:],
            probe: nil
        )
    }

    static func host(_ id: String, labels: [String: String] = ["site": "lyon"]) -> FleetHost {
        FleetHost(
            id: id,
            name: "name-\(id)",
            labels: labels,
            machine: "machine-\(id)",
            instance: "instance-\(id)",
            enrolledAt: Instant(milliseconds: 5)
        )
    }

    static func hold(_ id: String, _ revision: RevisionReference, of deployment: String) -> Hold {
        Hold(
            id: id,
            deployment: deployment,
            revision: revision,
            actor: "ana",
            reason: "wrong",
            since: Instant(milliseconds: 9)
        )
    }
}

/// Expects a ``FleetStoreError`` of this code whose message is made of four parts.
func expect<Value>(
    _ code: FleetStoreError.Code,
    saying words: String = "",
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Value
) async {
    do {
        _ = try await body()
        Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    } catch let error as FleetStoreError {
        #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
        #expect(error.message.contains(": ") && error.message.contains("; "), sourceLocation: sourceLocation)
        #expect(words.isEmpty || error.message.contains(words), "\(error)", sourceLocation: sourceLocation)
    } catch {
        Issue.record(error, sourceLocation: sourceLocation)
    }
}
