import Fleet
import FleetManifest
import Foundation
import Testing

@Suite(.serialized, .timeLimit(.minutes(2))) struct ChangeTests {
    @Test func planApplyReadAndDelete() async throws {
        try await ServerFixture.run { server in
            let bundle = try await server.push("model 1")
            let documents = ServerFixture.documents(
                ServerFixture.deployment(version: "1"),
                ServerFixture.version("1", bundle: bundle),
                ServerFixture.runtime,
                ServerFixture.model
            )
            let planned = try await server.call("POST", "/plan", json: documents)
            #expect(try planned.view(PlanView.self).changes.map(\.action) == [.create, .create, .create, .create])
            #expect(try await server.call("GET", "/models").view(Listing<ModelView>.self).items.isEmpty)

            let applied = try await server.call("POST", "/apply", json: documents)
            #expect(try applied.view(ApplyView.self).changes.map(\.kind).first == "Deployment")
            let again = try await server.call("POST", "/apply", json: documents)
            #expect(try again.view(ApplyView.self).changes.map(\.action).contains(.update) == false)

            for path in ["models", "modelversions", "runtimes", "deployments", "hosts", "rollouts", "holds"] {
                #expect(try await server.call("GET", "/\(path)").status == 200)
            }
            let name = try await server.call("GET", "/modelversions/wine-1")
            #expect(try name.view(ModelVersionView.self).files == 1)
            #expect(try await server.call("GET", "/runtimes/server").view(RuntimeView.self).runtime.ports == ["http"])
            let deployment = try await server.call("GET", "/deployments/wine").view(DeploymentView.self)
            #expect(deployment.written.version == "1")
            #expect(
                try await server.call("GET", "/deployments/wine/explain").view(ExplanationsView.self)
                    .explanations == deployment.explanations
            )

            let slip = try await server.call("GET", "/deployments/wien")
            #expect(slip.status == 404)
            #expect(try slip.problem().hint == "did you mean 'wine'?")
            let used = try await server.call("DELETE", "/modelversions/wine-1")
            #expect(used.status == 409)
            #expect(try used.problem().type == "conflict")
            #expect(try used.problem().code == "in-use")

            let deleted = try await server.call("DELETE", "/deployments/wine?reason=no%20more&allowRemoval=true")
            #expect(try deleted.view(ApplyView.self).changes.map(\.action) == [.delete])
            #expect(try await server.call("GET", "/deployments/wine").status == 404)
            #expect(try await server.call("DELETE", "/runtimes/server").status == 200)
            let gone = try await server.call("DELETE", "/runtimes/server")
            #expect(gone.status == 404)
        }
    }

    @Test func selectorsSelect() async throws {
        try await ServerFixture.run { server in
            try await server.withHosts("h1") {
                try await server.applyAll()
                for (selector, count) in [("env%3Dprod", 1), ("env%20in%20(prod)", 1), ("env!=prod", 0), ("%21env", 0)]
                {
                    for path in ["deployments", "rollouts"] {
                        let reply = try await server.call("GET", "/\(path)?labelSelector=\(selector)")
                        #expect(try reply.json()["items"]?.elements.count == count, "\(path) \(selector)")
                    }
                }
                let hosts = try await server.call("GET", "/hosts?labelSelector=site=lyon").view(Listing<HostView>.self)
                #expect(hosts.items.map(\.host.name) == ["h1"])
                let wrong = try await server.call("GET", "/deployments?labelSelector=env%20is%20prod")
                #expect(wrong.status == 422)
                #expect(try wrong.problem().detail?.contains("at character 5") == true)
            }
        }
    }

    @Test func labelsAreChangedAndNothingElse() async throws {
        try await ServerFixture.run { server in
            try await server.applyAll()
            let before = try await server.call("GET", "/deployments/wine").view(DeploymentView.self)
            let all = #""Model/wine","ModelVersion/wine-1","Runtime/server","Deployment/wine""#
            let body = #"{"objects":[\#(all),"Model/wine"],"set":{"team":"risk"},"remove":["env"],"reason":"sorting"}"#
            let first = try await server.call("POST", "/labels", json: body).view(ApplyView.self)
            #expect(first.changes.map(\.action) == [.update, .update, .update, .update], "each once")
            #expect(first.changes.map(\.message) == ["team=risk", "team=risk", "team=risk", "team=risk"])
            let again = try await server.call("POST", "/labels", json: body).view(ApplyView.self)
            #expect(again.changes.allSatisfy { $0.action == .unchanged } && again.revision == first.revision)
            var after = try await server.call("GET", "/deployments/wine").view(DeploymentView.self)
            #expect(after.deployment.labels == ["team": "risk"])
            after.deployment.labels = before.deployment.labels
            #expect(after.deployment == before.deployment && after.written.number == before.written.number)
            let audit = try await server.call("GET", "/audit?kind=Deployment&name=wine").view(AuditPage.self)
            #expect(audit.items.last?.reason == "sorting" && audit.items.last?.verb == "update")

            let slip = #"{"objects":["Model/wine","Deployment/wnie"],"set":{"team":"sales"}}"#
            let unknown = try await server.call("POST", "/labels", json: slip)
            #expect(unknown.status == 404)
            #expect(try unknown.problem().hint == "did you mean 'wine'?")
            let model = try await server.call("GET", "/models/wine").view(ModelView.self)
            #expect(model.model.labels == ["team": "risk"], "all or none")
            let host = try await server.call("POST", "/labels", json: #"{"objects":["Host/h1"],"remove":["x"]}"#)
            #expect(host.status == 422)
            #expect(try host.problem().errors?.first?.detail.contains("/hostlabels") == true)
            let many = (0..<FleetLimits.labels).map { #""k\#($0)":"x""# }.joined(separator: ",")
            let tooMany = try await server.call(
                "POST",
                "/labels",
                json: #"{"objects":["Model/wine"],"set":{\#(many)}}"#
            )
            #expect(try tooMany.problem().hint == "an object has at most 64: take some away with KEY-")
        }
    }

    @Test func aPlansHashAndAVersionMakeAWriteConditional() async throws {
        try await ServerFixture.run { server in
            try await server.applyAll()
            let changed = ServerFixture.documents(ServerFixture.deployment(version: "1", environment: "A"))
            let plan = try await server.call("POST", "/plan", json: changed).view(PlanView.self)
            let named = String(changed.dropLast()) + #","plan":"\#(plan.hash)"}"#
            #expect(try await server.call("POST", "/plan", json: named).status == 200, "a rehearsal of just this")
            #expect(try await server.call("POST", "/apply", json: named).status == 200)
            let late = try await server.call("POST", "/apply", json: named)
            #expect(late.status == 409)
            #expect(try late.problem().type == "conflict")
            #expect(try late.problem().code == "plan-changed")
            #expect(try late.problem().detail?.contains("Deployment/wine") == true)
            let stale = String(changed.dropLast()) + #","expected":{"Deployment/wine":1}}"#
            let conflict = try await server.call("POST", "/apply", json: stale)
            #expect(conflict.status == 409)
            #expect(try conflict.problem().detail?.contains("expected version 1") == true)
            #expect(try conflict.problem().code == "changed-meanwhile")
            let foreign = String(changed.dropLast()) + #","expected":{"Model/else":1}}"#
            #expect(
                try await server.call("POST", "/apply", json: foreign).problem().errors?.first?.pointer
                    == "/expected/Model~1else"
            )
        }
    }

    @Test func problemsOfTheStoreHaveTheirPlace() async throws {
        try await ServerFixture.run { server in
            try await server.applyAll()
            let reply = try await server.call(
                "POST",
                "/apply",
                json: ServerFixture.documents(
                    ServerFixture.model,
                    ServerFixture.deployment(version: "1", model: "wien")
                )
            )
            #expect(reply.status == 422)
            let error = try #require(try reply.problem().errors?.first)
            #expect(error.pointer == "/documents/1/spec/content/model/name")
            #expect(error.hint == "did you mean 'wine'?")
            let version = try await server.call(
                "POST",
                "/plan",
                json: ServerFixture.documents(ServerFixture.deployment(version: "9"))
            )
            #expect(try version.problem().errors?.first?.pointer == "/documents/0/spec/content/model/version")
            let bundle = Digest(of: "not here".utf8)
            let missing = try await server.call(
                "POST",
                "/apply",
                json: ServerFixture.documents(ServerFixture.version("2", bundle: bundle))
            )
            #expect(try missing.problem().errors?.first?.pointer == "/documents/0/spec/bundle")
            let immutable = try await server.call(
                "POST",
                "/apply",
                json: ServerFixture.documents(
                    ServerFixture.version("1", bundle: try await server.push("model other"))
                )
            )
            #expect(immutable.status == 409)
        }
    }

    @Test func removalFromSeveralHostsHasToBeAllowed() async throws {
        try await ServerFixture.run { server in
            try await server.withHosts("h1", "h2") {
                try await server.applyAll()
                try await server.wait("/deployments/wine/rollout", as: RolloutView.self) {
                    $0.rollout.state == .succeeded
                }
                let refused = try await server.call("DELETE", "/deployments/wine")
                #expect(refused.status == 409)
                #expect(try refused.problem().type == "removal-not-allowed")
                #expect(try refused.problem().detail?.contains("h1, h2") == true)
                let narrowed = ServerFixture.deployment(version: "1").replacingOccurrences(of: "lyon", with: "ulm")
                let apply = try await server.call("POST", "/apply", json: ServerFixture.documents(narrowed))
                #expect(try apply.problem().type == "removal-not-allowed")
                let plan = try await server.call("POST", "/plan", json: ServerFixture.documents(narrowed))
                #expect(try plan.view(PlanView.self).hosts.map(\.host) == ["h1", "h2"])
                let asked = try await server.call(
                    "POST",
                    "/plan",
                    json: ServerFixture.documents(narrowed, more: #","allowRemoval":false"#)
                )
                #expect(asked.status == 409)
                let deleted = try await server.call("DELETE", "/deployments/wine?allowRemoval=true")
                #expect(deleted.status == 200)
                try await server.wait("/deployments", as: Listing<DeploymentView>.self) { $0.items.isEmpty }
            }
        }
    }

    @Test func hostTokensAreMade() async throws {
        try await ServerFixture.run { server in
            let reply = try await server.call(
                "POST",
                "/hosttokens",
                json: #"{"labels":{"site":"lyon"},"ttl":"10m","count":3}"#
            )
            let view = try reply.view(HostTokensView.self)
            #expect(Set(view.tokens).count == 3)
            #expect(view.labels == ["site": "lyon"])
            #expect(
                try await server.call("POST", "/hosttokens", json: "{}").view(HostTokensView.self).tokens.count == 1
            )
            #expect(!server.log.lines.contains { line in view.tokens.contains { line.contains($0) } })
        }
    }
}
