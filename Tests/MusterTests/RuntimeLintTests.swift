import Foundation
import Testing

/// `muster runtime lint`, which asks no controller.
@Suite struct RuntimeLintTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private let muster = MusterProgram(environment: ["MUSTER_CONFIG": "/nowhere"])
    private let unwise = """
        apiVersion: muster/v1
        kind: Runtime
        metadata: {name: a}
        spec:
          driver: process
          command: [serve, "{host.address}", "{port.http}"]
          ports: [http]
          update: recreate
          health: {live: {http: {port: http, path: /}}, ready: {http: {port: http, path: /}}}

        """

    @Test func whatStandsInDeployHasNothingUnwise() async throws {
        let run = try await muster("runtime", "lint", "--strict", Self.root.appending(path: "Deploy/runtimes").path())
        #expect(run.status == 0, "\(run.output)\(run.error)")
        #expect(run.output.hasSuffix(" runtimes, no warnings\n"))
    }

    @Test func whatIsUnwiseIsSaidAndFailsWhenStrict() async throws {
        let run = try await muster("runtime", "lint", "-", input: unwise)
        #expect(run.status == 0, "\(run.error)")
        let lines = run.output.split(separator: "\n")
        #expect(
            lines.first
                == "-:5:3: spec: asks nothing of a host before anything moves there [requires-nothing]"
        )
        #expect(lines.count == 4 && lines.last == "1 runtime, 1 warning")
        #expect(try await muster("runtime", "lint", "--strict", "-", input: unwise).status == 1)
    }

    @Test func whatIsWrongIsSaidBesideIt() async throws {
        let wrong = unwise + "---\n" + unwise.replacing("name: a", with: "name: b").replacing("driver", with: "drivr")
        let run = try await muster("runtime", "lint", "-", input: wrong)
        #expect(run.status == 1)
        #expect(run.output.contains("[requires-nothing]") && run.error.contains("did you mean 'driver'?"))
        let json = try await muster("runtime", "lint", "-o", "json", "-", input: wrong)
        #expect(json.status == 1 && json.error.isEmpty)
        let report = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect(report["runtimes"] as? [String] == ["a"])
        let problem = (report["problems"] as? [[String: Any]])?.first
        #expect(problem?["path"] as? String == "/spec/drivr" && problem?["line"] as? Int == 15)
        let warning = (report["warnings"] as? [[String: Any]])?.first
        #expect(warning?["rule"] as? String == "requires-nothing" && warning?["file"] as? String == "-")
        #expect((warning?["hint"] as? String)?.contains("serve, --version") == true && warning?["why"] != nil)
    }

    @Test func somethingElseIsRefused() async throws {
        let model = "apiVersion: muster/v1\nkind: Model\nmetadata: {name: a}\n"
        let run = try await muster("runtime", "lint", "-", input: model)
        #expect(run.status == 1 && run.error.contains("there is no Runtime in what was read"))
        #expect(try await muster("runtime", "lint").status == 64)
        #expect(try await muster("runtime", "lint", "/no/such/file").status == 1)
    }
}
