import Fleet
import Foundation
import Testing

@testable import FleetAgent

/// A host's policy and its replicas: nothing forbidden is started, and nothing is taken down.
@Suite(.timeLimit(.minutes(1))) struct PolicyTests {
    private static let me = HostSystem.user
    /// Where the fake model server's interpreter is.
    private static let python: String = {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return path.split(separator: ":").map { "\($0)/python3" }.first { access($0, X_OK) == 0 } ?? "python3"
    }()

    /// A program that leaves a trace, and is the fake model server's interpreter.
    private func tool(_ fixture: AgentFixture) throws -> (path: String, trace: String, remove: @Sendable () -> Void) {
        let directory = "\(fixture.files.directory)-tools"
        try FileAccess.makeDirectory(directory)
        let trace = "\(directory)/ran"
        let script = "#!/bin/sh\necho \"$@\" >>\(trace)\nexec python3 \"$@\"\n"
        try FileAccess.replace("\(directory)/tool", with: Array(script.utf8), mode: 0o755)
        return ("\(directory)/tool", trace, { FileAccess.remove(directory) })
    }

    @Test func whatIsForbiddenIsRefusedBeforeItRunsAndTheOldOneServesOn() async throws {
        try await AgentFixture.run { fixture in
            let (tool, trace, remove) = try tool(fixture)
            defer { remove() }
            try fixture.write(policy: "users = \(Self.me)\nexecutables = \(Self.python)")
            let first = try fixture.revision(1, answer: 10)
            let second = try fixture.revision(2, answer: 20, command: tool)
            let third = try fixture.revision(3, answer: 30, requires: [.init(command: [tool, "--version"])])
            try await fixture.agent { agent in
                try await agent.give(fixture.item(1, .converge, first))
                let pid = try await agent.until { $0.state == .verified }.instance?.pid
                for (number, revision) in [(UInt64(2), second), (3, third)] {
                    try await agent.give(fixture.item(number, .converge, revision))
                    let refused = try await agent.until { $0.item == number && $0.state == .reverted }
                    #expect(refused.failure?.kind == .refused)
                    let reason = try #require(refused.reason)
                    #expect(
                        reason.contains("rule 'executables' (\(fixture.policy):2) allows \(Self.python) alone"),
                        "\(reason)"
                    )
                    #expect(reason.contains("'\(tool)' may not be run on host-1"), "\(reason)")
                    #expect(refused.instance?.pid == pid)
                }
                #expect(!FileAccess.exists(trace), "neither the command nor what is required has run")
                // The same agent asks the file anew.
                try fixture.write(policy: "users = \(Self.me)\nexecutables = \(Self.python) \(tool)")
                try await agent.give(fixture.item(4, .converge, second))
                _ = try await agent.until { $0.item == 4 && $0.state == .verified }
                #expect(FileAccess.exists(trace))
            }
        }
    }

    @Test func aWrongPolicyStartsNothingAndTakesNothingDown() async throws {
        try await AgentFixture.run { fixture in
            let first = try fixture.revision(1, answer: 10)
            let second = try fixture.revision(2, answer: 20)
            try await fixture.agent { agent in
                try await agent.give(fixture.item(1, .converge, first))
                let pid = try await agent.until { $0.state == .verified }.instance?.pid
                try fixture.write(policy: "user = \(Self.me)")
                try await agent.give(fixture.item(2, .converge, second))
                let refused = try await agent.until { $0.item == 2 && $0.state == .reverted }
                let reason = try #require(refused.reason)
                #expect(
                    reason.contains("\(fixture.policy):1:1: there is no rule 'user'; did you mean 'users'?"),
                    "\(reason)"
                )
                #expect(refused.instance?.pid == pid)
                // It died meanwhile: it is not started past a policy that nobody can read, and comes back with a right one.
                kill(try #require(pid), SIGKILL)
                let down = try await agent.until {
                    $0.serving == nil && $0.reason?.contains("there is no rule") == true
                }
                #expect(down.instance == nil)
                try fixture.write(policy: "users = \(Self.me)")
                _ = try await agent.until { $0.serving == first.reference && $0.instance != nil }
                #expect(try await fixture.ask()["answer"] == .array([.integer(10)]))
            }
        }
    }

    @Test func whatServesThoughItIsNoLongerAllowedIsToldAndServesOn() async throws {
        try await AgentFixture.run { fixture in
            let first = try fixture.revision(1, answer: 10)
            try await fixture.agent { agent in
                try await agent.give(fixture.item(1, .converge, first))
                let pid = try await agent.until { $0.state == .verified }.instance?.pid
                #expect(agent.board.report(sequence: 1).warnings.allSatisfy { $0 == .replicasRunAsRoot })
                try fixture.write(policy: "users = \(Self.me)\nexecutables = /opt/nothing")
                let changes = agent.changes()
                for await _ in changes where agent.board.report(sequence: 1).facts.warnings != nil { break }
                let said = try #require(agent.board.report(sequence: 1).facts.warnings?.first)
                #expect(
                    said.hasPrefix("what deployment 'wine' serves is no longer allowed here; it goes on"),
                    "\(said)"
                )
                #expect(said.contains("rule 'executables' (\(fixture.policy):2)"), "\(said)")
                #expect(agent.board.replica("uid-1")?.instance?.pid == pid)
                try fixture.write(policy: "users = \(Self.me)")
                for await _ in changes where agent.board.report(sequence: 1).facts.warnings == nil { break }
            }
        }
    }

    @Test func aWayBackThatIsForbiddenIsNotReady() async throws {
        try await AgentFixture.run { fixture in
            let first = try fixture.revision(1, answer: 10)
            try await fixture.agent { agent in
                let content = try JSONCoding.content(of: first)
                #expect(try await agent.driver.unmetRequirement(of: content) == nil)
                try fixture.write(policy: "users = \(Self.me)\nexecutables = /opt/nothing")
                let reason = try await agent.driver.unmetRequirement(of: content)
                #expect(reason?.contains("'executables' (\(fixture.policy):2)") == true, "\(reason ?? "nothing")")
            }
        }
    }

    @Test func whatWasAskedAboutIsWhatIsStarted() async throws {
        try await AgentFixture.run { fixture in
            let first = try fixture.revision(1, answer: 10)
            try await fixture.agent { agent in
                try await agent.give(fixture.item(1, .converge, first))
                let pid = try await agent.until { $0.state == .verified }.instance?.pid ?? 0
                let line = try #require(try FileAccess.read("/proc/\(pid)/cmdline"))
                let program = String(decoding: line.prefix { $0 != 0 }, as: UTF8.self)
                #expect(
                    program.hasPrefix("/") && program.hasSuffix("/python3"),
                    "not a name to be looked up again: \(program)"
                )
            }
        }
    }
}
