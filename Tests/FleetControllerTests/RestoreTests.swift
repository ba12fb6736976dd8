import Fleet
import FleetAgent
import FleetManifest
import FleetStore
import FleetTestSupport
import Foundation
import Synchronization
import Testing

@testable import FleetController

/// A controller whose store is put back to an old backup while its hosts go on.
@Suite(.serialized) struct RestoreTests {
    /// A data directory with a host that was taken to version 1, a copy of the store from then, and the host on version 2.
    private struct Story {
        let directory = NSTemporaryDirectory() + "muster-restore-\(UUID().uuidString)"
        let script = ScriptedHost()

        var backup: String { "\(directory)-backup" }

        func remove() {
            try? FileManager.default.removeItem(atPath: directory)
            try? FileManager.default.removeItem(atPath: backup)
        }

        func copy(from source: String, to target: String) throws {
            let files = FileManager.default
            try? files.createDirectory(atPath: target, withIntermediateDirectories: true)
            for suffix in ["", "-wal", "-shm"] {
                let name = "fleet.sqlite\(suffix)"
                try? files.removeItem(atPath: "\(target)/\(name)")
                guard files.fileExists(atPath: "\(source)/\(name)") else { continue }
                try files.copyItem(atPath: "\(source)/\(name)", toPath: "\(target)/\(name)")
            }
        }

        /// Version 1, the backup, version 2, and the old store in the place of the new one.
        func play() async throws -> Played {
            let script = script
            let first = Holder()
            try await ControllerFixture.run(directory: directory) { fixture in
                let identity = try await fixture.enrol("h1")
                first.played.withLock { $0 = Played(identity: identity, port: fixture.controller.agentPort) }
                try await fixture.withHosts([(identity, script)]) {
                    _ = try await fixture.apply(version: "1")
                    try await fixture.wait("version 1, known to have succeeded") { view in
                        view.rollout?.state == .succeeded
                            && script.state.withLock { $0.assignment.items.first?.succeeded.count == 1 }
                    }
                }
            }
            try copy(from: directory, to: backup)
            let played = try #require(first.played.withLock { $0 })
            try await ControllerFixture.run(directory: directory, agentPort: played.port) { fixture in
                try await fixture.withHosts([(played.identity, script)]) {
                    _ = try await fixture.apply(version: "2")
                    try await fixture.wait("version 2, known to have succeeded") { view in
                        view.rollout?.state == .succeeded && view.wanted?.version == "2"
                            && script.state.withLock { $0.assignment.items.first?.succeeded.count == 2 }
                    }
                }
            }
            try copy(from: backup, to: directory)
            return played
        }
    }

    private struct Played: Sendable {
        var identity: AgentIdentity
        /// Where the host dials.
        var port: Int
    }

    private final class Holder: Sendable {
        let played = Mutex<Played?>(nil)
    }

    private func version(servedBy script: ScriptedHost) -> String? {
        script.state.withLock { $0.serving.values.first.map { "\($0.number)" } }
    }

    private func frozen(_ fixture: ControllerFixture) async throws -> (ControllerView, FrozenView) {
        let limit = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < limit {
            let view = try await fixture.operations.controller()
            if let frozen = view.frozen, !frozen.forgotten.isEmpty, frozen.silent.isEmpty { return (view, frozen) }
            await Task.yield()
        }
        let view = try await fixture.operations.controller()
        return (view, try #require(view.frozen, "it never froze"))
    }

    @Test func nothingMovesUntilAPersonThaws() async throws {
        let story = Story()
        defer { story.remove() }
        let played = try await story.play()
        let script = story.script
        let unknown = try #require(script.state.withLock { $0.serving.values.first?.digest })
        let before = script.state.withLock { $0.taken }
        try await ControllerFixture.run(directory: story.directory, agentPort: played.port) { fixture in
            try await fixture.withHosts([(played.identity, script)]) {
                let (view, frozen) = try await frozen(fixture)
                #expect(view.epoch == 2)
                #expect(frozen.reason.contains("host h1 reports assignment"))
                #expect(frozen.forgotten.contains { $0.host == "h1" && $0.serving && $0.revision?.number == 2 })
                #expect(frozen.moves.map(\.host) == ["h1"])
                #expect(frozen.moves.first?.to?.version == "1")
                let explained = try await fixture.operations.deployment(named: "wine").explanations
                #expect(explained.first?.isFrozen == true)
                #expect(explained.first?.next?.contains("muster-controller thaw") == true)
                #expect(explained.contains { $0.why.contains("which this backup does not have") })
                try await refusals(fixture)
                #expect(script.state.withLock { $0.taken } == before, "something was sent")
                #expect(version(servedBy: script) == "2")
            }
        }
        // Frozen is in the store: a controller that starts again knows it before any host has come.
        try await ControllerFixture.run(directory: story.directory, agentPort: played.port) { fixture in
            #expect(try await fixture.operations.controller().frozen?.silent == ["h1"])
            try await fixture.withHosts([(played.identity, script)]) {
                let (view, _) = try await frozen(fixture)
                #expect(view.epoch == 2)
                #expect(script.state.withLock { $0.taken } == before, "something was sent")
                await #expect(throws: ControllerError.self, "an older epoch was shown") {
                    _ = try await fixture.operations.thaw(epoch: 1, by: fixture.admin, reason: nil)
                }
                let thawed = try await fixture.operations.thaw(epoch: 2, by: fixture.admin, reason: "seen")
                #expect(thawed.frozen == nil)
                try await fixture.wait("back on what this store wants") { $0.hosts.first?.serving?.version == "1" }
                let taken = script.state.withLock { $0.taken }.dropFirst(before.count)
                #expect(taken.allSatisfy { $0.epoch == 2 && $0.generation > before.last?.generation ?? 0 })
                // It was not sent there at once: the old item was taken away, then it staged, then it went.
                #expect(taken.count >= 3)
                _ = try await fixture.apply(version: "3")
                try await fixture.wait("goes on") { view in
                    view.rollout?.state == .succeeded && view.hosts.first?.serving?.version == "3"
                }
                let history = try await fixture.operations.read { reader in
                    let uid = try #require(try reader.deployment(named: "wine")).uid
                    return try reader.servingHistory(of: uid).map(\.revision.digest)
                }
                #expect(history.contains(unknown), "what it served while the store did not know is in the history")
                let audit = try await fixture.operations.read { try $0.audit(of: .controller, "controller", limit: 10) }
                #expect(audit.map(\.verb) == ["thaw", "freeze", "raiseEpoch"])
                #expect(audit.first?.actor == "ada" && audit.first?.reason == "seen")
            }
        }
    }

