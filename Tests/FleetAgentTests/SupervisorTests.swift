import Fleet
import Foundation
import ShimProtocol
import Synchronization
import Testing

@testable import FleetAgent

/// The supervising loop with real shims and processes.
@Suite(.timeLimit(.minutes(2))) struct SupervisorTests {
    @Test func aModelIsServedReplacedAndRolledBack() async throws {
        try await AgentFixture.run { fixture in
            let first = try fixture.revision(1, answer: 10)
            let second = try fixture.revision(2, answer: 20)
            try await fixture.agent { agent in
                try await agent.give(fixture.item(1, .converge, first))
                let served = try await agent.until { $0.state == .verified }
                #expect(served.serving == first.reference)
                #expect(served.provisional == first.reference)
                let answer = try await fixture.ask()
                #expect(answer["answer"] == .array([.integer(10)]))
                #expect(answer["variable"] == .string("hello from wine"))
                #expect(answer["pid"] == .integer(Int64(served.instance?.pid ?? 0)))
                try await agent.give(fixture.item(2, .converge, second, succeeded: [first]))
                let replaced = try await agent.until { $0.item == 2 && $0.state == .verified }
                #expect(replaced.good == [first.reference])
                #expect(try await fixture.ask()["answer"] == .array([.integer(20)]))
                try await agent.give(fixture.item(3, .converge, second, succeeded: [first, second]))
                try await agent.give(
                    fixture.item(
                        4,
                        .rollback(id: "r1"),
                        nil,
                        succeeded: [first, second],
                        holds: [fixture.hold(second)]
                    )
                )
                let back = try await agent.until { $0.item == 4 && $0.state == .verified }
                #expect(back.receipt == .done(serving: first.reference))
                #expect(try await fixture.ask()["answer"] == .array([.integer(10)]))
                #expect(await agent.outcomes(after: 0).isEmpty, "no number is settled before the controller is heard")
                await agent.settleNumbers()
                let told = await agent.outcomes(after: 0)
                #expect(told.map(\.sequence) == Array(1...UInt64(told.count)))
                #expect(await agent.newestOutcome() == UInt64(told.count))
            }
        }
    }

    @Test func theNextAgentAdoptsTheSameProcess() async throws {
        try await AgentFixture.run { fixture in
            let first = try fixture.revision(1, answer: 10)
            let pid = Shared<Int32>()
            try await fixture.agent { agent in
                try await agent.give(fixture.item(1, .converge, first))
                pid.value = try await agent.until { $0.state == .verified }.instance?.pid
            }
            #expect(try await fixture.ask()["pid"] == .integer(Int64(pid.value ?? 0)))
            let begin = ContinuousClock.now
            try await fixture.agent { agent in
                let report = try await agent.until { $0.serving != nil }
                #expect(report.instance?.pid == pid.value)
                #expect(report.state == .verified)
                #expect(ContinuousClock.now - begin < .seconds(2))
                #expect(await agent.newestAssignment() == AssignmentVersion(epoch: 1, generation: 1))
                // It is watched on: its death is seen.
                kill(try #require(report.instance?.pid), SIGKILL)
                let dead = try await agent.until { $0.serving == nil }
                #expect(dead.reason?.contains("ended by signal 9") == true)
            }
        }
    }

    @Test func aLostJournalStopsNothing() async throws {
        try await AgentFixture.run { fixture in
            let first = try fixture.revision(1, answer: 10)
            let pid = Shared<Int32>()
            try await fixture.agent { agent in
                try await agent.give(fixture.item(1, .converge, first))
                pid.value = try await agent.until { $0.state == .verified }.instance?.pid
            }
            FileAccess.remove(fixture.files.journal)
            try await fixture.agent { agent in
                let found = try await agent.until { $0.serving != nil }
                #expect(found.instance?.pid == pid.value)
                #expect(found.serving == first.reference)
                #expect(try await fixture.ask()["pid"] == .integer(Int64(pid.value ?? 0)))
                try await agent.give(fixture.item(2, .converge, first, succeeded: [first]))
                let proven = try await agent.until { $0.state == .verified }
                #expect(proven.instance?.pid == pid.value)
                #expect(proven.good == [first.reference])
            }
            FileAccess.remove(fixture.files.journal)
            let second = try fixture.revision(2, answer: 20)
            try await fixture.agent { agent in
                try await agent.give(fixture.item(3, .converge, second, succeeded: [first, second]))
                let replaced = try await agent.until { $0.state == .verified }
                #expect(replaced.instance?.pid != pid.value)
                #expect(try await fixture.ask()["answer"] == .array([.integer(20)]))
            }
        }
    }

    @Test func aFullDiskEndsNothingAndWhatWasAskedWaits() async throws {
        try await AgentFixture.run { fixture in
            let fickle = FickleDisk()
            let first = try fixture.revision(1, answer: 10)
            let second = try fixture.revision(2, answer: 20)
            try await fixture.agent(disk: fickle) { agent in
                try await agent.give(fixture.item(1, .converge, first))
                _ = try await agent.until { $0.state == .verified }
                fickle.isFull.withLock { $0 = true }
                try await agent.give(fixture.item(2, .converge, second))
                #expect(await agent.newestAssignment().generation == 1)
                #expect(await agent.leaseTurn() > 0)
                #expect(try await fixture.ask()["answer"] == .array([.integer(10)]))
                fickle.isFull.withLock { $0 = false }
                _ = try await agent.until { $0.item == 2 && $0.state == .verified }
                #expect(await agent.newestAssignment().generation == 2)
                #expect(try await fixture.ask()["answer"] == .array([.integer(20)]))
            }
        }
    }

    @Test func anOrderThatIsNotRememberedIsNotCalledDone() async throws {
        try await AgentFixture.run { fixture in
            let fickle = FickleDisk()
            let first = try fixture.revision(1, answer: 10)
            try await fixture.agent(disk: fickle) { agent in
                try await agent.give(fixture.item(1, .converge, first))
                _ = try await agent.until { $0.state == .verified }
                fickle.isFull.withLock { $0 = true }
                let pin = LocalPin(actor: "ada", reason: "a demo", since: Instant(milliseconds: 1))
                let answer = await agent.carryOut(.pin(pin), on: "uid-1")
                #expect(answer?.contains("cannot be remembered yet") == true, "\(answer ?? "done")")
                fickle.isFull.withLock { $0 = false }
                _ = try await agent.until { $0.pin == pin }
                #expect(await agent.carryOut(.unpin(actor: "ada"), on: "uid-1") == nil)
            }
        }
    }

    @Test func aStoppedShimHoldsNoStopUp() async throws {
        try await AgentFixture.run { fixture in
            let first = try fixture.revision(1, answer: 10)
            try await fixture.agent { agent in
                try await agent.give(fixture.item(1, .converge, first))
                _ = try await agent.until { $0.state == .verified }
                let replica = try #require(try await agent.driver.found().first)
                guard case .shim(let held) = replica.handle else {
                    Issue.record("no shim holds it")
                    return
                }
                kill(held.shim.pid, SIGSTOP)
                var driver = agent.driver
                driver.patience = Span(milliseconds: 100)
                let grace = Span(milliseconds: 100)
                let unending = await driver.stop(replica, .init(drain: .seconds(0), signal: "TERM", grace: grace))
                #expect(unending == nil)
                #expect(!HostSystem.lives(replica.handle.child) && !HostSystem.lives(held.shim))
            }
        }
    }

    /// As a process in an uninterruptible wait: the first version's freezer does not let a killed one go either.
    @Test(.enabled(if: FrozenProcess.isPossible)) func aProcessThatTheKernelKeepsHoldsNoStopUpForEver() async throws {
        try await AgentFixture.run { fixture in
            let first = try fixture.revision(1, answer: 10)
            try await fixture.agent { agent in
                try await agent.give(fixture.item(1, .converge, first))
                _ = try await agent.until { $0.state == .verified }
                let replica = try #require(try await agent.driver.found().first)
                let pid = replica.handle.child.pid
                let frozen = try FrozenProcess(pid)
                defer { frozen.thaw() }
                var driver = agent.driver
                driver.patience = Span(milliseconds: 100)
                let stop = RuntimeProfile.Stop(drain: .seconds(0), signal: "TERM", grace: Span(milliseconds: 100))
                let cause = try #require(await driver.stop(replica, stop))
                #expect(cause.contains("process \(pid) of revision 1 does not end on host-1"), "\(cause)")
                #expect(cause.contains("restart the host"), "\(cause)")
                #expect(HostSystem.lives(replica.handle.child))
                #expect(try await driver.found().map(\.handle.child.pid) == [pid], "it is known, and keeps what it has")
                frozen.thaw()
                #expect(await driver.end(of: replica) != nil)
            }
        }
    }

    @Test func anEndpointThatIsNotToBeHadIsRefusedBeforeAnythingMoves() async throws {
        try await AgentFixture.run { fixture in
            let content = try JSONCoding.content(of: try fixture.revision(1, answer: 10))
            try await fixture.agent { agent in
                agent.driver.ports.note(.init(open: [8080: ["uid-2": "beer"]], stable: [8080]))
                for (port, deployment, why) in [
                    (8080, "uid-1", "is the endpoint of deployment 'beer'"), (8080, "uid-2", nil),
                    (18_005, "uid-1", "(--private-ports)"),
                ] as [(UInt16, String, String?)] {
                    let endpoint = Endpoint(port: port, to: "http")
                    var refusal: String?
                    do {
                        try await agent.driver.preflight(content, endpoint: endpoint, deployment: deployment, owned: [])
                    } catch {
                        refusal = "\(error)"
                    }
                    #expect(why.map { refusal?.contains($0) == true } ?? (refusal == nil), "\(refusal ?? "accepted")")
                }
            }
        }
    }

    @Test func aWrongAnswerLeavesWhatServed() async throws {
        try await AgentFixture.run { fixture in
            let first = try fixture.revision(1, answer: 10)
            let wrong = try fixture.revision(2, answer: 20, expect: 21)
            try await fixture.agent { agent in
                try await agent.give(fixture.item(1, .converge, first))
                _ = try await agent.until { $0.state == .verified }
                try await agent.give(fixture.item(2, .converge, wrong, succeeded: [first]))
                let report = try await agent.until { $0.state == .reverted }
                #expect(report.reason?.contains("at $.answer[0] expected 21") == true, "\(report.reason ?? "")")
                #expect(report.serving == first.reference)
                #expect(try await fixture.ask()["answer"] == .array([.integer(10)]))
            }
        }
    }

    @Test func aServerThatDiesOrIsNotReadySaysWhy() async throws {
        try await AgentFixture.run { fixture in
            let broken = try fixture.revision(1, answer: 10, extra: ", ")
            let unready = try fixture.revision(2, answer: 20, extra: ", \"unready\": true")
            try await fixture.agent { agent in
                try await agent.give(fixture.item(1, .converge, broken))
                let dead = try await agent.until { $0.state == .revertFailed }
                #expect(dead.reason?.contains("exit code 1") == true)
                #expect(dead.reason?.contains("json.decoder.JSONDecodeError") == true, "\(dead.reason ?? "")")
                try await agent.give(fixture.item(2, .converge, unready))
                let waiting = try await agent.until { $0.reason?.contains("answers 404") == true }
                #expect(waiting.state == .starting)
                #expect(waiting.reason == "/v2/models/wine/ready on port 8080 answers 404, not 200")
            }
        }
    }

    @Test func whatStandsInTheWayIsSaidBeforeAnythingMoves() async throws {
        try await AgentFixture.run { fixture in
            let missing = try fixture.revision(1, answer: 10, command: "no-such-server")
            let good = try fixture.revision(2, answer: 20)
            let damaged = try fixture.revision(3, answer: 30)
            let bundle = try JSONCoding.content(of: damaged).model.bundle
            fixture.source.fail(bundle, .damaged)
            let port = try OpenPort(address: fixture.address, port: 9191)
            try await fixture.agent { agent in
                try await agent.give(fixture.item(1, .converge, missing))
                let absent = try await agent.until { $0.state == .revertFailed }
                #expect(absent.reason?.contains("'no-such-server' is not installed") == true)
                try await agent.give(fixture.item(2, .converge, good))
                let pid = try await agent.until { $0.state == .verified }.instance?.pid
                var taken = fixture.item(3, .converge, good)
                taken.endpoint = Endpoint(port: port.port, to: "http")
                try await agent.give(taken)
                let refused = try await agent.until { $0.item == 3 && $0.state == .reverted }
                #expect(refused.reason?.contains("port 9191 on host-1 is listened on by") == true)
                #expect(refused.instance?.pid == pid)
                try await agent.give(fixture.item(4, .converge, damaged))
                let mismatch = try await agent.until { $0.item == 4 && $0.state == .reverted }
                #expect(mismatch.reason?.contains("is damaged") == true)
                #expect(mismatch.instance?.pid == pid)
            }
            port.close()
        }
    }

    @Test func aRemovalStopsTheProcessAndIsForgottenWhenItIsKnown() async throws {
        try await AgentFixture.run { fixture in
            let first = try fixture.revision(1, answer: 10)
            try await fixture.agent { agent in
                try await agent.give(fixture.item(1, .converge, first))
                let pid = try await agent.until { $0.state == .verified }.instance?.pid ?? 0
                try await agent.give(fixture.item(2, .remove, nil))
                _ = try await agent.until { $0.state == .removed }
                #expect(kill(pid, 0) == -1)
                let version = AssignmentVersion(epoch: 1, generation: 3)
                try await agent.take(Assignment(version: version, items: []))
                #expect(agent.board.replica("uid-1") != nil)
                await agent.settleNumbers()
                let changes = agent.changes()
                await agent.outcomesStored(through: await agent.newestOutcome())
                for await _ in changes where agent.board.replica("uid-1") == nil { break }
            }
            #expect(try Journal(path: fixture.files.journal).state.replicas.isEmpty)
        }
    }

    @Test func aFileChangedOnDiskIsMadeAgain() async throws {
        try await AgentFixture.run { fixture in
            let first = try fixture.revision(1, answer: 10)
            try await fixture.agent { agent in
                try await agent.give(fixture.item(1, .converge, first))
                let pid = try await agent.until { $0.state == .verified }.instance?.pid
                let bundle = try JSONCoding.content(of: first).model.bundle
                let path = "\(fixture.files.models)/\(bundle.hex)/model.json"
                try Array("{\"answer\": 66}".utf8).withUnsafeBytes {
                    try Data($0).write(to: URL(fileURLWithPath: path))
                }
                var moved = fixture.item(2, .converge, first)
                moved.endpoint = Endpoint(port: 8081, to: "http")
                try await agent.give(moved)
                let report = try await agent.until { $0.item == 2 && $0.state.isTerminal }
                #expect(report.state == .verified, "\(report.reason ?? "")")
                #expect(report.instance?.pid != pid)
                #expect(report.instance?.ports == ["http": 8081])
            }
        }
    }
}
