import Fleet
import Testing

@testable import OperatorAPI

/// How often each operator may ask.
@Suite struct RequestRateTests {
    private static func at(_ milliseconds: Int64) -> Span { Span(milliseconds: milliseconds) }

    @Test func aBurstIsLetThroughAndThenTheRate() {
        var rate = RequestRate(.init(perSecond: 10, atOnce: 3))
        let waits = (0..<5).map { _ in rate.asked(by: "ana", at: Self.at(1000)) }
        #expect(waits == [nil, nil, nil, Self.at(100), Self.at(100)], "what is refused costs nothing")
        #expect(rate.asked(by: "bo", at: Self.at(1000)) == nil, "everybody has an allowance of their own")
        #expect(rate.asked(by: "ana", at: Self.at(1099)) == Self.at(1))
        #expect(rate.asked(by: "ana", at: Self.at(1100)) == nil)
        #expect(rate.asked(by: "ana", at: Self.at(1101)) == Self.at(99))
        let later = (0..<4).map { _ in rate.asked(by: "ana", at: Self.at(9000)) == nil }
        #expect(later == [true, true, true, false], "an allowance does not grow beyond what may come at once")
    }

    @Test func inTheLongRunItIsTheRate() {
        var rate = RequestRate(.init(perSecond: 200, atOnce: 50))
        let taken = (0..<10_000).count { rate.asked(by: "ana", at: Self.at(Int64($0))) == nil }
        #expect((2000...2051).contains(taken))
    }

    /// What is never refused for asking too often.
    private static let uncounted = [
        "HEAD /blobs/sha256/{hex}", "PUT /blobs/sha256/{hex}", "POST /rollbacks", "GET /rollbacks",
        "GET /rollbacks/{name}", "GET /rollbacks/{name}/receipts", "POST /rollbacks/{name}/undo", "POST /holds",
        "POST /deployments/{name}/rollout/pause", "POST /deployments/{name}/rollout/abort",
        "POST /deployments/{name}/rollout/cancel", "POST /hosts/{name}/revoke", "POST /hosts/{name}/cordon",
        "DELETE /hosttokens/{name}", "DELETE /v1/operators/{name}",
    ]

    /// What puts load on the fleet, or risk, is counted.
    private static let counted = [
        "POST /deployments/{name}/drill", "POST /deployments/{name}/rollout/resume",
        "POST /deployments/{name}/rollout/promote", "POST /deployments/{name}/rollout/retry",
        "POST /deployments/{name}/rollout/skip", "POST /holds/{name}/lift", "POST /hosts/{name}/uncordon",
        "POST /hosts/{name}/adopt-port", "POST /hosts/{name}/release-port", "POST /apply",
    ]

    @Test func whatTakesBackIsNotCounted() {
        func names(_ routes: [Route]) -> [String] {
            routes.map { route in
                let isInside = route.template.hasPrefix(RouteTable.project)
                return
                    "\(route.method) \(isInside ? route.template.dropFirst(RouteTable.project.count) : route.template[...])"
            }
        }
        let routes = RouteTable(authorityPEM: "").routes
        let found = names(routes.filter { !$0.isCounted })
        #expect(Set(found) == Set(Self.uncounted) && found.count == Self.uncounted.count)
        #expect(Set(Self.counted).isSubset(of: names(routes.filter(\.isCounted))))
    }

    @Test func aForgottenLoopIsInNobodysWayBack() async throws {
        try await ServerFixture.run(rate: .init(perSecond: 1, atOnce: 4)) { server in
            var status = 200
            for _ in 0..<20 where status == 200 { status = try await server.call("GET", "/models").status }
            #expect(status == 429, "the loop is refused")
            let reason = #"{"reason":"x"}"#
            for route in Self.uncounted.dropFirst(2) {
                let parts = route.split(separator: " ").map(String.init)
                // Nobody of this name is there: the one who asks must not be revoked.
                let path = parts[1].replacing("{name}", with: "wine")
                let json =
                    path == "/rollbacks"
                    ? #"{"deployments":["wine"],"reason":"x","confirm":"wine"}"#
                    : path == "/holds" ? #"{"deployments":["wine"],"version":"1","reason":"x"}"# : reason
                let reply = try await server.call(parts[0], path, json: parts[0] == "POST" ? json : nil)
                #expect(reply.status != 429 && reply.status != 0, "\(route)")
            }
            for _ in 0..<20 where status != 0 {
                let drill = try await server.call("POST", "/deployments/wine/drill", json: #"{"percent":5}"#)
                if drill.status == 429 { status = 0 }
            }
            #expect(status == 0, "a rehearsal puts load on the fleet")
        }
    }

    @Test func whoAsksTooOftenIsToldWhen() async throws {
        try await ServerFixture.run(rate: .init(perSecond: 1, atOnce: 4)) { server in
            let made = try await server.call("POST", "/v1/operators", json: #"{"name":"bo","role":"viewer"}"#)
            let token = try made.view(OperatorTokenView.self).token
            var refused: Reply?
            for _ in 0..<20 where refused == nil {
                let reply = try await server.call("GET", "/models", token: token)
                if reply.status != 200 { refused = reply }
            }
            let reply = try #require(refused)
            #expect(reply.status == 429 && reply.headers["retry-after"] == "1")
            #expect(try reply.problem().code == "rate-limited")
            #expect(try reply.problem().detail?.contains("bo asks more often than 1 times a second") == true)
            #expect(try reply.problem().detail?.contains("used up 4 at once") == true)
            #expect(try await server.call("GET", "/v1/whoami").status == 200, "others are not affected")
            let hex = Digest(of: "x".utf8).hex
            for _ in 0..<8 {
                #expect(try await server.call("HEAD", "/blobs/sha256/\(hex)", token: token).status == 404)
            }
            let line = await server.log.line(with: "request answered", "status=429")
            #expect(line.contains("operator=bo"))
        }
    }
}
