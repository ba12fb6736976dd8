import Fleet
import Foundation
import Testing

@testable import FleetManifest

@Suite struct ManifestRoundTripTests {
    static let full = """
        apiVersion: muster/v1
        kind: Model
        metadata: {name: wine, labels: {team: cellar}}
        spec: {owner: cellar-team, riskTier: low}
        ---
        apiVersion: muster/v1
        kind: Runtime
        metadata: {name: mlserver}
        spec:
          driver: process
          requires: [{command: [mlserver, --version], matches: ">=1.7,  <2"}, {command: ["true"]}]
          command: [mlserver, start, "{model.dir}", "--x={{}}"]
          environment: {MLSERVER_HOST: "{host.address}", WORKERS: "0", EMPTY: "", LINES: "a\\nb", TOKEN: {file: /etc/muster/secrets/token}}
          ports: [http, metrics]
          update: recreate
          health:
            live:  {http: {port: http, path: /v2/health/live}}
            ready: {http: {port: http, path: "/v2/models/{model.name}/ready"}}
          metrics:
            port: metrics
            path: /metrics
            names:
              requests: [ok_total, 'bad_total{path="/infer", code!="200"}']
              errors: ['bad_total{path="/infer"}']
              duration: {sum: [took_us_sum], count: [took_us_count], unit: microseconds}
              inFlight: ["vllm:num_requests_running"]
          stop: {drain: 10s, signal: INT, grace: 1m30s}
        ---
        apiVersion: muster/v1
        kind: Runtime
        metadata: {name: units}
        spec:
          driver: systemd
          bundle: {install: wheels, digest: "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", python: python3.11}
          command: ["{runtime.dir}/bin/serve"]
          ports: [http]
          update: sideBySide
          health: {ready: {http: {port: http, path: /ready}}}
          systemd: {user: _models, sandbox: "off"}
        ---
        apiVersion: muster/v1
        kind: Runtime
        metadata: {name: boxed}
        spec:
          driver: container
          command: [serve]
          ports: [http]
          update: sideBySide
          health: {ready: {http: {port: http, path: /ready}}}
          container:
            image: registry.example.com/wine@sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
            network: host
            user: "1000:1001"
        ---
        apiVersion: muster/v1
        kind: Runtime
        metadata: {name: there}
        spec:
          driver: external
          update: recreate
          health: {ready: {http: {port: http, path: "/v2/models/{model.name}/ready"}}}
          external:
            address: host
            ports: {http: 8000, metrics: 8002}
            repository: /srv/triton/models
        ---
        apiVersion: muster/v1
        kind: Runtime
        metadata: {name: bridged}
        spec:
          driver: container
          command: [serve]
          ports: [metrics, http]
          update: sideBySide
          health: {ready: {http: {port: http, path: /ready}}}
          container:
            image: registry.example.com/wine@sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
            network: bridge
            ports: {http: 8080}
        ---
        apiVersion: muster/v1
        kind: ModelVersion
        metadata: {name: wine-1.0.0}
        spec:
          model: wine
          version: "1.0"
          format: sklearn
          bundle: sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
          probe:
            port: http
            path: /v2/models/wine/infer
            request: {inputs: [{name: wine, data: [14.230, 127.0, 1e-3, -0]}], flag: true, none: null}
            expect: [1.50]
            select: $.outputs[0].data
            absolute: "1e-6"
        ---
        apiVersion: muster/v1
        kind: Deployment
        metadata: {name: wine, labels: {env: "yes"}}
        spec:
          content:
            model: {name: wine, version: "1.0"}
            runtime: mlserver
            environment: {P: "{port.http}", DB_PASSWORD: {file: "/etc/muster/secrets/db"}}
            resources: {memory: 1.5Gi, cpu: 1500m, processes: 200, openFiles: 4096, accelerators: 1}
          scope: {hosts: "site in (lyon, ulm)", endpoint: {port: 8080, to: http}}
          policy:
            rollout:
              {waves: [1, 5, 10%, 50%, 100%], spread: rack, maxInFlight: 3, stableFor: 1s, bake: 5m, maxFailed: 0,
               unreachable: {wait: 2h}, minReadiness: 80%}
            rollback: {strategy: rolling, stableFor: 0s, onFailure: stop}
            windows:
              - {days: mon-fri, from: "22:00", to: "04:00", zone: Europe/Paris}
              - {days: [sun, sat], from: "00:00", to: "24:00", zone: UTC}
              - {days: fri-mon, from: "09:05", to: "09:06", zone: America/New_York}
            freezes:
              - {from: "2026-12-20T00:00", until: "2027-01-03T00:00", zone: Europe/Paris, reason: year's end}
        """

