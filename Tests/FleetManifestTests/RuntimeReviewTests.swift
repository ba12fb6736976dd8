import Foundation
import Testing

@testable import FleetManifest

/// Each rule finds what it is for, at its place, and nothing else does.
@Suite struct RuntimeReviewTests {
    private static let sound = [
        "apiVersion: muster/v1", "kind: Runtime", "metadata: {name: a}", "spec:", "  driver: process",
        "  requires: [{command: [serve, --version], matches: \">=1 <2\"}]",
        "  command: [serve, --host, \"{host.address}\", --port, \"{port.http}\"]",
        "  environment: {METRICS_PORT: \"{port.metrics}\", MAX_TOKENS: \"512\", TOKENIZERS_PARALLELISM: \"false\"}",
        "  ports: [http, metrics]", "  update: sideBySide",
        "  health: {live: {http: {port: http, path: /}}, ready: {http: {port: http, path: /}}}",
        "  metrics: {port: metrics, path: /metrics, names: {requests: [a_total]}}", "  stop: {drain: 10s, grace: 30s}",
    ]

    private static func findings(_ lines: [String]) throws -> [String] {
        var batch = ManifestBatch()
        batch.add(yaml: lines.joined(separator: "\n").utf8, file: "m.yaml")
        #expect(batch.problems.map(\.description) == [])
        let document = try #require(batch.documents.first)
        guard case .runtime(let runtime) = document.manifest else { return [] }
        return RuntimeReview.warnings(of: runtime, in: document.node).map { warning in
            #expect(warning.lines.count == 3, "what, why, what to do")
            let place = warning.problem.place.map { "\($0.line):\($0.column)" } ?? "nowhere"
            return "\(warning.rule.rawValue) \(place) \(warning.problem.path)"
        }
    }

    @Test func nothingIsUnwiseInWhatIsSound() throws {
        #expect(try Self.findings(Self.sound) == [])
    }

    /// What stands instead of one line of the sound one, by its number, and what is found.
    @Test(
        arguments: [
            (9, "  ports: [http, metrics, grpc]", ["port-unsaid 9:26 spec.ports[2]"]),
            (7, "  command: [serve, --port, \"{port.http}\"]", ["address-unsaid 7:12 spec.command"]),
            (7, "  command: [serve, --host=0.0.0.0, \"{port.http}\"]", []),
            (
                7, "  command: [/opt/bin/mlserver, \"{host.address}\", \"{port.http}\"]",
                ["ready-without-model 11:82 spec.health.ready.http.path"]
            ),
            (
                11,
                "  health: {live: {http: {port: http, path: /}}, ready: {http: {port: http, path: /v2/health/ready}}}",
                ["ready-without-model 11:82 spec.health.ready.http.path"]
            ),
            (
                11,
                "  health: {live: {http: {port: http, path: /}}, ready: {http: {port: http, path: \"/v2/{model.name}\"}}}",
                []
            ),
            (6, "", ["requires-nothing 5:3 spec"]),
            (11, "  health: {ready: {http: {port: http, path: /}}}", ["live-missing 11:11 spec.health"]),
            (13, "  stop: {drain: 0s}", ["drain-missing 13:17 spec.stop.drain"]),
            (13, "", ["drain-missing 5:3 spec.stop.drain"]),
            (10, "  update: recreate", []),
            (13, "  stop: {drain: 1m}", ["grace-short 13:9 spec.stop.grace"]),
            (12, "  metrics: {port: metrics, path: /metrics}", ["figures-unnamed 12:12 spec.metrics"]),
            (
                12, "  metrics: {port: metrics, path: /m, names: {inFlight: [a, b_bucket]}}",
                ["figures-of-buckets 12:60 spec.metrics.names.inFlight[1]"]
            ),
            (
                12, "  metrics: {port: metrics, path: /m, names: {errors: [a]}}",
                ["figures-without-requests 12:54 spec.metrics.names.errors"]
            ),
            (
                7, "  command: [/bin/sh, -c, \"serve {host.address} {port.http}\"]",
                ["command-is-shell 7:13 spec.command[0]"]
            ),
            (
                7, "  command: [serve, --api-key, hunter2, \"{host.address}\", \"{port.http}\"]",
                ["secret-written 7:31 spec.command[2]"]
            ),
            (
                7, "  command: [serve, --api-key=hunter2, \"{host.address}\", \"{port.http}\"]",
                ["secret-written 7:20 spec.command[1]"]
            ),
            (7, "  command: [serve, --api-key, /etc/key, \"{host.address}\", \"{port.http}\"]", []),
            (
                8, "  environment: {METRICS_PORT: \"{port.metrics}\", HF_TOKEN: hunter2}",
                ["secret-written 8:59 spec.environment.HF_TOKEN"]
            ),
            (
                8, "  environment: {METRICS_PORT: \"{port.metrics}\", A: ghp_0123456789abcdefghij}",
                ["secret-written 8:52 spec.environment.A"]
            ),
            (8, "  environment: {METRICS_PORT: \"{port.metrics}\", HF_TOKEN_PATH: /etc/token}", []),
            (8, "  environment: {METRICS_PORT: \"{port.metrics}\", HF_TOKEN: {file: /etc/muster/secrets/hf}}", []),
        ] as [(Int, String, [String])]
    )
    func eachRuleFindsItsOwn(line: Int, text: String, findings: [String]) throws {
        var lines = Self.sound
        lines[line - 1] = text
        if text.isEmpty { lines.remove(at: line - 1) }
        #expect(try Self.findings(lines) == findings)
    }

    /// A server that runs already is told nothing, and its page is of all its models.
    @Test(
        arguments: [
            (#"{requests: ['a{model="{model.name}"}'], errors: ['b{name="{model.name}:1",code="5"}']}"#, []),
            (
                #"{requests: ['a{model="{model.name}"}', c], inFlight: [d]}"#,
                [
                    "figures-of-all-models 9:90 spec.metrics.names.requests[1]",
                    "figures-of-all-models 9:105 spec.metrics.names.inFlight[0]",
                ]
            ),
        ] as [(String, [String])]
    )
    func aServerThatRunsAlreadyIsJudgedByWhatItIsAsked(names: String, findings: [String]) throws {
        let lines = [
            "apiVersion: muster/v1", "kind: Runtime", "metadata: {name: a}", "spec:", "  driver: external",
            "  external: {ports: {http: 8000, metrics: 8002}, repository: /srv/models}", "  update: sideBySide",
            "  health: {ready: {http: {port: http, path: \"/v2/models/{model.name}/ready\"}}}",
            "  metrics: {port: metrics, path: /metrics, names: \(names)}",
        ]
        #expect(try Self.findings(lines) == findings)
    }
}