    @Test func theEpochGoesUpWithEveryHostThatHasSeenMore() async throws {
        try await ControllerFixture.run { fixture in
            let scripts = [ScriptedHost(), ScriptedHost(), ScriptedHost(), ScriptedHost()]
            var hosts: [(AgentIdentity, ScriptedHost)] = []
            for (name, script) in zip(["h1", "h2", "h3", "h4"], scripts) {
                hosts.append((try await fixture.enrol(name), script))
            }
            for (script, epoch) in zip(scripts, [UInt64.max, 3, 2, 9]) {
                script.state.withLock { $0.assignment.version = AssignmentVersion(epoch: epoch, generation: 7) }
            }
            @Sendable func wait(epoch: UInt64) async throws {
                let limit = ContinuousClock.now + .seconds(20)
                while try await fixture.operations.controller().epoch != epoch, ContinuousClock.now < limit {
                    await Task.yield()
                }
                let view = try await fixture.operations.controller()
                #expect(view.epoch == epoch && view.frozen != nil)
            }
            let (mad, low, other, high) = (hosts[0], hosts[1], hosts[2], hosts[3])
            try await fixture.withHosts([mad, low, other]) {
                try await wait(epoch: 4)
                try await fixture.withHosts([high]) { try await wait(epoch: 10) }
            }
            let verbs = try await fixture.operations.read { reader in
                try reader.audit(of: .controller, "controller", limit: 10).map(\.verb)
            }
            #expect(verbs == ["raiseEpoch", "freeze", "raiseEpoch"])
        }
    }

    @Test func oneHostAloneHoldsUpNobodyElse() async throws {
        try await ControllerFixture.run { fixture in
            var hosts: [(AgentIdentity, ScriptedHost)] = []
            for number in 1...6 { hosts.append((try await fixture.enrol("h\(number)"), ScriptedHost())) }
            let liar = hosts[5].1
            liar.state.withLock { $0.assignment.version = AssignmentVersion(epoch: 3, generation: 7) }
            try await fixture.withHosts(hosts) {
                _ = try await fixture.apply(version: "1")
                try await fixture.wait("the others serve version 1") { view in
                    view.rollout?.state == .succeeded && view.hosts.count { $0.serving?.version == "1" } == 5
                }
                #expect(liar.state.withLock { $0.taken }.isEmpty, "something was sent to it")
                let controller = try await fixture.operations.controller()
                #expect(controller.frozen == nil && controller.epoch == 1)
                #expect(controller.quarantine?.reason.contains("h6 is in quarantine: it reports assignment 7") == true)
                let views = try await fixture.operations.hosts(nil).items
                #expect(views.filter { !$0.explanations.isEmpty }.map(\.host.name) == ["h6"])
                let wine = try await fixture.operations.deployment(named: "wine")
                #expect(wine.explanations.contains { $0.why.contains("h6") && $0.why.contains("quarantine") })
                let thawed = try await fixture.operations.thaw(epoch: 1, by: fixture.admin, reason: "looked at it")
                #expect(thawed.quarantine == nil && thawed.epoch == 4)
                try await fixture.wait("it follows") { view in
                    view.hosts.count { $0.serving?.version == "1" } == 6
                }
                #expect(liar.state.withLock { $0.taken.allSatisfy { $0.epoch == 4 && $0.generation >= 7 } })
            }
        }
    }

    private func refusals(_ fixture: ControllerFixture) async throws {
        func isRefused(_ body: () async throws -> Void) async -> Bool {
            do {
                try await body()
                return false
            } catch let error as ControllerError {
                return error.code == .conflict && error.message.contains("frozen since")
                    && error.hint?.contains("muster-controller thaw") == true
            } catch {
                return false
            }
        }
        #expect(await isRefused { _ = try await fixture.apply(version: "3") })
        #expect(await isRefused { _ = try await fixture.delete("wine", allowRemoval: true) })
        #expect(
            await isRefused {
                let request = RollbackRequest(scope: .deployments(["wine"]), reason: "x", confirm: "wine")
                _ = try await fixture.operations.rollBack(request, by: fixture.admin)
            }
        )
        #expect(
            await isRefused {
                _ = try await fixture.operations.command(
                    .retry,
                    deployment: "wine",
                    by: fixture.admin,
                    reason: nil
                )
            }
        )
        #expect(await isRefused { _ = try await fixture.operations.liftHold("x", by: fixture.admin, reason: nil) })
        let changed = Deployment(
            name: "wine",
            content: .init(model: "wine", version: "1", runtime: "server", environment: ["A": "b"]),
            scope: .init(hosts: try LabelSelector("site=lyon"), endpoint: nil)
        )
        let plan = try await fixture.operations.plan([.deployment(changed)])
        #expect(plan.changes.first?.action == .update)
        #expect(plan.changes.first?.message?.contains("frozen") == true)
    }
}