    /// The policy of ``full``.
    private static let policy = Deployment.Policy(
        rollout: RolloutPolicy(
            waves: [.count(1), .count(5), .percent(10), .percent(50), .percent(100)],
            spread: "rack",
            maxInFlight: .count(3),
            stableFor: .seconds(1),
            bake: .seconds(300),
            maxFailed: .count(0),
            unreachable: .wait(.seconds(7200)),
            minReadiness: .percent(80)
        ),
        rollbackStableFor: .seconds(0),
        rollbackStrategy: .rolling,
        rollbackOnFailure: .stop,
        windows: [
            MaintenanceWindow(days: [.mon, .tue, .wed, .thu, .fri], opens: 1320, closes: 240, zone: "Europe/Paris"),
            MaintenanceWindow(days: [.sat, .sun], opens: 0, closes: 0, zone: "UTC"),
            MaintenanceWindow(days: [.mon, .fri, .sat, .sun], opens: 545, closes: 546, zone: "America/New_York"),
        ],
        freezes: [
            Freeze(from: "2026-12-20T00:00", until: "2027-01-03T00:00", zone: "Europe/Paris", reason: "year's end")
        ]
    )

    private static func read(_ text: String) -> ManifestBatch {
        var batch = ManifestBatch()
        batch.add(yaml: text.utf8, file: "m.yaml")
        return batch
    }

