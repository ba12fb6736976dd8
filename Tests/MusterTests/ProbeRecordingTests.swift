import FleetController
import Foundation
import Testing

/// `muster model push --probe-from`, against a server that answers as the test says.
@Suite(.serialized) struct ProbeRecordingTests {
    /// A model server: its answers hold how often it was asked, and `wobble` moves with that.
    private static let server = """
        import http.server, json
        asked = [0]
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                asked[0] += 1
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                body = json.dumps({"id": str(asked[0]), "outputs": [{"data": [sum(request["rows"]), 0.5 + asked[0] * 1e-7]}]})
                self.send_response(200 if self.path == "/infer" else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())
            def log_message(self, *arguments):
                pass
        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        print(server.server_port, flush=True)
        server.serve_forever()
        """

    private static func manifest(_ probe: String) -> String {
        """
        apiVersion: muster/v1
        kind: ModelVersion
        metadata: {name: sums-1}
        spec:
          model: sums
          version: "1"
          format: python
          probe: \(probe)
        """
    }

    /// What a test works with.
    private struct Bench: Sendable {
        let muster: MusterProgram
        /// The reference's.
        let url: String
        let directory: String

        /// `muster model push` of the bundle and a manifest with this golden probe.
        func push(probe: String, _ options: String...) async throws -> MusterProgram.Run {
            let file = "\(directory)/version.yaml"
            try Data(ProbeRecordingTests.manifest(probe).utf8).write(to: URL(filePath: file))
            return try await muster.run(["model", "push", "\(directory)/bundle", "-f", file] + options)
        }
    }

    /// Runs a test with a controller that knows the model, a reference, and a directory to push.
    private func withReference(_ body: @escaping @Sendable (Bench) async throws -> Void) async throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.server]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        // SIGTERM may be blocked where a test runs, and a child inherits that.
        defer { kill(process.processIdentifier, SIGKILL) }
        let port = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self).prefix { $0.isNumber }
        try await OperatorsDayTests.withController { url, controller, directory in
            let muster = MusterProgram(environment: ["MUSTER_CONFIG": "\(directory)/config"])
            #expect(try await muster("login", url, "--credentials", controller.credentialsPath).status == 0)
            let bundle = "\(directory)/bundle"
            try FileManager.default.createDirectory(atPath: bundle, withIntermediateDirectories: true)
            try Data("model".utf8).write(to: URL(filePath: "\(bundle)/model"))
            let model = """
                apiVersion: muster/v1
                kind: Model
                metadata: {name: sums}
                spec: {owner: ada, riskTier: low, purpose: adds}
                """
            #expect(try await muster("apply", "-f", "-", input: model).status == 0)
            try await body(Bench(muster: muster, url: "http://127.0.0.1:\(port)", directory: directory))
        }
    }

    @Test func theAnswerOfARunningReferenceIsStored() async throws {
        try await withReference { bench in
            let probe = "{port: http, path: /infer, request: {rows: [1, 2]}, absolute: \"1e-3\"}"
            let unrecorded = try await bench.push(probe: probe)
            #expect(unrecorded.status == 1)
            #expect(unrecorded.error.contains("the golden probe of sums-1 has no 'expect'; nothing was sent"))
            let push = try await bench.push(
                probe: probe,
                "--probe-from",
                bench.url,
                "--probe-path",
                "$.outputs[0].data"
            )
            #expect(push.status == 0, "\(push.error)")
            #expect(push.output.contains("probe: the answer of \(bench.url) to POST /infer is recorded"))
            let stored = try await bench.muster("get", "mv", "sums-1", "-o", "yaml").output
            #expect(stored.contains("select: $.outputs[0].data"), "\(stored)")
            #expect(stored.contains("0.5000001"), "numbers stay as they were answered: \(stored)")
            #expect(try await bench.muster("apply", "-f", "-", input: stored).output.contains("unchanged"))
        }
    }

    @Test func aRequestFromAFileNeedsNoProbeInTheManifest() async throws {
        try await withReference { bench in
            let request = "\(bench.directory)/request.json"
            try Data("{\"rows\": [40, 2]}".utf8).write(to: URL(filePath: request))
            let push = try await bench.push(
                probe: "{port: web, path: /infer, request: {rows: [7]}, absolute: \"1\"}",
                "--probe-from",
                "\(bench.url)/infer",
                "--probe-request",
                request,
                "--probe-path",
                "$.outputs[0]"
            )
            #expect(push.status == 0, "\(push.error)")
            let stored = try await bench.muster("get", "mv", "sums-1", "-o", "json").output
            #expect(stored.contains("42"), "\(stored)")
            #expect(stored.contains("web"))
        }
    }

    @Test func aReferenceThatDisagreesWithItselfIsRefused() async throws {
        try await withReference { bench in
            let probe = "{port: http, path: /infer, request: {rows: [1]}}"
            let push = try await bench.push(probe: probe, "--probe-from", bench.url)
            #expect(push.status == 1)
            #expect(push.error.contains("answered the same request in two ways"), "\(push.error)")
            #expect(push.error.contains(#"at $.id expected "1", got "2""#), "\(push.error)")
            #expect(push.error.contains("at $.outputs[0].data[1] expected 0.5000001"), "\(push.error)")
            #expect(try await bench.muster("get", "mv").output == "no modelversions\n", "nothing was sent")
            let lost = try await bench.push(
                probe: probe,
                "--probe-from",
                bench.url,
                "--probe-path",
                "$.outputs[3]"
            )
            #expect(lost.error.contains("has nothing at $.outputs[3]"), "\(lost.error)")
            let wrong = try await bench.push(probe: probe, "--probe-from", "\(bench.url)/other")
            #expect(wrong.error.contains("asks /infer, and --probe-from asks /other"), "\(wrong.error)")
        }
    }
}
