import Fleet
import FleetAgent
import FleetManifest
import FleetStore
import FleetTestSupport
import Foundation
import NIOCore
import Synchronization
import Testing

@testable import FleetController

@Suite(.serialized) struct FirstLightTests {
    @Test func applyUpdateAndRollBackAcrossThreeHosts() async throws {
        try await ControllerFixture.run { fixture in
            var hosts: [(AgentIdentity, ScriptedHost)] = []
            for name in ["h1", "h2", "h3"] { hosts.append((try await fixture.enrol(name), ScriptedHost())) }
            try await fixture.withHosts(hosts) {
                _ = try await fixture.apply(version: "1")
                try await fixture.wait("version 1 everywhere") { view in
                    view.rollout?.state == .succeeded && view.hosts.allSatisfy { $0.serving?.version == "1" }
                }
                _ = try await fixture.apply(version: "2")
                try await fixture.wait("version 2 everywhere, with a way back") { view in
                    view.rollout?.state == .succeeded && view.wanted?.version == "2"
                        && view.hosts.allSatisfy { $0.serving?.version == "2" && $0.way?.version == "1" }
                }
                let rollback = try await fixture.operations.rollBack(
                    RollbackRequest(scope: .deployments(["wine"]), reason: "it is wrong", confirm: "wine"),
                    by: fixture.admin
                )
                let hold = try #require(rollback.deployments.first?.holds.first)
                #expect(hold.revision.version == "2")
                try await fixture.wait("back on version 1") { view in
                    view.hosts.allSatisfy { $0.serving?.version == "1" && $0.state == .verified }
                }
                let held = try await fixture.apply(version: "2")
                #expect(held.changes[0].action == .held)
                #expect(held.changes[0].message?.contains("ada") == true)
                #expect(held.changes[0].message?.contains("it is wrong") == true)
                let lifted = try await fixture.operations.liftHold(
                    hold.hold.id,
                    by: fixture.admin,
                    reason: nil
                )
                #expect(lifted.hold.id == hold.hold.id)
                let view = try await fixture.wait("told that the spec does not run") { view in
                    view.explanations.contains { $0.why.contains("spec not rolled out") }
                }
                #expect(view?.hosts.allSatisfy { $0.serving?.version == "1" } == true)
            }
            #expect(try await fixture.operations.read { try $0.auditBreak() } == nil)
        }
    }

    @Test func aWrongVersionStopsAtTheFirstHost() async throws {
        try await ControllerFixture.run { fixture in
            let scripts = [ScriptedHost(), ScriptedHost()]
            let hosts = [(try await fixture.enrol("h1"), scripts[0]), (try await fixture.enrol("h2"), scripts[1])]
            try await fixture.withHosts(hosts) {
                _ = try await fixture.apply(version: "1")
                try await fixture.wait("version 1 everywhere, known to have succeeded") { view in
                    view.rollout?.state == .succeeded
                        && scripts.allSatisfy { $0.state.withLock { $0.assignment.items.first?.succeeded.count == 1 } }
                }
                for script in scripts { script.fail(["2"]) }
                _ = try await fixture.apply(version: "2")
                let view = try await fixture.wait("aborted") { $0.rollout?.state == .aborted }
                #expect(view?.rollout?.reason.contains("golden probe") == true)
                #expect(view?.hosts.allSatisfy { $0.serving?.version == "1" } == true)
                // The second host may have had the files ready, one wave ahead; it was never told to move.
                let rollout = try await fixture.operations.rollout(of: "wine", all: true)
                let second = try #require(rollout.targets.first { $0.name == "h2" })
                #expect(second.wave == 1 && second.asked != .go && second.asked != .back)
                #expect(rollout.counts[.failed] == 1 && rollout.counts.total == 2)
            }
        }
    }

