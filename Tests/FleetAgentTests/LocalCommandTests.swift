import DaemonKit
import Fleet
import Logging
import NIOCore
import NIOPosix
import ReplicaLifecycle
import Testing

@testable import FleetAgent

/// What a person on the host can do while no controller is there: over the real socket, with real processes.
@Suite(.timeLimit(.minutes(2))) struct LocalCommandTests {
    @Test func aPersonPinsGoesBackAndLetsGoAgain() async throws {
        try await AgentFixture.run { fixture in
            let first = try fixture.revision(1, answer: 10)
            let second = try fixture.revision(2, answer: 20)
            let third = try fixture.revision(3, answer: 30)
            try await fixture.listeningAgent { agent, ask in
                try await agent.give(fixture.item(1, .converge, first))
                _ = try await agent.until { $0.state == .verified }
                try await agent.give(fixture.item(2, .converge, second, succeeded: [first]))
                _ = try await agent.until { $0.item == 2 && $0.state == .verified }
                try await agent.give(fixture.item(3, .converge, second, succeeded: [first, second]))
                let back = try await ask(.init(verb: .rollback, deployment: "wine", actor: "ada", reason: "wrong"))
                #expect(back.done?.contains("muster-agent unpin wine") == true, "\(back)")
                let returned = try await agent.until { $0.serving == first.reference && $0.pin != nil }
                #expect(returned.pin?.actor == "ada")
                #expect(try await fixture.ask()["answer"] == .array([.integer(10)]))
                let again = try await ask(.init(verb: .rollback, deployment: "wine", actor: "bob", reason: "wrong"))
                #expect(again.refused?.contains("was taken back here already") == true, "\(again)")

                try await agent.give(fixture.item(4, .converge, third, succeeded: [first, second]))
                let held = try await agent.until { $0.item == 4 }
                #expect(held.serving == first.reference)
                #expect(try await ask(.init(verb: .unpin, deployment: "wine", actor: "ada")).done != nil)
                let moved = try await agent.until { $0.serving == third.reference && $0.state == .verified }
                #expect(moved.pin == nil)
                #expect(try await ask(.init(verb: .unpin, deployment: "wine", actor: "ada")).refused != nil)
            }
        }
    }

    @Test func statusSaysWhatServesWithoutAController() async throws {
        try await AgentFixture.run { fixture in
            let first = try fixture.revision(1, answer: 10)
            try await fixture.listeningAgent { agent, ask in
                let empty = try await ask(.init(verb: .status)).status
                #expect(empty?.text(now: Instant(milliseconds: 0)).contains("no deployment has come") == true)
                try await agent.give(fixture.item(1, .converge, first))
                let pid = try await agent.until { $0.state == .verified }.instance?.pid ?? 0
                let status = try #require(try await ask(.init(verb: .status)).status)
                #expect(!status.isConnected)
                let text = status.text(now: Instant(milliseconds: 0))
                #expect(text.contains("not connected; what runs goes on without it"))
                let row = try #require(text.split(separator: "\n").first { $0.hasPrefix("wine") })
                #expect(row.contains("verified") && row.contains("revision 1") && row.contains("\(pid)"), "\(text)")
            }
        }
    }

    /// What a person sees who has only the host.
    @Test(arguments: [
        (RollbackReadiness.State.ready, nil, "1.0.0 (revision 1)"),
        (.notReady, "python3 is missing", "1.0.0 (revision 1), NOT READY"),
        (.checking, nil, "1.0.0 (revision 1), being checked"),
    ])
    func statusNamesVersionsEndpointsAndTheWayBack(
        _ state: RollbackReadiness.State,
        _ why: String?,
        _ shown: String
    ) async throws {
        let fixture = try AgentFixture()
        let first = try fixture.revision(1, answer: 10)
        let second = try fixture.revision(2, answer: 20)
        var record = ReplicaRecord(deployment: "uid-1")
        record.serving = second.reference
        record.standing = second.reference
        record.good = [first.reference, second.reference]
        record.revisions = [first, second]
        record.endpoint = Endpoint(port: 8080, to: "http")
        record.holds = [fixture.hold(second)]
        var report = ReplicaReport(
            deployment: "uid-1",
            name: "wine",
            item: 2,
            goal: second.reference,
            state: .verified,
            since: Instant(milliseconds: 0),
            serving: second.reference
        )
        report.rollback = RollbackReadiness(state, revision: first.reference, reason: why)
        var empty = report
        (empty.deployment, empty.name, empty.serving, empty.rollback) = ("uid-2", "beer", nil, nil)
        let status = LocalStatus(
            host: "lyon-1",
            controller: "muster:7443",
            isConnected: true,
            assignment: .none,
            facts: ReplicaPlan.facts,
            replicas: [report, empty],
            details: ["uid-1": LocalReplica(record)]
        )
        let lines = status.text(now: Instant(milliseconds: 5000)).split(separator: "\n").map(String.init)
        let rows = lines.drop { !$0.hasPrefix("DEPLOYMENT") }.map { line in
            line.split(separator: "  ").map { $0.trimmingPrefix(" ") }.joined(separator: "|")
        }
        let expected = [
            "DEPLOYMENT|STATE|SINCE|SERVING|ENDPOINT|WAY BACK|PID|PINNED", "beer|verified|5s|nothing|-|-|-|-",
            "wine|verified|5s|wine 2.0.0 (revision 2)|127.0.0.1:8080|\(shown)|-|-",
        ]
        let held = ["wine: revision 2 is held since 1970-01-01T00:00:00Z by ada: wrong"]
        #expect(rows == expected + (why.map { ["wine: cannot go back now: \($0)"] } ?? []) + held)
    }

    @Test(arguments: [
        (LocalRequest(verb: .pin, deployment: "wime", reason: "x"), "did you mean 'wine'?"),
        (LocalRequest(verb: .pin, deployment: "wine"), "needs a reason"),
        (LocalRequest(verb: .rollback, deployment: "wine", reason: "x"), "nothing to go back to"),
        (LocalRequest(verb: .unpin, deployment: "wine"), "is not pinned here"),
    ])
    func whatCannotBeDoneIsSaidAndChangesNothing(_ request: LocalRequest, _ why: String) async throws {
        try await AgentFixture.run { fixture in
            let first = try fixture.revision(1, answer: 10)
            try await fixture.listeningAgent { agent, ask in
                try await agent.give(fixture.item(1, .converge, first))
                let before = try await agent.until { $0.state == .verified }
                let answer = try await ask(request)
                #expect(answer.done == nil)
                #expect(answer.refused?.contains(why) == true, "\(answer)")
                #expect(agent.board.replica("uid-1") == before)
            }
        }
    }

    @Test func aClientThatSaysNothingIsSentAway() async throws {
        try await AgentFixture.run { fixture in
            try await fixture.listeningAgent(patience: .milliseconds(50)) { _, ask in
                let silent = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .connect(unixDomainSocketPath: fixture.files.socket).get()
                try await silent.closeFuture.get()
                #expect(try await ask(LocalRequest(verb: .status)).status != nil)
            }
        }
    }

    @Test func anAgentThatDoesNotRunIsSaid() async throws {
        try await AgentFixture.run { fixture in
            try fixture.files.prepare()
            let client = LocalClient(files: fixture.files, group: MultiThreadedEventLoopGroup.singleton)
            let nobody = await #expect(throws: AgentError.self) { try await client.ask(.init(verb: .status)) }
            #expect(nobody?.message.contains("no host is enrolled there") == true)
            try FileAccess.replace(fixture.files.settings, with: Array("{}".utf8))
            let error = await #expect(throws: AgentError.self) { try await client.ask(.init(verb: .status)) }
            #expect(error?.message.contains("no agent runs there; start it with `muster-agent run --data") == true)
        }
    }
}

extension AgentFixture {
    typealias Ask = @Sendable (LocalRequest) async throws -> LocalAnswer

    /// One life of an agent that answers local commands, and a way to give them.
    fileprivate func listeningAgent(
        patience: TimeAmount = .seconds(5),
        _ body: @Sendable @escaping (Supervisor, Ask) async throws -> Void
    ) async throws {
        let files = files
        let logger = logger
        let settings = settings
        try await agent { supervisor in
            let group = MultiThreadedEventLoopGroup.singleton
            let server = LocalServer(
                path: files.socket,
                desk: LocalDesk(
                    settings: settings,
                    host: supervisor,
                    presence: ControllerPresence(),
                    time: .system,
                    logger: logger
                ),
                group: group,
                logger: logger,
                patience: patience
            )
            try await withThrowingTaskGroup { tasks in
                tasks.addTask { await server.run() }
                defer { tasks.cancelAll() }
                while !FileAccess.exists(files.socket) { await Task.yield() }
                try await body(supervisor) { try await LocalClient(files: files, group: group).ask($0) }
            }
        }
    }
}
