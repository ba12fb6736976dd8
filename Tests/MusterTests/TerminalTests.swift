import Foundation
import Testing

@testable import muster

/// What a person sees: the terminal itself, at the widths that people have.
@Suite struct TerminalTests {
    private static let manifest = """
        apiVersion: muster/v1
        kind: Deployment
        metadata: {name: Wine}
        spec:
          model: {name: wine, version: 2.0.0}
          runtim: mlserver
          policy: {rollout: {waves: [1, 10%, 500%], stableFor: 30}}
        """

    /// What the program says of it on a terminal of so many columns.
    private static func screen(_ columns: Int, _ environment: String = "", coloured: Bool = false) async throws
        -> String
    {
        let directory = NSTemporaryDirectory() + "muster-screen-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try manifest.write(toFile: "\(directory)/wrong.yaml", atomically: true, encoding: .utf8)
        let command = "env MUSTER_CONFIG=\(directory)/none \(environment) \(MusterProgram.path) plan -f wrong.yaml"
        let pane = try await TerminalPane(
            (columns, 24),
            running: "cd \(directory); \(command); echo status $?; exec cat",
            in: directory
        )
        let screen = try await pane.screen(coloured: coloured) { $0.contains("status ") }
        try await pane.close()
        return screen.split(separator: "\n").joined(separator: "\n")
    }

    private static func withoutEscapes(_ text: String) -> String {
        text.replacing(/\u{1B}\[[0-9;]*m/, with: "")
    }

    @Test(arguments: [(80, narrow), (200, wide)])
    func mistakesAtAnyWidth(columns: Int, golden: String) async throws {
        #expect(try await Self.screen(columns) == golden)
        let coloured = try await Self.screen(columns, coloured: true)
        #expect(coloured.contains("\u{1B}[31mmuster:") && Self.withoutEscapes(coloured) == golden, "\(coloured)")
        for without in ["NO_COLOR=1", "TERM=dumb"] {
            #expect(try await Self.screen(columns, without, coloured: true) == golden, "\(without)")
        }
    }

    private static let narrow = """
        muster: 6 problems in what was read; nothing was sent [manifest]
          wrong.yaml:3:18: metadata.name: 'Wine' holds capitals; write it in small
            letters: 'wine'
              name: what the object is called; another name is another object
          wrong.yaml:5:3: spec.model: 'model' does not belong here
              it belongs to 'spec.content': look at the indentation; accepted here:
                content, scope, policy
          wrong.yaml:5:3: spec: 'content' and 'scope' are missing
              write them like `content: {model: {name: fraud, version: 1.2.0}, runtime:
                mlserver}`, `scope: {hosts: "env=prod"}`
          wrong.yaml:6:3: spec.runtim: unknown key 'runtim'
              accepted here: content, scope, policy
          wrong.yaml:7:38: spec.policy.rollout.waves[2]: 500% is out of range
              a number of hosts from 1 to 1000000, or a share of the list from 1% to
                100%
              waves: how much of the list is done after each wave, rising, the last
                100%; [1%, 10%, 50%, 100%] unless said
          wrong.yaml:7:56: spec.policy.rollout.stableFor: 30 has no unit
              for seconds write 30s; from 0s to 24h, written like 10s, 1m30s, 250ms
              stableFor: for how long everything must stay green before a host counts as
                verified; 30s unless said
          → correct them and try again
        status 1
        """

    private static let wide = """
        muster: 6 problems in what was read; nothing was sent [manifest]
          wrong.yaml:3:18: metadata.name: 'Wine' holds capitals; write it in small letters: 'wine'
              name: what the object is called; another name is another object
          wrong.yaml:5:3: spec.model: 'model' does not belong here
              it belongs to 'spec.content': look at the indentation; accepted here: content, scope, policy
          wrong.yaml:5:3: spec: 'content' and 'scope' are missing
              write them like `content: {model: {name: fraud, version: 1.2.0}, runtime: mlserver}`, `scope: \
        {hosts: "env=prod"}`
          wrong.yaml:6:3: spec.runtim: unknown key 'runtim'
              accepted here: content, scope, policy
          wrong.yaml:7:38: spec.policy.rollout.waves[2]: 500% is out of range
              a number of hosts from 1 to 1000000, or a share of the list from 1% to 100%
              waves: how much of the list is done after each wave, rising, the last 100%; [1%, 10%, 50%, 100%] \
        unless said
          wrong.yaml:7:56: spec.policy.rollout.stableFor: 30 has no unit
              for seconds write 30s; from 0s to 24h, written like 10s, 1m30s, 250ms
              stableFor: for how long everything must stay green before a host counts as verified; 30s unless said
          → correct them and try again
        status 1
        """
}
