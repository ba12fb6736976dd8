import Fleet
import FleetController
import Foundation
import Testing

@testable import OperatorAPI

@Suite(.serialized, .timeLimit(.minutes(2))) struct RolloutTests {
    private static let path = "/deployments/wine/rollout"

    /// A first wave of one host that bakes for an hour, so that people have something to say.
    private func applyBaking(_ version: String, on server: ServerFixture) async throws {
        let bundle = try await server.push("model \(version)")
        let deployment = ServerFixture.deployment(version: version)
        let document = deployment.dropLast(2) + #","policy":{"rollout":{"waves":[1,"100%"],"bake":"1h"}}}}"#
        let reply = try await server.call(
            "POST",
            "/apply",
            json: ServerFixture.documents(
                String(document),
                ServerFixture.version(version, bundle: bundle),
                ServerFixture.runtime,
                ServerFixture.model
            )
        )
        #expect(reply.status == 200, "\(String(decoding: reply.body, as: UTF8.self))")
    }

    private func say(_ verb: String, _ body: String, to server: ServerFixture) async throws -> Reply {
        try await server.call("POST", "\(Self.path)/\(verb)", json: body)
    }

    private func baking(on server: ServerFixture) async throws -> RolloutView {
        try await server.wait(Self.path, as: RolloutView.self) { $0.rollout.state == .baking }
    }

    @Test func peopleSayWhatARolloutDoes() async throws {
        try await ServerFixture.run { server in
            try await server.withHosts("h1", "h2", "h3") {
                try await applyBaking("1", on: server)
                let view = try await baking(on: server)
                #expect(view.rollout.waveEnds == [1, 3])
                #expect(view.counts.total == 3 && view.counts[.verified] == 1)
                #expect(view.waves.map(\.state) == [.baking, .waiting])
                #expect(view.waves.map(\.counts.total) == [1, 2])
                #expect(view.targets.count == 3 && view.expectation != nil)
                #expect(view.explanations.contains { $0.next == "muster rollout promote wine" })

                #expect(try await say("pause", "{}", to: server).problem().errors?.isEmpty == false)
                let paused = try await say("pause", #"{"reason":"lunch"}"#, to: server).view(RolloutView.self)
                #expect(paused.rollout.pause?.actor == "admin" && paused.rollout.pause?.reason == "lunch")
                let twice = try await say("pause", #"{"reason":"dinner"}"#, to: server)
                #expect(twice.status == 409)
                let problem = try twice.problem()
                #expect(problem.detail?.contains("paused already, by admin") == true)
                #expect(problem.hint == "muster rollout resume wine")
                #expect(try await say("promote", "{}", to: server).status == 409)
                #expect(try await say("resume", "{}", to: server).view(RolloutView.self).rollout.pause == nil)

                let slip = try await say("skip", #"{"host":"h4","reason":"broken"}"#, to: server)
                #expect(slip.status == 409)
                #expect(try slip.problem().hint?.contains("did you mean 'h") == true)
                let waiting = try #require(view.targets.first { $0.wave == 1 }).name
                let skipped = try await say("skip", #"{"host":"\#(waiting)","reason":"broken"}"#, to: server)
                #expect(try skipped.view(RolloutView.self).counts[.skipped] == 1)

                #expect(try await say("promote", #"{"full":true}"#, to: server).status == 200)
                let done = try await server.wait(Self.path, as: RolloutView.self) { $0.rollout.state == .succeeded }
                #expect(done.counts[.verified] == 2 && done.counts[.skipped] == 1 && done.counts.total == 3)
                #expect(done.waves.allSatisfy { $0.state == .done } && done.expectation == nil)
                #expect(try await say("abort", #"{"reason":"late"}"#, to: server).status == 409)
                let audit = try await server.call("GET", "\(Self.path)/history").view(Listing<RolloutView>.self)
                #expect(audit.items.map(\.rollout.state) == [.succeeded] && audit.items[0].targets.isEmpty)
            }
        }
    }

    @Test func whatWasAbortedIsTriedAgain() async throws {
        try await ServerFixture.run { server in
            #expect(try await server.call("GET", Self.path).status == 404)
            try await server.withHosts("h1", "h2") {
                try await server.applyAll()
                try await server.wait(Self.path, as: RolloutView.self) { $0.rollout.state == .succeeded }
                try await applyBaking("2", on: server)
                _ = try await baking(on: server)
                #expect(try await say("abort", #"{"reason":"it is wrong"}"#, to: server).status == 200)
                let aborted = try await server.wait(Self.path, as: RolloutView.self) { $0.rollout.state == .aborted }
                #expect(aborted.rollout.reason.contains("admin aborted it: it is wrong"))
                try await server.wait("/deployments/wine", as: DeploymentView.self) { view in
                    view.hosts.allSatisfy { $0.serving?.version == "1" }
                }
                #expect(try await say("retry", "{}", to: server).status == 200)
                _ = try await baking(on: server)
                #expect(try await say("cancel", #"{"reason":"no more"}"#, to: server).status == 200)
                let history = try await server.call("GET", "\(Self.path)/history?limit=2")
                let items = try history.view(Listing<RolloutView>.self).items
                #expect(items.map(\.rollout.state) == [.cancelled, .aborted])
                #expect(items.map(\.revision.version) == ["2", "2"])
                #expect(try await server.call("GET", "\(Self.path)/history?limit=0").status == 422)
                #expect(try await server.call("GET", "\(Self.path)?all=true").view(RolloutView.self).targets.count == 2)
            }
        }
    }

    @Test func whoMayNotIsForbidden() {
        let error = APIError(ControllerError(.forbidden, "bo cannot promote a rollout"))
        #expect(error.document.status == 403 && error.document.type == "forbidden")
    }
}
