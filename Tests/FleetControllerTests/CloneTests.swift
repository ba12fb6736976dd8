import DaemonKit
import Fleet
import FleetAgent
import FleetStore
import FleetTestSupport
import Foundation
import Synchronization
import Testing

@testable import FleetController

/// Copies of hosts, seen from real links: they are refused, everybody is told, and what serves there serves on.
@Suite(.timeLimit(.minutes(2))) struct CloneTests {
    private func until(_ what: String, _ condition: () async throws -> Bool) async rethrows {
        let limit = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < limit {
            if try await condition() { return }
            await Task.yield()
        }
        Issue.record("never \(what)")
    }

    /// Who is refused comes back when the time is shifted; who was displaced, at once.
    private func link(
        _ identity: AgentIdentity,
        _ host: ScriptedHost,
        machine: String,
        _ fixture: ControllerFixture
    ) -> ControllerLink {
        let time = ShiftedTime(days: 0, long: .seconds(30), isHasty: true).source
        return ControllerLink(identity: identity, host: host, machine: machine, time: time, logger: fixture.logger)
    }

    private func enrolled(_ fixture: ControllerFixture, machine: String) async throws -> AgentIdentity {
        let identity = try await fixture.enrol("h1")
        let entry = try #require(fixture.operations.directory[identity.settings.hostID])
        entry.state.withLock { $0.host.machine = machine }
        return identity
    }

    private func view(_ fixture: ControllerFixture) async throws -> HostView {
        try #require(try await fixture.operations.hosts(nil).items.first)
    }

    @Test func theCopyOfADiskIsRefusedAndTheHostStays() async throws {
        try await ControllerFixture.run { fixture in
            let identity = try await enrolled(fixture, machine: "aaaaaaaaaaaa")
            let (host, copy) = (ScriptedHost(), ScriptedHost())
            try await withThrowingTaskGroup(of: Void.self) { group in
                let links = [
                    link(identity, host, machine: "aaaaaaaaaaaa", fixture),
                    link(identity, copy, machine: "bbbbbbbbbbbb", fixture),
                ]
                group.addTask { await links[0].run() }
                await until("the host in") { host.state.withLock { $0.hasSession } }
                _ = try await fixture.apply(version: "1")
                try await fixture.wait("serving") { $0.rollout?.state == .succeeded }
                group.addTask { await links[1].run() }
                try await until("the copy found out") { try await !view(fixture).warnings.isEmpty }
                let found = try await view(fixture)
                #expect(found.explanations.count(where: { $0.isQuarantine }) == 0)
                #expect(found.warnings[0].contains("machine id bbbbbbbb…") && found.warnings[0].contains("aaaaaaaa…"))
                #expect(found.warnings[0].contains("a machine at 127.0.0.1 with"))
                #expect(found.warnings[0].contains("enrol"))
                // A busy machine may have cost it a lease meanwhile.
                try await until("the host in, all the same") {
                    try await view(fixture).connected && host.state.withLock { $0.hasSession && $0.serving.count == 1 }
                }
                #expect(!copy.state.withLock { $0.hasSession })
                try await until("in the events") {
                    try await fixture.operations.events(of: .host, named: "h1", since: Instant(milliseconds: 0))
                        .items.contains { $0.what == "quarantine" && $0.reason?.contains("machine id") == true }
                }
                let line = try #require(try await fixture.operations.hostSummaries(nil).items.first)
                #expect(line.warnings == 1 && !line.isQuarantined)
                group.cancelAll()
            }
        }
    }

    @Test func whereNothingTellsThemApartNobodyIsIn() async throws {
        try await ControllerFixture.run { fixture in
            let identity = try await enrolled(fixture, machine: "aaaaaaaaaaaa")
            let (one, other) = (ScriptedHost(), ScriptedHost())
            try await withThrowingTaskGroup(of: Void.self) { group in
                let links = [one, other].map { link(identity, $0, machine: "aaaaaaaaaaaa", fixture) }
                group.addTask { await links[0].run() }
                await until("one in") { one.state.withLock { $0.hasSession } }
                _ = try await fixture.apply(version: "1")
                try await fixture.wait("serving") { $0.rollout?.state == .succeeded }
                group.addTask { await links[1].run() }
                try await until("found out") {
                    try await view(fixture).explanations.contains(where: \.isQuarantine)
                }
                await until("both out") { ![one, other].contains { $0.state.withLock { $0.hasSession } } }
                let found = try await view(fixture)
                #expect(!found.connected && found.warnings.contains { $0.contains("nothing tells which of them") })
                #expect(one.state.withLock { $0.serving.count } == 1, "its model was taken down")
                #expect(try await fixture.operations.hostSummaries(nil).items.first?.isQuarantined == true)
                try await until("one event") {
                    try await fixture.operations.events(of: .host, named: "h1", since: Instant(milliseconds: 0))
                        .items.count { $0.what == "quarantine" } == 1
                }
                group.cancelAll()
            }
        }
    }

    @Test func anotherInstanceIsToldOf() async throws {
        try await ControllerFixture.run { fixture in
            let identity = try await enrolled(fixture, machine: "")
            let entry = try #require(fixture.operations.directory[identity.settings.hostID])
            entry.state.withLock { $0.host.instance = "another" }
            let script = ScriptedHost()
            try await withThrowingTaskGroup(of: Void.self) { group in
                let refused = link(identity, script, machine: "", fixture)
                group.addTask { await refused.run() }
                try await until("told") {
                    try await view(fixture).warnings.contains { $0.contains("another instance id") }
                }
                #expect(!script.state.withLock { $0.hasSession })
                group.cancelAll()
            }
        }
    }

    /// An agent that is killed again and again, and one whose network drops, are no clones.
    @Test func aHostThatReturnsIsNoClone() async throws {
        try await ControllerFixture.run { fixture in
            let identity = try await enrolled(fixture, machine: "aaaaaaaaaaaa")
            for _ in 0..<6 {
                let script = ScriptedHost()
                await withTaskGroup(of: Void.self) { group in
                    let returned = link(identity, script, machine: "aaaaaaaaaaaa", fixture)
                    group.addTask { await returned.run() }
                    await until("in") { script.state.withLock { $0.hasSession } }
                    group.cancelAll()
                }
            }
            #expect(try await view(fixture).warnings.isEmpty)
        }
    }
}
