import Fleet
import Foundation
import Testing

@testable import FleetAgent

/// The supervising loop where the endpoint is switched, with real shims and processes and a recorded table.
@Suite(.timeLimit(.minutes(2)), .serialized) struct EndpointSupervisorTests {
    /// Every address is looked at, so that it must be nobody's on this machine.
    private let stable = UInt16.random(in: 10_000...17_999)

    @Test func theEndpointMovesWhenTheNewOneIsProvenAndIsNeverClosed() async throws {
        try await AgentFixture.run { fixture in
            let kernel = RecordingSwitch()
            let first = try fixture.revision(1, answer: 10, update: .sideBySide)
            let second = try fixture.revision(2, answer: 20, update: .sideBySide)
            try await fixture.agent(endpoint: kernel) { agent in
                try await agent.give(fixture.item(1, .converge, first, port: stable))
                let served = try await agent.until { $0.state == .verified }
                let old = try #require(served.instance)
                let oldPort = try #require(old.ports["http"])
                #expect(kernel.table == [stable: oldPort])
                #expect(try await fixture.ask(port: oldPort)["answer"] == .array([.integer(10)]))
                try await agent.give(fixture.item(2, .converge, second, succeeded: [first], port: stable))
                let observed = try await agent.until { $0.item == 2 && $0.state == .observing }
                #expect(observed.serving == second.reference)
                #expect(kill(old.pid, 0) == 0, "the old one stays warm")
                let replaced = try await agent.until { $0.item == 2 && $0.state == .verified }
                let newPort = try #require(replaced.instance?.ports["http"])
                #expect(kernel.table == [stable: newPort])
                #expect(kernel.calls == [.close(stable), .open(stable, to: oldPort), .open(stable, to: newPort)])
                #expect(try await fixture.ask(port: newPort)["answer"] == .array([.integer(20)]))
            }
        }
    }

    @Test func aWrongVersionNeverGetsTheEndpoint() async throws {
        try await AgentFixture.run { fixture in
            let kernel = RecordingSwitch()
            let first = try fixture.revision(1, answer: 10, update: .sideBySide)
            let wrong = try fixture.revision(2, answer: 20, expect: 21, update: .sideBySide)
            try await fixture.agent(endpoint: kernel) { agent in
                try await agent.give(fixture.item(1, .converge, first, port: stable))
                let pid = try await agent.until { $0.state == .verified }.instance?.pid
                let before = kernel.calls
                try await agent.give(fixture.item(2, .converge, wrong, succeeded: [first], port: stable))
                let report = try await agent.until { $0.state == .reverted }
                #expect(report.instance?.pid == pid)
                #expect(report.serving == first.reference)
                #expect(kernel.calls == before)
            }
        }
    }

    @Test func aPortIsTakenOverWhereThatIsGrantedAndNowhereElse() async throws {
        try await AgentFixture.run { fixture in
            let kernel = RecordingSwitch()
            let other = try OpenPort(address: "127.0.0.1", port: stable)
            defer { other.close() }
            let first = try fixture.revision(1, answer: 10)
            try await fixture.agent(endpoint: kernel) { agent in
                try await agent.give(fixture.item(1, .converge, first, port: stable))
                let refused = try await agent.until { $0.failure?.kind == .refused }
                let reason = refused.reason ?? ""
                #expect(reason.contains("port \(stable) on host-1 is listened on by python3 (pid "), "\(reason)")
                #expect(reason.contains("`muster host adopt-port host-1 \(stable)`"), "\(reason)")
                var granted = fixture.item(2, .converge, first, port: stable)
                granted.adoptsPort = true
                try await agent.give(granted)
                let served = try await agent.until { $0.state == .verified }
                let port = try #require(served.instance?.ports["http"])
                #expect(kernel.calls == [.open(stable, to: port)], "it is not rejected before something is proven")
                #expect(kernel.takenOver == [stable])
            }
            // The next agent goes on, though the leave was taken back meanwhile.
            try await fixture.agent(endpoint: kernel) { agent in
                let second = try fixture.revision(2, answer: 20, update: .sideBySide)
                try await agent.give(fixture.item(3, .converge, second, succeeded: [first], port: stable))
                let moved = try await agent.until { $0.item == 3 && $0.state == .verified }
                #expect(kernel.table == [stable: moved.instance?.ports["http"]])
            }
        }
    }

    @Test func nothingIsTakenOverWithoutTheKernelsSwitch() async throws {
        try await AgentFixture.run { fixture in
            let other = try OpenPort(address: fixture.address, port: stable)
            defer { other.close() }
            let first = try fixture.revision(1, answer: 10)
            try await fixture.agent { agent in
                var item = fixture.item(1, .converge, first, port: stable)
                item.adoptsPort = true
                try await agent.give(item)
                let reason = try await agent.until { $0.failure?.kind == .refused }.reason ?? ""
                #expect(reason.contains("cannot be taken over though that is granted"), "\(reason)")
                #expect(reason.contains("endpoint's capability (CAP_NET_ADMIN), or stop it"), "\(reason)")
            }
        }
    }

    @Test func anAgentKilledInMidObservationGoesBackToTheOldOneWithoutARestart() async throws {
        try await AgentFixture.run { fixture in
            let kernel = RecordingSwitch()
            let first = try fixture.revision(1, answer: 10, update: .sideBySide)
            let second = try fixture.revision(2, answer: 20, update: .sideBySide)
            let pid = Shared<Int32>()
            try await fixture.agent(endpoint: kernel) { agent in
                try await agent.give(fixture.item(1, .converge, first, port: stable))
                pid.value = try await agent.until { $0.state == .verified }.instance?.pid
                var slow = fixture.item(2, .converge, second, succeeded: [first], port: stable)
                slow.stableFor = .seconds(600)
                try await agent.give(slow)
                let observed = try await agent.until { $0.state == .observing }
                #expect(kernel.table == [stable: observed.instance?.ports["http"]])
            }
            try await fixture.agent(endpoint: kernel) { agent in
                let back = try await agent.until { $0.state == .reverted }
                #expect(back.instance?.pid == pid.value)
                #expect(back.serving == first.reference)
                let port = try #require(back.instance?.ports["http"])
                await kernel.until { $0 == [stable: port] }
                #expect(!kernel.calls.dropFirst().contains(.close(stable)))
            }
        }
    }

    @Test func aRollbackCutsWhatIsConnectedToTheCondemnedOne() async throws {
        try await AgentFixture.run { fixture in
            let kernel = RecordingSwitch()
            let first = try fixture.revision(1, answer: 10, update: .sideBySide)
            let second = try fixture.revision(2, answer: 20, update: .sideBySide)
            try await fixture.agent(endpoint: kernel) { agent in
                try await agent.give(fixture.item(1, .converge, first, succeeded: [first], port: stable))
                _ = try await agent.until { $0.state == .verified }
                try await agent.give(fixture.item(2, .converge, second, succeeded: [first, second], port: stable))
                let bad = try await agent.until { $0.item == 2 && $0.state == .verified }
                let port = try #require(bad.instance?.ports["http"])
                kernel.connect(3, to: port)
                var item = fixture.item(
                    3,
                    .rollback(id: "r1"),
                    nil,
                    succeeded: [first, second],
                    holds: [fixture.hold(second)],
                    port: stable
                )
                item.rollbackStableFor = .seconds(2)
                try await agent.give(item)
                _ = try await agent.until { $0.condemnedConnections == 3 }
                let cut = try await agent.until { $0.condemnedConnections == 0 }
                #expect(cut.state == .observing)
                let back = try await agent.until { $0.state == .verified && $0.item == 3 }
                #expect(back.receipt == .done(serving: first.reference))
                #expect(kernel.calls.contains(.cut(port)))
            }
        }
    }

    /// Waits for what is in a directory; the test's time limit ends it.
    private func files(in directory: String, are names: [String]) async {
        while FileAccess.names(in: directory) != names { await Task.yield() }
    }

    @Test(arguments: [true, false]) func loadBalancersAreToldBeforeAnEndpointCloses(isSwitched: Bool) async throws {
        try await AgentFixture.run { fixture in
            let kernel = RecordingSwitch()
            let means: any EndpointSwitch = isSwitched ? kernel : UnavailableEndpointSwitch(reason: "not here")
            let directory = fixture.files.directory + "/ready"
            let first = try fixture.revision(1, answer: 10)
            let second = try fixture.revision(2, answer: 20)
            let ready = ReadyFiles(directory: directory, notice: .seconds(3))
            try await fixture.agent(endpoint: means, ready: ready) { agent in
                try await agent.give(fixture.item(1, .converge, first, port: stable))
                let served = try await agent.until { $0.state == .verified }
                let port = try #require(served.instance?.ports["http"])
                await files(in: directory, are: ["wine"])
                try await agent.give(fixture.item(2, .converge, second, succeeded: [first], port: stable))
                await files(in: directory, are: [])
                // It answers still, where it did.
                if isSwitched { #expect(kernel.table == [stable: port]) }
                #expect(try await fixture.ask(port: port)["answer"] == .array([.integer(10)]))
                _ = try await agent.until { $0.item == 2 && $0.state == .verified }
                await files(in: directory, are: ["wine"])
            }
            #expect(FileAccess.names(in: directory) == ["wine"], "an agent that ends takes a model out")
        }
    }

    @Test func aSwitchThatFailsIsTriedAgainForWhatIsToServeAnyway() async throws {
        try await AgentFixture.run { fixture in
            let kernel = RecordingSwitch()
            let first = try fixture.revision(1, answer: 10)
            try await fixture.agent(endpoint: kernel) { agent in
                try await agent.give(fixture.item(1, .converge, first, port: stable))
                _ = try await agent.until { $0.state == .verified }
            }
            kernel.fail(2)
            try await kernel.close(stable)
            try await fixture.agent(endpoint: kernel) { agent in
                _ = try await agent.until { $0.reason?.contains("nft is busy") == true }
                let served = try await agent.until { $0.reason == nil }
                #expect(kernel.table == [stable: served.instance?.ports["http"]])
            }
        }
    }
}
