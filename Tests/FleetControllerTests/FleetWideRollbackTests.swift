import Fleet
import FleetManifest
import FleetTestSupport
import Synchronization
import Testing

@testable import FleetController
@testable import FleetStore

/// Rollbacks, holds and their undoing over several deployments in one command.
@Suite struct FleetWideRollbackTests {
    private static func request(_ to: Rollback.Destination = .lastGood) -> RollbackRequest {
        RollbackRequest(scope: .all, to: to, reason: "wrong", confirm: "all")
    }

    /// Applies a version to deployments on the hosts in lyon.
    private static func apply(
        _ names: String...,
        version: String,
        minReadiness: Amount? = nil,
        on fixture: ControllerFixture
    ) async throws {
        let text = Array("model \(version)".utf8)
        let list = try BundleList(files: [
            .init(digest: Digest(of: text), size: Int64(text.count), mode: 0o644, path: "m")
        ])
        try await fixture.push(text, as: Digest(of: text))
        try await fixture.push(list.bytes, as: list.digest)
        let selector = try LabelSelector("site=lyon")
        let deployments = names.map { name in
            Manifest.deployment(
                Deployment(
                    name: name,
                    content: .init(model: "wine", version: version, runtime: "server"),
                    scope: .init(hosts: selector, endpoint: nil),
                    policy: .init(rollout: RolloutPolicy(minReadiness: minReadiness))
                )
            )
        }
        let others: [Manifest] = [
            .modelVersion(
                ModelVersion(
                    name: "wine-\(version)",
                    model: "wine",
                    version: version,
                    format: "text",
                    bundle: list.digest
                )
            ),
            .model(Model(name: "wine")),
            .runtime(
                RuntimeProfile(
                    name: "server",
                    command: ["serve"],
                    ports: ["http"],
                    ready: .init(port: "http", path: "/")
                )
            ),
        ]
        _ = try await fixture.operations.apply(
            deployments + others,
            by: fixture.admin,
            reason: "test"
        )
    }

    private static func serve(_ names: String..., version: String, on fixture: ControllerFixture) async throws {
        for name in names {
            try await until("\(name) serves \(version)") {
                let view = try await fixture.operations.deployments(nil).items.first { $0.deployment.name == name }
                return view?.rollout?.state.isTerminal == true && view?.hosts.isEmpty == false
                    && view?.hosts.allSatisfy { $0.serving?.version == version } == true
            }
        }
    }

    private static func until(
        _ what: String,
        location: SourceLocation = #_sourceLocation,
        _ condition: () async throws -> Bool
    ) async throws {
        let limit = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < limit {
            if try await condition() { return }
            await Task.yield()
        }
        Issue.record("never: \(what)", sourceLocation: location)
    }

    /// Runs two hosts; the body gets what they do.
    private static func run(
        _ body: @escaping @Sendable (ControllerFixture, [ScriptedHost]) async throws -> Void
    ) async throws {
        try await ControllerFixture.run { fixture in
            let scripts = [ScriptedHost(), ScriptedHost()]
            let hosts = [(try await fixture.enrol("h1"), scripts[0]), (try await fixture.enrol("h2"), scripts[1])]
            try await fixture.withHosts(hosts) { try await body(fixture, scripts) }
        }
    }

