import Dispatch
import Fleet
import FleetStore

/// Writers that apply a new content to their own deployments, each waiting for its acknowledgement.
struct StoreWriters {
    static let deployments = 64

    let path: String

    init(path: String) throws {
        self.path = path
    }

    /// Makes a store with its deployments.
    static func prepare(_ path: String) async throws {
        let (store, term) = try await open(path)
        for index in 0..<deployments {
            try await apply(index, version: 0, to: store, term)
        }
        try await store.close()
    }

    /// Runs so many writers for so long.
    func run(_ writers: Int, seconds: Double) async throws -> Measurement {
        try await Self.prepare(path)
        let (store, term) = try await Self.open(path)
        let processor = Measurement.processorTime()
        let start = DispatchTime.now().uptimeNanoseconds
        let end = start + UInt64(seconds * 1e9)
        let latencies = try await withThrowingTaskGroup(of: [UInt64].self) { group in
            for writer in 0..<writers {
                group.addTask {
                    var latencies: [UInt64] = []
                    var last = DispatchTime.now().uptimeNanoseconds
                    while last < end {
                        let version = latencies.count + 1
                        let index = (writer + version * writers) % Self.deployments
                        try await Self.apply(index, version: version, to: store, term)
                        let now = DispatchTime.now().uptimeNanoseconds
                        latencies.append(now - last)
                        last = now
                    }
                    return latencies
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let elapsed = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
        try await store.close()
        return Measurement(
            latencies: latencies,
            seconds: elapsed,
            processorSeconds: Measurement.processorTime() - processor
        )
    }

    private static func open(_ path: String) async throws -> (FleetDatabase, UInt64) {
        let store = try FleetDatabase(path: path)
        return (store, try await store.begin(id: "bench", now: Instant(milliseconds: 0)).term)
    }

    private static func change(_ term: UInt64) -> Change {
        Change(actor: "bench", reason: "measured", now: Instant(milliseconds: 1_795_286_220_000), term: term)
    }

    /// What an apply is once its manifest was read: outside of the transaction, as in the controller.
    private static func apply(_ index: Int, version: Int, to store: FleetDatabase, _ term: UInt64) async throws {
        let version = "1.0.\(version)"
        let deployment = Deployment(
            name: "deployment-\(index)",
            labels: ["env": "prod"],
            content: .init(model: "wine", version: version, runtime: "mlserver"),
            scope: .init(
                hosts: try LabelSelector("env=prod, site in (lyon, ulm)"),
                endpoint: Endpoint(port: 8080, to: "http")
            )
        )
        let runtime = RuntimeProfile(
            name: "mlserver",
            command: ["mlserver", "start", "{model.dir}"],
            environment: ["MLSERVER_HOST": "{host.address}", "MLSERVER_HTTP_PORT": "{port.http}"],
            ports: ["http", "grpc", "metrics"],
            ready: .init(port: "http", path: "/v2/models/{model.name}/ready")
        )
        let content = RevisionContent(
            model: .init(name: "wine", version: version, format: "sklearn", bundle: Digest(of: version.utf8)),
            runtime: runtime,
            environment: [:],
            probe: nil
        )
        _ = try await store.write(change(term)) {
            try $0.applyDeployment(deployment, uid: "uid-\(index)", content: content)
        }
    }
}
