import Fleet
import FleetController
import Foundation
import Testing

@testable import OperatorAPI

@Suite(.serialized, .timeLimit(.minutes(2))) struct ThawTests {
    @Test func onlyAFrozenControllerThaws() async throws {
        try await ServerFixture.run { server in
            let view = try await server.call("GET", "/v1/controller").view(ControllerView.self)
            #expect(view.epoch == 1 && view.frozen == nil)
            let refused = try await server.call("POST", "/v1/controller/thaw", json: #"{"epoch":1,"reason":"why not"}"#)
            #expect(refused.status == 409)
            #expect(try refused.problem().detail?.contains("it is not frozen") == true)
            let other = try await server.call("POST", "/v1/controller/thaw", json: #"{"epoch":7}"#)
            #expect(try other.problem().hint?.contains("muster-controller thaw") == true)
            #expect(try await server.call("POST", "/v1/controller/thaw", json: "{}").status == 422)
        }
    }

    @Test func theProgramBesideTheControllerCalls() async throws {
        try await ServerFixture.run { server in
            let credentials = try AdminCredentials(dataDirectory: server.directory)
            let call = try OperatorCall(credentials: credentials, url: "https://127.0.0.1:\(server.port)")
            #expect(try await call.controller().epoch == 1)
            do {
                _ = try await call.thaw(epoch: 1, reason: "why not")
                Issue.record("it was thawed")
            } catch let error as ControllerError {
                #expect(error.code == .conflict && error.message.contains("it is not frozen"))
            }
            let stranger = try OperatorCall(credentials: credentials, url: "https://127.0.0.1:1")
            await #expect(throws: ControllerError.self) { _ = try await stranger.controller() }
        }
    }

    @Test func whatWouldMoveIsRead() {
        let digest = Digest(of: "x".utf8)
        let old = RevisionView(number: 1, digest: digest, written: digest, model: "wine", version: "1", runtime: "r")
        let new = RevisionView(number: 2, digest: digest, written: digest, model: "?", version: "?", runtime: "?")
        let frozen = FrozenView(
            since: Instant(milliseconds: 0),
            reason: "it is old",
            forgotten: [
                ForgottenView(
                    deployment: "wine",
                    host: "h1",
                    revision: .init(number: 2, digest: digest, written: digest),
                    serving: true
                ), ForgottenView(deployment: "wine", host: "h1", hold: "abc"),
            ],
            moves: [PlanHost(deployment: "wine", host: "h1", from: new, to: old)],
            silent: ["h2"]
        )
        let short = digest.short
        #expect(
            ThawText.text(frozen, epoch: 4) == """
                frozen since 1970-01-01T00:00:00Z, at epoch 4: it is old

                What hosts report and this backup does not have:
                  h1 serves revision 2 of 'wine' (\(short)), which this backup does not have
                  h1 has journalled hold abc of 'wine', which this backup does not have

                What a thaw would move, within each deployment's budgets:
                  wine on h1: revision 2 (\(short)) → revision 1 (\(short), version 1)

                Not heard since the start; they are asked first, and may move then:
                  h2
                """
        )
    }
}
