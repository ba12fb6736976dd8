import Testing

@testable import FleetManifest

/// A manifest with mistakes and everything that is said about it.
struct BadManifest: CustomTestStringConvertible {
    let testDescription: String
    let yaml: String
    let problems: [String]

    init(_ description: String, _ yaml: String, _ problems: [String]) {
        testDescription = description
        self.yaml = yaml
        self.problems = problems
    }
}

@Suite struct ManifestProblemTests {
    static let deployment = """
        apiVersion: muster/v1
        kind: Deployment
        metadata: {name: wine}
        spec:
          content: {model: {name: wine, version: 1.0.0}, runtime: mlserver}

        """
    static let runtime = """
        apiVersion: muster/v1
        kind: Runtime
        metadata: {name: mlserver}
        spec:
          driver: process
          command: [mlserver]
          ports: [http]
          health: {ready: {http: {port: http, path: /ready}}}

        """

    static let table: [BadManifest] = [
        BadManifest(
            "everything at once, in reading order",
            """
            apiVersion: muster/v1
            kind: Deployment
            metadata: {name: Wine_1, label: {}}
            spec:
              content: {modle: {name: wine, version: 1.0}, runtime: mlserver}
              scope: {hosts: "site in lyon", endpoint: {port: 70000, to: http}}
              policy: {rollout: {guards: [1], stableFor: 30}}
            """,
            [
                "m.yaml:3:18: metadata.name: 'Wine_1' must begin and end with a letter or a digit",
                "m.yaml:3:26: metadata.label: unknown key 'label'; did you mean 'labels'? accepted here: name, labels",
                "m.yaml:5:12: spec.content: 'model' is missing",
                "m.yaml:5:13: spec.content.modle: unknown key 'modle'; "
                    + "did you mean 'model'? accepted here: model, runtime, environment, resources",
                "m.yaml:6:27: spec.scope.hosts: not a selector: expected '(', at character 9; write conditions like "
                    + "\"env=prod, site in (lyon, ulm), !retired\"; \"\" selects every host",
                "m.yaml:6:51: spec.scope.endpoint.port: 70000 is out of range; a whole number from 1 to 65535",
                "m.yaml:7:22: spec.policy.rollout.guards: 'guards' is not built yet; "
                    + "remove it: it would have no effect",
                "m.yaml:7:46: spec.policy.rollout.stableFor: must be a text, and is a number; quote it: \"30\"",
            ]
        ),
        BadManifest(
            "a version that is a number",
            "apiVersion: muster/v1\nkind: ModelVersion\nmetadata: {name: a}\n"
                + "spec: {model: a, version: 1.10, format: onnx, bundle: sha256:abc}",
            [
                "m.yaml:4:27: spec.version: must be a text, and is a number; quote it: \"1.10\"",
                "m.yaml:4:55: spec.bundle: 'sha256:abc' is not 'sha256:' and 64 lowercase hexadecimal digits",
            ]
        ),
        BadManifest(
            "a version that was never pushed",
            "apiVersion: muster/v1\nkind: ModelVersion\nmetadata: {name: a}\n"
                + "spec: {model: a, version: 1.0.0, format: onnx}",
            [
                "m.yaml:4:7: spec: 'bundle' is missing; run `muster model push DIRECTORY -f FILE`: "
                    + "it fills the digest in"
            ]
        ),
        BadManifest(
            "no update, drivers and updates that are not built",
            runtime,
            [
                "m.yaml:5:3: spec: 'update' is missing; how a revision replaces another must be said; write "
                    + "`update: sideBySide`: the old replica serves until the new one is proven; or `update: recreate` "
                    + "where two do not fit: the old one stops first, with a gap"
            ]
        ),
        BadManifest(
            "words that are not built yet, and slips",
            """
            apiVersion: muster/v1
            kind: Runtime
            metadata: {name: r}
            spec:
              driver: systemd
              update: recreat
              command: [x, "{port.htpp}", "{model.dir}"]
              environment: {A: yes, B: 1, 2C: x, D: "{", E: 0x10}
              ports: [http, http]
              image: mlserver
              health: {ready: {http: {port: htp, path: v2}, tcp: 1}}
              stop: {drain: 2h, signal: KILL}
            """,
            [
                "m.yaml:5:11: spec.driver: 'systemd' is not built yet; accepted: process",
                "m.yaml:6:11: spec.update: 'recreat' is not one of the words; did you mean 'recreate'? "
                    + "accepted: recreate, sideBySide",
                "m.yaml:8:20: spec.environment.A: must be a text, and is an unquoted word; quote it: \"yes\"",
                "m.yaml:8:28: spec.environment.B: must be a text, and is a number; quote it: \"1\"",
                "m.yaml:8:31: spec.environment.2C: the key '2C' may hold letters, digits and '_' only, "
                    + "and not begin with a digit",
                "m.yaml:8:49: spec.environment.E: must be a text, and is an unquoted word; quote it: \"0x10\"",
                "m.yaml:9:17: spec.ports[1]: 'http' stands twice",
                "m.yaml:10:3: spec.image: 'image' is not built yet; remove it: it would have no effect",
                "m.yaml:11:44: spec.health.ready.http.path: 'v2' does not begin with '/'",
                "m.yaml:11:49: spec.health.ready.tcp: 'tcp' is not built yet; remove it: it would have no effect",
                "m.yaml:12:17: spec.stop.drain: 2h is out of range; from 0s to 1h, written like 10s, 1m30s, 250ms",
                "m.yaml:12:29: spec.stop.signal: 'KILL' is not one of the words; accepted: TERM, INT, QUIT",
            ]
        ),
        BadManifest(
            "requirements and resources that say nothing",
            """
            apiVersion: muster/v1
            kind: Runtime
            metadata: {name: r}
            spec:
              driver: process
              update: recreate
              requires: [{command: [], matches: "1.7"}, {command: ["{model.dir}"], match: 1}, x, {matches: ">=a"}]
              command: [x]
              ports: [http]
              health: {ready: {http: {port: http, path: /v2}}}
            ---
            apiVersion: muster/v1
            kind: Deployment
            metadata: {name: d}
            spec:
              content:
                model: {name: wine, version: 1.0.0}
                runtime: r
                resources: {memory: 2GB, cpu: 1.5, processes: "200", openfiles: 4096}
              scope: {hosts: ""}
            """,
            [
                "m.yaml:7:24: spec.requires[0].command: names no program; write a list, like [mlserver, --version]",
                "m.yaml:7:37: spec.requires[0].matches: '1.7' says not which versions will do: "
                    + "'1.7' does not begin with one of >= <= > < = !=; write conditions like \">=1.7 <2\"",
                "m.yaml:7:56: spec.requires[1].command[0]: '{model.dir}' holds a brace; there are no variables here: "
                    + "it is asked before anything is placed on the host",
                "m.yaml:7:72: spec.requires[1].match: unknown key 'match'; accepted here: command, matches",
                "m.yaml:7:83: spec.requires[2]: must be an object, and is a text; accepted keys: command, matches",
                "m.yaml:7:86: spec.requires[3]: 'command' is missing",
                "m.yaml:7:96: spec.requires[3].matches: '>=a' says not which versions will do: "
                    + "'a' in '>=a' is not a version; write conditions like \">=1.7 <2\"",
                "m.yaml:19:25: spec.content.resources.memory: '2GB' is not an amount of memory; "
                    + "from 4Mi to 64Ti, written like 2Gi, 512Mi, 1.5G",
                "m.yaml:19:35: spec.content.resources.cpu: must be a text, and is a number; quote it: \"1.5\"",
                "m.yaml:19:51: spec.content.resources.processes: must be a whole number, and is a text; "
                    + "a whole number from 1 to 4194304",
                "m.yaml:19:58: spec.content.resources.openfiles: unknown key 'openfiles'; "
                    + "did you mean 'openFiles'? accepted here: memory, cpu, processes, openFiles, accelerators",
            ]
        ),
        BadManifest(
            "amounts beyond their bounds",
            """
            apiVersion: muster/v1
            kind: Deployment
            metadata: {name: d}
            spec:
              content:
                model: {name: wine, version: 1.0.0}
                runtime: r
                resources: {memory: 1Mi, cpu: 5m, processes: 0, openFiles: 8, accelerators: 65}
              scope: {hosts: ""}
            """,
            [
                "m.yaml:8:25: spec.content.resources.memory: 1Mi is out of range; "
                    + "from 4Mi to 64Ti, written like 2Gi, 512Mi, 1.5G",
                "m.yaml:8:35: spec.content.resources.cpu: 5m is out of range; "
                    + "from 0.01 to 1024, written like \"2\", \"1.5\", 250m",
                "m.yaml:8:50: spec.content.resources.processes: 0 is out of range; "
                    + "a whole number from 1 to 4194304",
                "m.yaml:8:64: spec.content.resources.openFiles: 8 is out of range; "
                    + "a whole number from 16 to 1048576",
                "m.yaml:8:81: spec.content.resources.accelerators: 65 is out of range; a whole number from 1 to 64",
            ]
        ),
        BadManifest(
            "ports and templates that do not fit together",
            """
            apiVersion: muster/v1
            kind: Runtime
            metadata: {name: r}
            spec:
              driver: process
              update: recreate
              command: ["x", "{port.htpp}", "{model.dri}", "a } b"]
              ports: [http, grpc]
              health: {ready: {http: {port: htp, path: /v2}}}
              metrics: {port: http, path: "/a b"}
            """,
            [
                "m.yaml:7:18: spec.command[1]: '{port.htpp}' is not a template: '{port.htpp}' is not a variable; "
                    + "did you mean '{port.http}'?",
                "m.yaml:7:33: spec.command[2]: '{model.dri}' is not a template: '{model.dri}' is not a variable; "
                    + "did you mean '{model.dir}'?",
                "m.yaml:7:48: spec.command[3]: 'a } b' is not a template: '}' without '{' in 'a } b'; "
                    + "write '}}' for a brace",
                "m.yaml:9:33: spec.health.ready.http.port: 'htp' is not one of the runtime's ports (http, grpc); "
                    + "did you mean 'http'?",
                "m.yaml:10:31: spec.metrics.path: '/a b' holds a space or a control character",
            ]
        ),
        BadManifest(
            "keys that stand twice, more than once, beside another mistake",
            """
            apiVersion: muster/v1
            kind: Model
            kind: Model
            metadata: {name: wine}
            spec:
              "owner": a
              owner: b
              owner: c
              risk: low
            """,
            [
                "m.yaml:2:1: kind: the key 'kind' is given twice; remove one",
                "m.yaml:6:3: spec.owner: the key 'owner' is given twice; remove one",
                "m.yaml:7:3: spec.owner: the key 'owner' is given twice; remove one",
                "m.yaml:9:3: spec.risk: unknown key 'risk'; accepted here: owner, purpose, riskTier",
            ]
        ),
        BadManifest(
            "the same object twice",
            "apiVersion: muster/v1\nkind: Model\nmetadata: {name: wine}\n---\n"
                + "apiVersion: muster/v1\nkind: Model\nmetadata: {name: wine}\n",
            [
                "m.yaml:7:18: metadata.name: Model 'wine' is described twice; the other is at m.yaml:3:18; remove one"
            ]
        ),
        BadManifest(
            "kinds and versions that do not exist",
            "apiVersion: muster/v2\nkind: Deploymnt\nmetadata: {name: a}\n---\nkind: Job\nmetadata: {name: b}\n",
            [
                "m.yaml:1:13: apiVersion: 'muster/v2' is not 'muster/v1'",
                "m.yaml:2:7: kind: unknown kind 'Deploymnt'; did you mean 'Deployment'? "
                    + "accepted: Model, ModelVersion, Runtime, Deployment",
                "m.yaml:5:1: 'apiVersion' is missing",
                "m.yaml:5:7: kind: the kind 'Job' is not built yet; "
                    + "accepted: Model, ModelVersion, Runtime, Deployment",
            ]
        ),
        BadManifest(
            "a deployment without a scope, with an environment that is no template",
            deployment + "  policy: []\n",
            [
                "m.yaml:5:3: spec: 'scope' is missing",
                "m.yaml:6:11: spec.policy: must be an object, and is a list; "
                    + "accepted keys: rollout, rollback, windows, freezes",
            ]
        ),
        BadManifest(
            "a probe with words of two meanings",
            """
            apiVersion: muster/v1
            kind: ModelVersion
            metadata: {name: a}
            spec:
              model: a
              version: 1.0.0
              format: onnx
              bundle: sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
              probe: {port: http, path: /x, request: {a: [.5, yes]}, expect: [1], absolute: "-1"}
            """,
            [
                "m.yaml:9:47: spec.probe.request.a[0]: the unquoted word '.5' can be read in two ways; "
                    + "quote it if it is a text (\".5\"), or write it as JSON would",
                "m.yaml:9:51: spec.probe.request.a[1]: the unquoted word 'yes' can be read in two ways; "
                    + "quote it if it is a text (\"yes\"), or write it as JSON would",
                "m.yaml:9:66: spec.probe.expect: must be an object, and is a list",
                "m.yaml:9:81: spec.probe.absolute: must be a decimal that is not negative; "
                    + "write it like \"1e-6\" or \"0.001\"",
            ]
        ),
        BadManifest(
            "a list",
            "- a\n",
            ["m.yaml:1:1: must be an object, and is a list; accepted keys: apiVersion, kind, metadata, spec"]
        ),
        BadManifest("nothing", "# nothing\n", ["m.yaml:1:1: the file holds no document; write a manifest into it"]),
        BadManifest(
            "not YAML",
            "a: [1, 2\nb: 3\n",
            [
                "m.yaml:2:2: not YAML: did not find expected ',' or ']' (while parsing a flow sequence, which began on line 1)"
            ]
        ),
        BadManifest(
            "a tab",
            "a:\n\tb: 1\n",
            [
                "m.yaml:2:1: not YAML: found character that cannot start any token (while scanning for the next token, which began on line 2)"
            ]
        ),
        BadManifest(
            "an alias bomb",
            "a: &a [x, x]\nb: &b [*a, *a]\n? *b : 1\n",
            ["m.yaml:2:8: the alias '*a' is not accepted; write the value out"]
        ),
        BadManifest(
            "a tag",
            "!!set {a: 1}\n",
            [
                "m.yaml:1:1: the tag 'tag:yaml.org,2002:set' is not accepted; remove it",
                "m.yaml:1:1: 'apiVersion' is missing",
                "m.yaml:1:1: 'metadata' is missing",
                "m.yaml:1:1: 'kind' is missing",
                "m.yaml:1:8: a: unknown key 'a'; accepted here: apiVersion, kind, metadata, spec",
            ]
        ),
        BadManifest(
            "too deep",
            String(repeating: "[", count: 40) + String(repeating: "]", count: 40),
            ["m.yaml:1:34: " + String(repeating: "[0]", count: 33) + ": more than 32 levels are nested; split the file"]
        ),
    ]

