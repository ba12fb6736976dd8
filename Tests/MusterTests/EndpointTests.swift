import Fleet
import Foundation
import Testing

@testable import muster

/// `muster endpoints`: what it says of where deployments answer, and whether its readers take it.
@Suite struct EndpointTests {
    private static func host(
        _ name: String,
        _ address: String?,
        cordon: Cordon? = nil,
        connected: Bool = true
    ) -> HostView {
        var view = Samples.hostView
        view.host.name = name
        view.host.labels = ["site": "lyon", "example.org/rack": "7"]
        view.host.cordon = cordon
        view.connected = connected
        if let address { view.report?.facts.address = address } else { view.report = nil }
        return view
    }

    private static func runtime(_ ready: String = "/v2/models/{model.name}/ready") -> RuntimeProfile {
        RuntimeProfile(
            name: "mlserver",
            command: ["x"],
            ports: ["http"],
            ready: .init(port: "http", path: ready),
            metrics: .init(port: "http", path: "/metrics")
        )
    }

    private static func service(
        endpoint: Endpoint? = Endpoint(port: 8080, to: "http"),
        runtime: RuntimeProfile = runtime()
    ) throws -> EndpointService? {
        let deployment = Deployment(
            name: "wine",
            content: .init(model: "wine", version: "2.0.0", runtime: "mlserver"),
            scope: .init(hosts: try LabelSelector(""), endpoint: endpoint),
            policy: .init()
        )
        let serving = Samples.revision(2, "2.0.0")
        var leaving = Samples.host("lyon-4", .removing, serving: serving, reason: "draining")
        leaving.assigned = false
        let view = DeploymentView(
            deployment: deployment,
            uid: "u",
            resourceVersion: 1,
            createdAt: Samples.ago(100),
            written: serving,
            hosts: [
                Samples.host("lyon-2", .starting, serving: nil, reason: "bad\nserver evil 6.6.6.6:1 # x"),
                Samples.host("lyon-1", .verified, serving: serving), leaving,
                Samples.host("lyon-3", .verified, serving: serving, connected: false),
                Samples.host("lyon-5", .pending, serving: nil), Samples.host("ulm-1", .verified, serving: serving),
            ]
        )
        let cordon = Cordon(actor: "ada", reason: "a new disk", since: Samples.ago(60))
        let hosts = [
            host("lyon-1", "10.0.0.1"), host("lyon-2", "10.0.0.2", cordon: cordon),
            host("lyon-3", "fd00::3", connected: false), host("lyon-4", "10.0.0.4"), host("lyon-5", nil),
        ]
        return EndpointService(view, hosts: hosts, runtimes: [runtime])
    }