    @Test func everythingGoesBackInOneCommand() async throws {
        try await Self.run { fixture, scripts in
            try await Self.apply("beer", "wine", version: "1", on: fixture)
            try await Self.serve("beer", "wine", version: "1", on: fixture)
            try await Self.apply("beer", "wine", version: "2", on: fixture)
            try await Self.serve("beer", "wine", version: "2", on: fixture)
            // It has nothing to go back to.
            try await Self.apply("cider", version: "1", on: fixture)
            try await Self.serve("cider", version: "1", on: fixture)
            scripts[0].state.withLock { $0.pinned = ["beer"] }

            let operations = fixture.operations
            let view = try await operations.rollBack(Self.request(), by: fixture.admin)
            #expect(view.deployments.map(\.name) == ["beer", "cider", "wine"] && view.refused.isEmpty)
            #expect(view.deployments.map { $0.holds.map(\.revision.version) } == [["2"], ["1"], ["2"]])
            let id = view.rollback.id
            try await Self.until("every host has its receipt") {
                let view = try await operations.rollback(id, all: true)
                return view.state == .ended && view.counts.total == 6
            }
            let ended = try await operations.rollback(id, all: true)
            let kinds = ended.deployments.map { $0.hosts.map(\.receipt.kind) }
            #expect(kinds == [[.pinned, .done], [.noTarget, .noTarget], [.done, .done]])
            let serving = ended.deployments.map { $0.hosts.map { $0.to?.version } }
            #expect(serving == [["2", "1"], ["1", "1"], ["1", "1"]], "\(serving)")
            #expect(ended.counts[.done] == 3 && ended.counts[.pinned] == 1 && ended.counts[.noTarget] == 2)

            let error = try #require(
                await #expect(throws: ControllerError.self) {
                    try await operations.rollBack(Self.request(), by: fixture.admin)
                }
            )
            #expect(
                error.message.hasPrefix("cannot roll back any of 3 deployments: deployment 'beer': ada rolled it back")
            )
            #expect(error.message.contains("deployment 'cider': there is nothing to roll back"))
            #expect(error.hint?.contains("--again") == true)
        }
    }

    @Test func everythingGoesToATime() async throws {
        try await Self.run { fixture, _ in
            for version in ["1", "2"] {
                try await Self.apply("beer", "wine", version: version, on: fixture)
                try await Self.serve("beer", "wine", version: version, on: fixture)
            }
            try await Self.apply("cider", version: "1", on: fixture)
            try await Self.serve("cider", version: "1", on: fixture)
            let operations = fixture.operations
            let hosts = operations.directory.all.map(\.id)
            let change = Change(actor: "t", now: operations.environment.now(), term: operations.term)
            try await operations.store.write(change) { writer in
                for name in ["beer", "wine"] {
                    guard let uid = try writer.reader.deployment(named: name)?.uid else { continue }
                    for (index, revision) in try writer.reader.revisions(of: uid).map(\.reference).enumerated() {
                        for host in hosts {
                            let outcome = HostOutcome(
                                sequence: try writer.reader.newestOutcome(of: host, instance: "i") + 1,
                                deployment: uid,
                                item: 1,
                                revision: nil,
                                kind: .serving(revision),
                                at: Instant(milliseconds: Int64(index + 1) * 1_000)
                            )
                            _ = try writer.saveOutcomes([outcome], of: host, instance: "i")
                        }
                    }
                }
            }
            let time = Rollback.Destination.time(Instant(milliseconds: 1_500))
            let plan = try await operations.planRollback(Self.request(time), by: fixture.admin)
            #expect(plan.deployments.map(\.name) == ["beer", "cider", "wine"])
            #expect(plan.deployments[1].refusal?.contains("known to have served anything at") == true)
            #expect(plan.counts[.inProgress] == 4)
            let view = try await operations.rollBack(Self.request(time), by: fixture.admin)
            #expect(view.deployments.map(\.name) == ["beer", "wine"] && view.refused.keys.sorted() == ["cider"])
            #expect(view.deployments.map { $0.holds.map(\.revision.version) } == [["2"], ["2"]])
            try await Self.serve("beer", "cider", "wine", version: "1", on: fixture)
        }
    }

    /// The gate from `apply` to the rollout: refused with the hosts, and let through once it asks for less.
    @Test func tooFewHostsThatCouldGoBackStopARollout() async throws {
        try await Self.run { fixture, scripts in
            for version in ["1", "2"] {
                try await Self.apply("wine", version: version, on: fixture)
                try await Self.serve("wine", version: version, on: fixture)
            }
            scripts[0].becomeReady()
            let operations = fixture.operations
            try await Self.until("h1 could go back") {
                try await operations.deployments(nil).items.first?.counts.ready == 1
            }
            let error = try #require(
                await #expect(throws: ControllerError.self) {
                    try await Self.apply("wine", version: "3", minReadiness: .percent(100), on: fixture)
                }
            )
            #expect(error.code == .conflict, "\(error)")
            #expect(error.message.contains("1 of 2 hosts that serve it could go back"), "\(error)")
            #expect(error.message.hasSuffix("asks for 100%: not h2 (its agent does not say)"), "\(error)")
            #expect(error.hint?.contains("lower minReadiness") == true)
            let written = try await operations.deployments(nil).items.first
            #expect(written?.written.version == "2" && written?.rollout?.revision.number == 2, "nothing is stored")
            try await Self.apply("wine", version: "3", minReadiness: .percent(50), on: fixture)
            try await Self.serve("wine", version: "3", on: fixture)
        }
    }

    /// One deployment that may not be rolled out holds the others up no more, and is taken back when it may.
    @Test func undoingLeavesOutWhoIsRefusedAndGoesOnLater() async throws {
        try await Self.run { fixture, scripts in
            for version in ["1", "2"] {
                try await Self.apply("beer", "wine", version: version, on: fixture)
                try await Self.serve("beer", "wine", version: version, on: fixture)
            }
            try await Self.apply("beer", version: "2", minReadiness: .percent(100), on: fixture)
            let operations = fixture.operations
            let id = try await operations.rollBack(Self.request(), by: fixture.admin).rollback.id
            try await Self.serve("beer", "wine", version: "1", on: fixture)

            let first = try await operations.undoRollback(id, by: fixture.admin, reason: "mended")
            #expect(first.refused.keys.sorted() == ["beer"] && first.rollback.undone == nil)
            #expect(first.refused["beer"]?.contains("minReadiness asks for 100%") == true)
            #expect(try await operations.holds().items.map(\.deployment) == ["beer"])
            let why = try await operations.rollback(id, all: false).explanations.first
            #expect(why?.why == "taken back in 1 of 2 deployments, not in beer")
            #expect(why?.next == "muster rollback undo \(id) --reason REASON")
            try await Self.serve("wine", version: "2", on: fixture)
            let error = try #require(
                await #expect(throws: ControllerError.self) {
                    try await operations.undoRollback(id, by: fixture.admin, reason: "still")
                }
            )
            #expect(error.message.contains("minReadiness"))

            for script in scripts { script.becomeReady() }
            try await Self.until("both could go back") {
                try await operations.deployments(nil).items.allSatisfy { $0.counts.ready == 2 }
            }
            let second = try await operations.undoRollback(id, by: fixture.admin, reason: "ready")
            #expect(second.refused.isEmpty && second.rollback.undone?.reason == "ready")
            try await Self.serve("beer", version: "2", on: fixture)
            let verbs = try await operations.store.read { try $0.audit(of: .rollback, id, limit: 99).map(\.verb) }
            #expect(verbs.filter { $0 == "undo" }.count == 2)
            #expect(try await operations.store.read { try $0.auditBreak() } == nil)
        }
    }

    @Test func undoingSaysWhyNobodyIsTakenBack() async throws {
        try await Self.run { fixture, _ in
            for version in ["1", "2"] {
                try await Self.apply("beer", "wine", version: version, on: fixture)
                try await Self.serve("beer", "wine", version: version, on: fixture)
            }
            try await Self.apply("beer", "wine", version: "2", minReadiness: .percent(100), on: fixture)
            let operations = fixture.operations
            let id = try await operations.rollBack(Self.request(), by: fixture.admin).rollback.id
            try await Self.serve("beer", "wine", version: "1", on: fixture)
            let error = try #require(
                await #expect(throws: ControllerError.self) {
                    try await operations.undoRollback(id, by: fixture.admin, reason: "mended")
                }
            )
            #expect(
                error.message.hasPrefix("cannot undo rollback '\(id)' of any of 2 deployments: deployment 'beer': ")
            )
            #expect(
                error.message.contains("; deployment 'wine': ") && error.hint?.contains("lower minReadiness") == true
            )
            #expect(try await operations.holds().items.map(\.deployment).sorted() == ["beer", "wine"])
        }
    }

    /// As if the controller had died after the first deployment.
    @Test func undoingThatWasCutShortGoesOn() async throws {
        try await Self.run { fixture, _ in
            for version in ["1", "2"] {
                try await Self.apply("beer", "wine", version: version, on: fixture)
                try await Self.serve("beer", "wine", version: version, on: fixture)
            }
            let operations = fixture.operations
            let id = try await operations.rollBack(Self.request(), by: fixture.admin).rollback.id
            try await Self.serve("beer", "wine", version: "1", on: fixture)
            let change = Change(
                actor: "ada",
                reason: "mended",
                now: operations.environment.now(),
                term: operations.term
            )
            try await operations.store.write(change) { writer in
                _ = try writer.undoRollback(id, deployment: try writer.reader.deployment(named: "beer")?.uid)
            }
            #expect(try await operations.rollback(id, all: false).rollback.undone == nil)
            let view = try await operations.undoRollback(id, by: fixture.admin, reason: "mended")
            #expect(view.rollback.undone != nil && view.refused.isEmpty)
            #expect(try await operations.holds().items.isEmpty)
            try await Self.serve("wine", version: "2", on: fixture)
        }
    }

    @Test func aHoldOfEverythingSaysWhoIsLeftOut() async throws {
        try await Self.run { fixture, _ in
            for version in ["1", "2"] {
                try await Self.apply("beer", "wine", version: version, on: fixture)
                try await Self.serve("beer", "wine", version: version, on: fixture)
            }
            let operations = fixture.operations
            _ = try await operations.createHold(
                HoldRequest(scope: .deployments(["beer"]), version: "2", reason: "leaks"),
                by: fixture.admin
            )
            let all = HoldRequest(scope: .all, version: "2", reason: "wrong")
            let made = try await operations.createHold(all, by: fixture.admin)
            #expect(made.items.map(\.deployment) == ["wine"] && made.refused.keys.sorted() == ["beer"])
            #expect(made.refused["beer"]?.contains("held by ada") == true)
            try await Self.serve("beer", "wine", version: "1", on: fixture)
            let error = try #require(
                await #expect(throws: ControllerError.self) { try await operations.createHold(all, by: fixture.admin) }
            )
            #expect(error.message.hasPrefix("cannot create a hold in any of 2 deployments: "), "\(error)")
            #expect(error.hint?.contains("muster hold describe") == true)
        }
    }
}
