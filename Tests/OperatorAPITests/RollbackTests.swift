import Fleet
import Foundation
import Testing

@testable import OperatorAPI

/// Rollbacks, rehearsals and holds over HTTP.
@Suite(.serialized, .timeLimit(.minutes(2))) struct RollbackTests {
    private static let rollBack = #"{"deployments":["wine"],"reason":"it is \"wrong\"","confirm":"wine"}"#

    private static func versions(_ server: ServerFixture, _ versions: String...) async throws {
        for version in versions {
            try await server.applyAll(version: version)
            try await server.wait("/deployments/wine/rollout", as: RolloutView.self) {
                $0.rollout.state == .succeeded && $0.revision.version == version
            }
        }
    }

    private static func serving(_ version: String, _ server: ServerFixture) async throws {
        try await server.wait("/deployments/wine", as: DeploymentView.self) { view in
            view.hosts.count == 2 && view.hosts.allSatisfy { $0.serving?.version == version }
        }
    }

    @Test func aRollbackIsPlannedDoneReadAndTakenBack() async throws {
        try await ServerFixture.run { server in
            #expect(try await server.call("POST", "/rollbacks", json: Self.rollBack).status == 404)
            try await server.withHosts("h1", "h2") {
                try await Self.versions(server, "1", "2")
                let planned = try await server.call("POST", "/rollbacks?plan=true", json: #"{"all":true}"#)
                let plan = try planned.view(RollbackPlanView.self)
                #expect(
                    plan.confirm == "all" && plan.counts[.inProgress] == 2 && plan.hosts.map(\.host) == ["h1", "h2"]
                )
                #expect(try await server.call("GET", "/rollbacks").view(Listing<RollbackView>.self).items.isEmpty)

                let slip = #"{"deployments":["wine"],"reason":"bad","confirm":"wein"}"#
                let refused = try await server.call("POST", "/rollbacks", json: slip)
                #expect(try refused.status == 422 && refused.problem().hint?.contains("confirm 'wine'") == true)
                let rolled = try await server.call("POST", "/rollbacks", json: Self.rollBack)
                let view = try rolled.view(RollbackView.self)
                #expect(view.rollback.reason == #"it is "wrong""# && view.rollback.actor == "admin")
                #expect(view.deployments.map { $0.holds.map(\.revision.version) } == [["2"]])
                try await Self.serving("1", server)

                let id = view.rollback.id
                let ended = try await server.wait("/rollbacks/\(id)", as: RollbackView.self) { $0.state == .ended }
                #expect(ended.counts[.done] == 2 && ended.counts.total == 2)
                let receipts = try await server.call("GET", "/rollbacks/\(id)/receipts").view(ReceiptsView.self)
                #expect(receipts.items.count == 2 && receipts.items.allSatisfy { $0.receipt.kind == .done })
                #expect(receipts.next == nil && receipts.items.allSatisfy { $0.audit != nil })
                #expect(try await server.call("GET", "/rollbacks/\(id)/receipts?after=x").status == 422)
                let list = try await server.call("GET", "/rollbacks?limit=1").view(Listing<RollbackView>.self)
                #expect(list.items.map(\.rollback.id) == [id] && list.items[0].counts[.done] == 2)
                #expect(try await server.call("GET", "/rollbacks?limit=0").status == 422)
                #expect(try await server.call("GET", "/rollbacks/other").status == 404)

                let second = try await server.call("POST", "/rollbacks", json: Self.rollBack)
                #expect(try second.status == 409 && second.problem().hint?.contains("--again") == true)

                let undo = #"{"reason":"it was the network"}"#
                #expect(try await server.call("POST", "/rollbacks/other/undo", json: undo).status == 404)
                let undone = try await server.call("POST", "/rollbacks/\(id)/undo", json: undo)
                #expect(try undone.view(RollbackView.self).rollback.undone?.reason == "it was the network")
                try await Self.serving("2", server)
                let twice = try await server.call("POST", "/rollbacks/\(id)/undo", json: undo)
                #expect(try twice.status == 409 && twice.problem().detail?.contains("admin has undone it") == true)
            }
        }
    }

    @Test func aHoldHoldsAndALiftLifts() async throws {
        try await ServerFixture.run { server in
            try await server.withHosts("h1", "h2") {
                try await Self.versions(server, "1", "2")
                let wanted = #"{"deployments":["wine"],"reason":"slow"}"#
                let made = try await server.call("POST", "/holds", json: wanted)
                #expect(made.status == 201)
                try await Self.serving("1", server)
                #expect(
                    try await server.call("POST", "/holds", json: #"{"all":true,"version":"9","reason":"x"}"#).status
                        == 409
                )
                let holds = try await server.call("GET", "/holds").view(Listing<HoldView>.self).items
                #expect(holds.map(\.revision.version) == ["2"] && holds.map(\.hold.reason) == ["slow"])
                try await Self.lift(try #require(holds.first?.hold.id), server)
            }
        }
    }

    private static func lift(_ id: String, _ server: ServerFixture) async throws {
        #expect(try await server.call("GET", "/holds/\(id)").view(HoldView.self).deployment == "wine")
        let selected = try await server.call("GET", "/holds?labelSelector=env%3Dprod")
        #expect(try selected.view(Listing<HoldView>.self).items.count == 1)
        let content = ServerFixture.documents(ServerFixture.deployment(version: "2"))
        let held = try await server.call("POST", "/apply", json: content)
        #expect(try held.view(ApplyView.self).changes.first?.action == .held)
        let planned = try await server.call("POST", "/plan", json: content)
        #expect(try planned.view(PlanView.self).changes.first?.message?.contains("held by admin") == true)
        #expect(try await server.call("POST", "/holds/\(id)/lift", json: #"{"reason":"fixed"}"#).status == 200)
        let lifted = try await server.call("GET", "/holds/\(id)").view(HoldView.self).lifted
        #expect(lifted?.actor == "admin" && lifted?.reason == "fixed")
        #expect(try await server.call("GET", "/holds").view(Listing<HoldView>.self).items.isEmpty)
        #expect(try await server.call("GET", "/holds/other").status == 404)
        #expect(
            try await server.call("POST", "/holds/\(id)/lift", json: "{}").status == 200,
            "lifting again is no error"
        )
        #expect(try await server.call("POST", "/holds/other/lift", json: "{}").status == 404)
    }

    /// The gate of `policy.rollout.minReadiness`, as whoever applies a manifest meets it.
    @Test func tooFewHostsThatCouldGoBackStopARollout() async throws {
        try await ServerFixture.run { server in
            try await server.withHosts("h1", "h2") {
                try await Self.versions(server, "1", "2")
                let bundle = try await server.push("model 3")
                func documents(_ amount: String) -> String {
                    let policy = #","policy":{"rollout":{"minReadiness":\#(amount)}}}}"#
                    let deployment = String(ServerFixture.deployment(version: "3").dropLast(2) + policy)
                    return ServerFixture.documents(
                        deployment,
                        ServerFixture.version("3", bundle: bundle),
                        ServerFixture.runtime,
                        ServerFixture.model
                    )
                }
                for path in ["/plan", "/apply"] {
                    let reply = try await server.call("POST", path, json: documents(#""50%""#))
                    let problem = try reply.problem()
                    #expect(reply.status == 409 && problem.type == "conflict", "\(path): \(problem)")
                    #expect(problem.detail?.contains("0 of 2 hosts that serve it could go back") == true, "\(problem)")
                    #expect(problem.detail?.contains("not h1 (") == true && problem.detail?.contains(", h2 (") == true)
                    #expect(problem.hint?.contains("lower minReadiness") == true)
                }
                #expect(try await server.call("GET", "/modelversions/wine-3").status == 404, "nothing is stored")
                #expect(try await server.call("POST", "/apply", json: documents("0")).status == 200)
                try await Self.serving("3", server)
            }
        }
    }
}