    @Test func everyFieldArrives() throws {
        let batch = Self.read(Self.full)
        #expect(batch.problems == [])
        try #require(batch.documents.count == 8)
        guard case .modelVersion(let version) = batch.documents[6].manifest,
            case .deployment(let deployment) = batch.documents[7].manifest,
            case .runtime(let runtime) = batch.documents[1].manifest,
            case .runtime(let units) = batch.documents[2].manifest,
            case .runtime(let boxed) = batch.documents[3].manifest,
            case .runtime(let there) = batch.documents[4].manifest,
            case .runtime(let bridged) = batch.documents[5].manifest
        else {
            Issue.record("other kinds than written")
            return
        }
        // Numbers stay as they were written; members are sorted.
        #expect(
            version.probe?.request
                == #"{"flag":true,"inputs":[{"data":[14.230,127.0,1e-3,-0],"name":"wine"}],"none":null}"#
        )
        #expect(version.version == "1.0")
        #expect(version.probe?.absolute == "1e-6")
        #expect(version.probe?.expect == "[1.50]")
        #expect(version.probe?.select == "$.outputs[0].data")
        #expect(version.probe?.relative == "0")
        #expect(deployment.policy == Self.policy)
        #expect(deployment.scope.endpoint == Endpoint(port: 8080, to: "http"))
        #expect(runtime.stop == .init(drain: .seconds(10), signal: "INT", grace: .seconds(90)))
        #expect(runtime.environment["LINES"] == "a\nb")
        #expect(
            runtime.metrics?.names?.requests.map(\.description) == [
                "ok_total", #"bad_total{path="/infer",code!="200"}"#,
            ]
        )
        #expect(runtime.metrics?.names?.errors.map(\.name) == ["bad_total"])
        #expect(runtime.metrics?.names?.duration?.unit == .microseconds)
        #expect(runtime.metrics?.names?.inFlight == [.named("vllm:num_requests_running")])
        #expect(units.driver == .systemd && units.systemd == .init(user: "_models", sandbox: .off))
        let digest = "sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
        #expect(
            boxed.driver == .container
                && boxed.container == .init(image: "registry.example.com/wine@\(digest)", user: "1000:1001")
        )
        let external = RuntimeProfile.ExternalSettings(
            address: .host,
            ports: .init(http: 8000, metrics: 8002),
            repository: "/srv/triton/models"
        )
        #expect(there.driver == .external && there.external == external)
        #expect(there.command == [] && there.ports == ["http", "metrics"])
        #expect(
            bridged.container
                == .init(image: "registry.example.com/wine@\(digest)", network: .bridge, ports: ["http": 8080])
        )
        #expect(runtime.requires?.map(\.description) == ["mlserver --version (>=1.7 <2)", "true"])
        #expect(
            deployment.content.resources?.description
                == "memory 1536Mi, cpu 1.5, processes 200, open files 4096, accelerators 1"
        )
    }

    @Test func whatIsWrittenBackReadsAsTheSame() throws {
        let manifests = Self.read(Self.full).documents.map(\.manifest)
        let yaml = try YAMLTextWriter.text(of: manifests.map(\.document))
        let again = Self.read(yaml)
        #expect(again.problems == [])
        #expect(again.documents.map(\.manifest) == manifests)
        // And over the API, as JSON.
        var batch = ManifestBatch()
        for (index, manifest) in manifests.enumerated() {
            let reading = JSONTextReader.read(JSONTextWriter.compact(manifest.document).utf8)
            let root = try #require(reading.root)
            batch.add(root, at: ManifestPath([.key("documents"), .index(index)]))
        }
        #expect(batch.problems == [])
        #expect(batch.documents.map(\.manifest) == manifests)
    }

    @Test(arguments: [
        RolloutPolicy(),
        RolloutPolicy(waves: [.percent(100)], maxInFlight: .percent(100), maxFailed: .percent(0), unreachable: .fail),
        RolloutPolicy(waves: [.count(1_000_000), .percent(100)], bake: .seconds(604_800), unreachable: .exclude),
    ])
    func everyPolicyReadsBack(rollout: RolloutPolicy) throws {
        var deployment = try #require(
            Self.read(Self.full).documents.compactMap { document in
                if case .deployment(let deployment) = document.manifest { deployment } else { nil }
            }.first
        )
        deployment.policy.rollout = rollout
        let again = Self.read(try YAMLTextWriter.text(of: [Manifest.deployment(deployment).document]))
        #expect(again.problems == [])
        #expect(again.documents.map(\.manifest) == [.deployment(deployment)])
        let stored = try JSONDecoder().decode(Deployment.self, from: JSONEncoder().encode(deployment))
        #expect(stored == deployment)
    }

    @Test(arguments: [
        "yes", "1.0", "0x1F", "null", "", "~", "12:30", "2024-01-01", "a: b", "- a", "#", "*x", "é", "1.0.0",
    ])
    func everyTextSurvivesYAML(text: String) throws {
        let yaml = try YAMLTextWriter.text(of: .object(["a": .string(text)]))
        let read = YAMLTextReader.read(yaml.utf8, file: "m.yaml")
        #expect(read.problems == [])
        #expect(read.documents.first?["a"]?.value == .string(text))
    }

    @Test func theExamplesAreSound() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let directory = root.appending(path: "Deploy/examples/wine")
        var batch = ManifestBatch(bundle: .optional)
        for file in try FileManager.default.contentsOfDirectory(atPath: directory.path()) where file.hasSuffix("yaml") {
            batch.add(yaml: try Data(contentsOf: directory.appending(path: file)), file: file)
        }
        #expect(batch.problems == [])
        #expect(Set(batch.documents.map(\.manifest.kind)) == Set(ManifestKind.allCases))
    }

    @Test func aRequestsProblemsHavePointers() throws {
        let body =
            #"{"documents":[{"apiVersion":"muster/v1","kind":"Model","metadata":{"name":"a","name":"b"},"spec":{"x/y":1}}]}"#
        let reading = JSONTextReader.read(body.utf8)
        #expect(reading.problems.map(\.path.pointer) == ["/documents/0/metadata/name"])
        let documents = try #require(reading.root?["documents"])
        guard case .array(let elements) = documents.value else { return }
        var batch = ManifestBatch()
        batch.add(elements[0], at: ManifestPath([.key("documents"), .index(0)]))
        #expect(batch.problems.map(\.path.pointer) == ["/documents/0/spec/x~1y"])
    }
}