    @Test(arguments: table + PolicyProblems.table) func everyMistakeIsNamed(bad: BadManifest) {
        var batch = ManifestBatch()
        batch.add(yaml: bad.yaml.utf8, file: "m.yaml")
        #expect(batch.problems.map(\.description) == bad.problems)
    }

    @Test func depthBeyondLibyamlsIsAProblem() {
        var batch = ManifestBatch()
        batch.add(yaml: String(repeating: "[", count: 100_000).utf8, file: "m.yaml")
        #expect(batch.problems.count == 1)
        #expect(batch.problems.map(\.message) == ["more than 32 levels are nested"])
    }

    @Test func sizeAndEncodingAreBounded() {
        var batch = ManifestBatch()
        batch.add(yaml: [UInt8](repeating: 0x20, count: ManifestLimits.bytes + 1), file: "big.yaml")
        batch.add(yaml: [0x61, 0xFF], file: "bytes.yaml")
        let entries = String(repeating: "1,", count: ManifestLimits.nodes + 1)
        batch.add(yaml: "a: [\(entries)]".utf8, file: "many.yaml")
        #expect(
            batch.problems.map(\.message) == [
                "the file has 1048577 bytes; at most 1048576 are allowed", "the file is not UTF-8",
                "there are more than 50000 values",
            ]
        )
    }
}