    @Test func aControllerThatStartsAgainChangesNothing() async throws {
        let directory = NSTemporaryDirectory() + "muster-restart-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let script = ScriptedHost()
        try await ControllerFixture.run(directory: directory) { fixture in
            let identity = try await fixture.enrol("h1")
            try await fixture.withHosts([(identity, script)]) {
                _ = try await fixture.apply(version: "1")
                try await fixture.wait("version 1, known to have succeeded") { view in
                    view.rollout?.state == .succeeded
                        && script.state.withLock { $0.assignment.items.first?.succeeded.count == 1 }
                }
                #expect(script.state.withLock { $0.hasSession })
            }
            #expect(!script.state.withLock { $0.hasSession })
        }
        let before = script.state.withLock { $0.assignment }
        try await ControllerFixture.run(directory: directory) { fixture in
            let view = try await fixture.wait("the deployment") { $0.wanted?.version == "1" }
            #expect(view?.hosts.map(\.host) == ["h1"])
            let stored = try await fixture.operations.read { reader in
                try reader.assignment(of: try #require(try reader.host(named: "h1")).host.id)
            }
            #expect(stored.items.map(\.number) == before.items.map(\.number))
        }
    }

    @Test func deletingNeedsToBeAllowedAndEnds() async throws {
        try await ControllerFixture.run { fixture in
            var hosts: [(AgentIdentity, ScriptedHost)] = []
            for name in ["h1", "h2"] { hosts.append((try await fixture.enrol(name), ScriptedHost())) }
            try await fixture.withHosts(hosts) {
                _ = try await fixture.apply(version: "1")
                try await fixture.wait("version 1 everywhere") { $0.rollout?.state == .succeeded }
                await #expect(throws: ControllerError.self) {
                    _ = try await fixture.delete("wine", allowRemoval: false)
                }
                await #expect(throws: ControllerError.self, "a narrower selector needs it as well") {
                    _ = try await fixture.apply(version: "1", hosts: "site=nowhere")
                }
                _ = try await fixture.delete("wine", allowRemoval: true)
                let limit = ContinuousClock.now + .seconds(20)
                while try await !fixture.operations.deployments(nil).items.isEmpty, ContinuousClock.now < limit {
                    await Task.yield()
                }
                #expect(try await fixture.operations.deployments(nil).items.isEmpty)
            }
        }
    }

    @Test func everyProblemIsToldAndNothingIsStored() async throws {
        try await ControllerFixture.run { fixture in
            let selector = try LabelSelector("site=lyon")
            let deployment = Deployment(
                name: "wine",
                content: .init(model: "whine", version: "1", runtime: "serve"),
                scope: .init(hosts: selector, endpoint: nil)
            )
            do {
                _ = try await fixture.operations.apply(
                    [.model(Model(name: "wine")), .deployment(deployment)],
                    by: fixture.admin,
                    reason: nil
                )
                Issue.record("it was accepted")
            } catch let error as ControllerError {
                #expect(error.code == .invalid)
                #expect(error.problems.map(\.document) == [1, 1])
                #expect(
                    error.problems.map(\.problem.path.pointer) == ["/spec/content/model/name", "/spec/content/runtime"]
                )
                #expect(error.problems[0].problem.hint == "did you mean 'wine'?")
            }
            let unpushed = Deployment(
                name: "wine",
                content: .init(model: "wine", version: "1", runtime: "serve"),
                scope: .init(hosts: selector, endpoint: nil)
            )
            let slip = await refusal {
                let documents: [Manifest] = [.model(Model(name: "wine")), .deployment(unpushed)]
                _ = try await fixture.operations.apply(documents, by: fixture.admin, reason: nil)
            }
            #expect(
                slip?.problems.first?.problem.hint
                    == "there is none yet; a new one is pushed with its files: muster model push DIR -f FILE"
            )
            #expect(try await fixture.operations.models(nil).items.isEmpty)
        }
    }

    @Test func planShowsWhatWouldHappenAndKeepsNothing() async throws {
        try await ControllerFixture.run { fixture in
            let hosts = [
                (try await fixture.enrol("h1"), ScriptedHost()), (try await fixture.enrol("h2"), ScriptedHost()),
            ]
            try await fixture.withHosts(hosts) {
                _ = try await fixture.apply(version: "1")
                try await fixture.wait("version 1 everywhere") { $0.rollout?.state == .succeeded }
                let narrowed = Deployment(
                    name: "wine",
                    content: .init(model: "wine", version: "1", runtime: "server", environment: ["A": "b"]),
                    scope: .init(hosts: selector("site=lyon"), endpoint: Endpoint(port: 8080, to: "http"))
                )
                let before = try await fixture.operations.deployments(nil).revision
                let plan = try await fixture.operations.plan([.deployment(narrowed)])
                #expect(plan.changes.map(\.action) == [.update])
                #expect(plan.changes.map(\.message) == ["content: environment A"])
                #expect(plan.hosts.allSatisfy { $0.drain != nil })
                #expect(plan.hosts.map(\.wave) == [0, 1])
                #expect(plan.hosts.allSatisfy { $0.from?.number == 1 && $0.to?.number == 2 && $0.gap != nil })
                #expect(try await fixture.operations.deployments(nil).revision == before)
            }
        }
    }

    @Test func aSecondPressJoinsTheRollbackThatRuns() async throws {
        try await ControllerFixture.run { fixture in
            let script = ScriptedHost()
            try await fixture.withHosts([(try await fixture.enrol("h1"), script)]) {
                _ = try await fixture.apply(version: "1")
                try await fixture.wait("version 1") { $0.rollout?.state == .succeeded }
                _ = try await fixture.apply(version: "2")
                try await fixture.wait("version 2") { $0.wanted?.version == "2" && $0.hosts[0].way?.version == "1" }
                script.state.withLock { $0.isSlow = true }
                let first = try await fixture.operations.rollBack(
                    RollbackRequest(scope: .deployments(["wine"]), reason: "wrong", confirm: "wine"),
                    by: fixture.admin
                )
                try await fixture.wait("under way") { $0.hosts[0].receipt == .inProgress(.starting) }
                let second = try await fixture.operations.rollBack(
                    RollbackRequest(scope: .deployments(["wine"]), reason: "me too", confirm: "wine"),
                    by: fixture.admin
                )
                #expect(second.rollback.id == first.rollback.id && second.joined == ["wine"])
                #expect(try await fixture.operations.holds().items.count == 1)
            }
        }
    }

    @Test func whatTheRuntimeDoesNotHaveIsToldBeforeAnythingStops() async throws {
        try await ControllerFixture.run { fixture in
            _ = try await fixture.apply(version: "1", hosts: "site=nowhere")
            let deployment = Deployment(
                name: "wine",
                content: .init(model: "wine", version: "1", runtime: "server", environment: ["PORT": "{port.nope}"]),
                scope: .init(hosts: selector("site=nowhere"), endpoint: nil)
            )
            do {
                _ = try await fixture.operations.plan([.deployment(deployment)])
                Issue.record("it was accepted")
            } catch let error as ControllerError {
                #expect(error.problems.map(\.problem.path.pointer) == ["/spec/content/environment/PORT"])
            }
        }
    }

    private func selector(_ text: String) -> LabelSelector {
        guard let selector = try? LabelSelector(text) else { preconditionFailure("the selector is right") }
        return selector
    }
}

extension ControllerFixture {
    func delete(_ name: String, allowRemoval: Bool) async throws -> ApplyView {
        try await operations.delete(.deployment, named: name, by: admin, reason: nil, allowRemoval: allowRemoval)
    }
}
