import Fleet
import FleetAgent
import FleetManifest
import FleetStore
import FleetTestSupport
import Testing

@testable import FleetController

/// The hash of a plan, `--resolve`, `--prune`, conditional writes: DESIGN §5.
@Suite(.serialized) struct ApplyPlanTests {
    private static func deployment(
        _ name: String = "wine",
        version: String = "1",
        hosts: String = "site=lyon",
        labels: [String: String] = [:],
        environment: [String: VariableValue] = [:]
    ) throws -> Manifest {
        .deployment(
            Deployment(
                name: name,
                labels: labels,
                content: .init(model: "wine", version: version, runtime: "server", environment: environment),
                scope: .init(hosts: try LabelSelector(hosts), endpoint: nil)
            )
        )
    }

    private static func runtime(
        _ name: String = "server",
        command: [String] = ["serve"],
        labels: [String: String] = [:]
    ) -> Manifest {
        .runtime(
            RuntimeProfile(
                name: name,
                labels: labels,
                command: command,
                ports: ["http"],
                ready: .init(port: "http", path: "/")
            )
        )
    }

    @Test func aPlanIsDoneAsItWasShownOrRefused() async throws {
        try await ControllerFixture.run { fixture in
            let operations = fixture.operations
            _ = try await fixture.apply(version: "1")
            let wanted = [try Self.deployment(environment: ["A": "1"]), .model(Model(name: "other"))]
            let plan = try await operations.plan(wanted)
            let again = try await operations.plan(wanted.reversed())
            #expect(plan.hash == again.hash, "neither time nor order change it")
            let hash = try #require(PlanHash(plan.hash))
            #expect(hash.description == plan.hash)

            // Somebody else is faster.
            let other = OperatorIdentity(name: "grace", role: .operator)
            _ = try await operations.apply(
                [try Self.deployment(environment: ["A": "2"])],
                by: other,
                reason: "more workers"
            )
            let error = await refusal {
                _ = try await operations.apply(wanted, by: fixture.admin, reason: nil, options: .init(plan: hash))
            }
            #expect(error?.code == .conflict)
            // The content is the same as planned, and no host is there: only what it comes from differs.
            let message = error?.message ?? ""
            #expect(message.contains("the plan \(hash) cannot be carried out"), "\(message)")
            #expect(
                message.contains("grace: apply Deployment/wine") || message.contains("grace: update Deployment/wine")
            )
            #expect(message.contains("(more workers)"))
            #expect(try await operations.models(nil).items.map(\.model.name) == ["wine"], "nothing was stored")

            let fresh = try #require(PlanHash(try await operations.plan(wanted).hash))
            _ = try await operations.apply(wanted, by: fixture.admin, reason: nil, options: .init(plan: fresh))
            #expect(try await operations.models(nil).items.map(\.model.name) == ["other", "wine"])
            let done = await refusal {
                _ = try await operations.apply(wanted, by: fixture.admin, reason: nil, options: .init(plan: fresh))
            }
            #expect(done?.message.contains("ada") == true, "it was done already, and by whom is said")
        }
    }

    @Test func theHashCoversHostsAndNotWhetherTheyAreThere() async throws {
        try await ControllerFixture.run { fixture in
            let host = ScriptedHost()
            let identity = try await fixture.enrol("h1")
            try await fixture.withHosts([(identity, host)]) {
                _ = try await fixture.apply(version: "1")
                try await fixture.wait("version 1") { $0.rollout?.state == .succeeded }
            }
            let changed = [try Self.deployment(environment: ["A": "1"])]
            let away = try await fixture.operations.plan(changed)
            let both = try await fixture.operations.plan(changed)
            #expect(away.hash == both.hash)
            try await fixture.withHosts([(identity, host)]) {
                try await fixture.wait("the host is back") { $0.hosts.allSatisfy(\.connected) }
                let back = try await fixture.operations.plan(changed)
                let (one, other) = (try #require(PlanHash(away.hash)), try #require(PlanHash(back.hash)))
                #expect(one.hosts == other.hosts && one.content == other.content)
            }
            _ = try await fixture.enrol("h2")
            let grown = try #require(PlanHash(try await fixture.operations.plan(changed).hash))
            #expect(grown.hosts != PlanHash(away.hash)?.hosts, "another host is eligible")
            let error = await refusal {
                _ = try await fixture.operations.apply(
                    changed,
                    by: fixture.admin,
                    reason: nil,
                    options: .init(plan: PlanHash(away.hash))
                )
            }
            #expect(error?.message.contains("other hosts would move than it planned") == true)
            #expect(error?.message.contains("Host/h2") == true, "\(error?.message ?? "")")
        }
    }

    @Test func namesAreResolvedAgainOnlyWhereThatIsAsked() async throws {
        try await ControllerFixture.run { fixture in
            let operations = fixture.operations
            _ = try await fixture.apply(version: "1")
            let wine = try Self.deployment()
            _ = try await operations.apply([wine], by: fixture.admin, reason: nil)
            _ = try await operations.apply([Self.runtime(command: ["serve", "-v"])], by: fixture.admin, reason: nil)
            let quiet = try await operations.plan([wine])
            #expect(quiet.changes[0].action == .unchanged)
            let told = quiet.changes[0].message ?? ""
            #expect(told.contains("runtime server as it is now") && told.contains("--resolve"), "\(told)")
            let asked = try await operations.plan([wine], options: .init(resolvesAgain: true))
            #expect(asked.changes[0].action == .update)
            #expect(asked.hash != quiet.hash)
            let before = try await operations.deployment(named: "wine").written.number
            let view = try await operations.apply(
                [wine],
                by: fixture.admin,
                reason: nil,
                options: .init(resolvesAgain: true)
            )
            #expect(view.changes[0].action == .update)
            #expect(try await operations.deployment(named: "wine").written.number == before + 1)
            let again = try await operations.apply(
                [wine],
                by: fixture.admin,
                reason: nil,
                options: .init(resolvesAgain: true)
            )
            #expect(again.changes[0].action == .unchanged, "nothing resolves differently any more")
        }
    }

    @Test func theRestOfASetIsDeleted() async throws {
        try await ControllerFixture.run { fixture in
            let operations = fixture.operations
            let own = ["team": "cellar"]
            let set = try LabelSelector("team=cellar")
            _ = try await fixture.apply(version: "1")
            let kept = try Self.deployment("kept", labels: own)
            let all: [Manifest] = [
                kept, try Self.deployment("old", labels: own), try Self.deployment("foreign"),
                Self.runtime("spare", labels: own), .model(Model(name: "idea", labels: own)),
                .model(Model(name: "wine", labels: own)),
            ]
            _ = try await operations.apply(all, by: fixture.admin, reason: nil)
            let plan = try await operations.plan([kept], options: .init(prune: set))
            let deleted = plan.changes.filter { $0.action == .delete }.map { "\($0.kind)/\($0.name)" }
            #expect(deleted == ["Deployment/old", "Runtime/spare", "Model/idea"])
            let used = plan.changes.first { $0.name == "wine" }
            #expect(used?.action == .unchanged && used?.message == "kept while ModelVersion wine-1 needs it")
            #expect(try await operations.deployments(nil).items.count == 4, "a plan only shows")

            let stranger = await refusal {
                _ = try await operations.plan([try Self.deployment("foreign")], options: .init(prune: set))
            }
            #expect(stranger?.problems.first?.problem.path.pointer == "/metadata/labels")
            _ = try await operations.apply([kept], by: fixture.admin, reason: nil, options: .init(prune: set))
            #expect(try await operations.models(nil).items.map(\.model.name) == ["wine"])
            let left = try await operations.deployments(nil).items.filter { !$0.removing }.map(\.deployment.name)
            #expect(left.sorted() == ["foreign", "kept", "wine"])
            let again = try await operations.apply([kept], by: fixture.admin, reason: nil, options: .init(prune: set))
            #expect(again.changes.allSatisfy { $0.action == .unchanged })
        }
    }

    @Test func theBrakeCountsTheHostsOfAllDeployments() async throws {
        try await ControllerFixture.run { fixture in
            let hosts = [
                (try await fixture.enrol("h1", labels: ["site": "lyon"]), ScriptedHost()),
                (try await fixture.enrol("h2", labels: ["site": "ulm"]), ScriptedHost()),
            ]
            try await fixture.withHosts(hosts) {
                let own = ["team": "cellar"]
                _ = try await fixture.apply(version: "1")
                let one = try Self.deployment("one", labels: own)
                let two = try Self.deployment("two", hosts: "site=ulm", labels: own)
                _ = try await fixture.operations.apply([one, two], by: fixture.admin, reason: nil)
                try await fixture.wait("the first") { $0.rollout?.state == .succeeded }
                let limit = ContinuousClock.now + .seconds(20)
                while try await fixture.operations.deployments(nil).items.contains(where: {
                    $0.rollout?.state != .succeeded
                }),
                    ContinuousClock.now < limit
                {
                    await Task.yield()
                }
                let empty = [Manifest.model(Model(name: "wine", labels: own))]
                let set = try LabelSelector("team=cellar")
                let error = await refusal {
                    _ = try await fixture.operations.apply(
                        empty,
                        by: fixture.admin,
                        reason: nil,
                        options: .init(prune: set)
                    )
                }
                #expect(error?.code == .removalNotAllowed)
                #expect(error?.message.contains("'one' on 1 host: h1; deployment 'two' on 1 host: h2") == true)
                let plan = try await fixture.operations.plan(
                    empty,
                    options: .init(allowsRemoval: true, prune: set)
                )
                #expect(plan.hosts.map(\.host).sorted() == ["h1", "h2"])
                #expect(plan.hosts.allSatisfy { $0.to == nil && $0.note == "the deployment is deleted" })
                _ = try await fixture.operations.apply(
                    empty,
                    by: fixture.admin,
                    reason: nil,
                    options: .init(allowsRemoval: true, prune: set, plan: PlanHash(plan.hash))
                )
            }
        }
    }

    @Test func whoReadAnOldVersionIsToldWhoChangedIt() async throws {
        try await ControllerFixture.run { fixture in
            let operations = fixture.operations
            let model = Manifest.model(Model(name: "wine", owner: "a"))
            _ = try await operations.apply(
                [model],
                by: fixture.admin,
                reason: nil,
                options: .init(expected: ["Model/wine": 0])
            )
            let version = try await operations.models(nil).items[0].resourceVersion
            let other = OperatorIdentity(name: "grace", role: .operator)
            _ = try await operations.apply([.model(Model(name: "wine", owner: "b"))], by: other, reason: "moved")
            let error = await refusal {
                _ = try await operations.apply(
                    [model],
                    by: fixture.admin,
                    reason: nil,
                    options: .init(expected: ["Model/wine": version])
                )
            }
            #expect(error?.code == .conflict)
            #expect(error?.message.contains("grace did \"update\"") == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("(reason: moved)") == true)
        }
    }

    @Test(arguments: ["", "12", "12-abc-def", "x-0123456789ab-0123456789ab", "1-0123456789AB-0123456789ab"])
    func otherTextsAreNoHash(text: String) { #expect(PlanHash(text) == nil) }
}