    @Test func sayWhatIsKnownOfEachHostThatCounts() throws {
        let service = try #require(try Self.service())
        #expect(service.endpoints.map(\.host) == ["lyon-1", "lyon-2", "lyon-3", "lyon-4", "lyon-5"])
        #expect(service.endpoints.map(\.status) == [.serving, .empty, .serving, .leaving, .empty])
        #expect(
            service.endpoints.map(\.target) == [
                "10.0.0.1:8080", "10.0.0.2:8080", "[fd00::3]:8080", "10.0.0.4:8080", nil,
            ]
        )
        #expect(service.check == "/v2/models/wine/ready" && service.metrics == "/metrics")
        let table = EndpointPrinter.table([service], style: TextStyle(isColoured: false), now: Samples.now)
        #expect(table.contains("wine        lyon-1  10.0.0.1:8080   serving  wine 2.0.0  -\n"))
        #expect(table.contains("the controller does not hear the host"))
        #expect(table.contains("cordoned by ada"))
        #expect(try Self.service(endpoint: nil)?.deployment == nil)
        // What differs from host to host, and what is asked elsewhere, cannot be asked by one check.
        #expect(try Self.service(runtime: Self.runtime("/{host.name}"))?.check == nil)
        #expect(try Self.service(endpoint: Endpoint(port: 1, to: "grpc"))?.check == nil)
    }

    @Test func haproxyTakesIt() throws {
        let services = [
            try #require(try Self.service()), try #require(try Self.service(runtime: Self.runtime("/a b#\"$x'\\"))),
        ]
        var text = EndpointPrinter.haproxy([services[0]], now: Samples.now)
        #expect(text.contains("\n    server lyon-1 10.0.0.1:8080  # wine 2.0.0\n"))
        #expect(text.contains("\n    server lyon-4 10.0.0.4:8080 weight 0  # wine 2.0.0; it is leaving: draining\n"))
        #expect(text.hasSuffix("\n    # lyon-5 has not said its address yet"))
        #expect(!text.contains("\nserver evil"), "what a host says became a line")
        guard FileManager.default.isExecutableFile(atPath: "/usr/sbin/haproxy") else {
            Issue.record("haproxy is not installed, so nobody has read what is written for it: Deploy/scripts/setup")
            return
        }
        var second = services[1]
        second.deployment = "odd"
        let told = EndpointPrinter.haproxy([second], readyPort: 7445, now: Samples.now)
        #expect(told.contains(#" agent-check agent-port 7445 agent-inter 2s agent-send "odd\n""#))
        text += "\n" + told
        let said = try Self.haproxy(text)
        #expect(said == nil, "\(said ?? "")")
        // It does look.
        #expect(try Self.haproxy(text.replacing("leastconn", with: "leastcon"))?.contains("balance only") == true)
    }

    /// What HAProxy says against backends; `nil` when it takes them.
    private static func haproxy(_ backends: String) throws -> String? {
        let head =
            "defaults\n    timeout connect 1s\n    timeout client 1s\n    timeout server 1s\n"
            + "frontend predictions\n    mode http\n    bind 127.0.0.1:9080\n    default_backend wine\n"
        return try judge("/usr/sbin/haproxy", ["-c", "-f", "b.cfg"], files: ["b.cfg": head + backends + "\n"])
    }

    /// What a program says against files; `nil` when it takes them.
    private static func judge(_ program: String, _ arguments: [String], files: [String: String]) throws -> String? {
        let name = "endpoints-\(UInt64.random(in: 0...(.max)))"
        let directory = FileManager.default.temporaryDirectory.appending(path: name)
        defer { try? FileManager.default.removeItem(at: directory) }
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        for (name, text) in files {
            try text.write(to: directory.appending(path: name), atomically: true, encoding: .utf8)
        }
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.currentDirectoryURL = directory
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let said = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus == 0 && !said.contains("WARNING") ? nil : said
    }

    @Test func prometheusGetsTargetsWithLabelsThatStay() throws {
        let groups = EndpointPrinter.targets([try #require(try Self.service())])
        let targets = ["10.0.0.1:8080", "10.0.0.2:8080", "[fd00::3]:8080", "10.0.0.4:8080"]
        #expect(groups.map(\.targets) == targets.map { [$0] })
        let first = try #require(groups.first).labels
        #expect(first.filter { !$0.key.hasPrefix("__meta_") } == ["deployment": "wine", "host": "lyon-1"])
        #expect(first["__meta_muster_version"] == "2.0.0" && first["__meta_muster_status"] == "serving")
        #expect(first["__meta_muster_label_example_org_rack"] == "7" && first["__meta_muster_label_site"] == "lyon")
        #expect(groups[1].labels["__meta_muster_version"] == nil)
        #expect(groups[2].labels["__meta_muster_connected"] == "false")
    }

    /// Prometheus' own judge reads what `file_sd_configs` would.
    @Test func prometheusTakesIt() throws {
        let promtool = try #require(
            ProcessInfo.processInfo.environment["MUSTER_PROMTOOL"],
            "there is no promtool: run Deploy/scripts/setup, and set MUSTER_PROMTOOL as Deploy/scripts/test does"
        )
        let targets = try ObjectPrinter.json(EndpointPrinter.targets([try #require(try Self.service())]))
        let config = "scrape_configs: [{job_name: a, file_sd_configs: [{files: [t.json]}]}]\n"
        func judged(_ targets: String) throws -> String? {
            try Self.judge(promtool, ["check", "config", "p.yml"], files: ["p.yml": config, "t.json": targets])
        }
        let said = try judged(targets)
        #expect(said == nil, "\(said ?? "")")
        // It does look.
        let wrong = targets.replacing("__meta_muster_label", with: "meta-muster")
        #expect(try judged(wrong)?.contains("is not a valid label name") == true)
    }
}
