import Fleet
import Testing

@testable import OperatorAPI

/// Who may do what: every route has a row, and is called as each role.
@Suite(.timeLimit(.minutes(3))) struct RoleTests {
    /// A route, the least role that may call it, and a body that is read without a problem.
    private struct Row: Sendable {
        let route: String
        let least: OperatorRole
        var json: String?

        /// The route as the router has it.
        var whole: String {
            let parts = route.split(separator: " ", maxSplits: 1)
            let isOutside = parts[1].hasPrefix("/v1/") || parts[1] == "/metrics"
            return "\(parts[0]) \(isOutside ? "" : RouteTable.project)\(parts[1])"
        }
    }

    private static let hex = Digest(of: "x".utf8).hex
    private static let reason = #"{"reason":"x"}"#
    private static let rollback = #"{"deployments":["d"],"reason":"x","confirm":"d"}"#

    private static let reading = [
        "/v1/whoami", "/v1/controller", "/metrics", "/figures", "/models", "/models/{name}", "/modelversions",
        "/modelversions/{name}", "/runtimes", "/runtimes/{name}", "/deployments", "/deployments/{name}", "/hosts",
        "/hostsummaries", "/hosts/{name}", "/rollouts", "/rollouts/{name}", "/holds", "/holds/{name}",
        "/deployments/{name}/explain",
        "/deployments/{name}/rollout", "/deployments/{name}/rollout/history", "/rollbacks", "/rollbacks/{name}",
        "/rollbacks/{name}/receipts", "/where", "/hosts/{name}/history", "/hosts/{name}/inspection",
        "/audit", "/events", "/watch",
    ].map { Row(route: "GET \($0)", least: .viewer) }

    private static let rows =
        reading + [
            Row(route: "HEAD /blobs/sha256/{hex}", least: .viewer),
            Row(route: "POST /deployments/{name}/rollout/pause", least: .oncall, json: reason),
            Row(route: "POST /deployments/{name}/rollout/abort", least: .oncall, json: reason),
            Row(route: "POST /rollbacks", least: .oncall, json: rollback),
            Row(route: "GET /hosts/{name}/logs", least: .oncall),
            Row(route: "GET /hosts/{name}/support-bundle", least: .oncall),
            Row(route: "POST /deployments/{name}/drill", least: .oncall, json: #"{"percent":5}"#),
            Row(route: "PUT /blobs/sha256/{hex}", least: .operator, json: "x"),
            Row(route: "POST /plan", least: .operator, json: ServerFixture.documents(ServerFixture.model)),
            Row(route: "POST /apply", least: .operator, json: ServerFixture.documents(ServerFixture.model)),
            Row(route: "POST /deployments/{name}/rollout/resume", least: .operator, json: "{}"),
            Row(route: "POST /deployments/{name}/rollout/promote", least: .operator, json: "{}"),
            Row(route: "POST /deployments/{name}/rollout/cancel", least: .oncall, json: reason),
            Row(route: "POST /deployments/{name}/rollout/retry", least: .operator, json: "{}"),
            Row(
                route: "POST /deployments/{name}/rollout/skip",
                least: .operator,
                json: #"{"host":"h","reason":"x"}"#
            ),
            Row(route: "POST /rollbacks/{name}/undo", least: .operator, json: reason),
            Row(route: "POST /holds", least: .operator, json: #"{"deployments":["d"],"version":"1","reason":"x"}"#),
            Row(route: "POST /holds/{name}/lift", least: .operator, json: reason),
            Row(route: "DELETE /models/{name}", least: .operator),
            Row(route: "DELETE /modelversions/{name}", least: .operator),
            Row(route: "DELETE /runtimes/{name}", least: .operator),
            Row(route: "DELETE /deployments/{name}", least: .operator),
            Row(route: "POST /v1/controller/thaw", least: .admin, json: #"{"epoch":1}"#),
            Row(route: "GET /v1/operators", least: .admin),
            Row(route: "POST /v1/operators", least: .admin, json: #"{"name":"ana","role":"viewer"}"#),
            Row(route: "DELETE /v1/operators/{name}", least: .admin),
            Row(route: "GET /hosttokens", least: .admin),
            Row(route: "POST /hosttokens", least: .admin, json: "{}"),
            Row(route: "DELETE /hosttokens/{name}", least: .admin),
            Row(route: "POST /labels", least: .operator, json: #"{"objects":["Model/x"]}"#),
            Row(route: "POST /hostlabels", least: .admin, json: #"{"hosts":["h"]}"#),
            Row(route: "POST /hosts/{name}/revoke", least: .admin, json: reason),
            Row(route: "POST /hosts/{name}/cordon", least: .oncall, json: reason),
            Row(route: "POST /hosts/{name}/uncordon", least: .operator, json: "{}"),
            Row(route: "POST /hosts/{name}/adopt-port", least: .admin, json: #"{"port":8080}"#),
            Row(route: "POST /hosts/{name}/release-port", least: .admin, json: #"{"port":8080}"#),
            Row(route: "DELETE /hosts/{name}", least: .admin),
        ]

    /// The least role that may call each route, by the router's own words.
    static var least: [String: OperatorRole] {
        Dictionary(rows.map { ($0.whole, $0.least) }) { first, _ in first }
    }

    @Test func everyRouteHasARow() {
        let routes = RouteTable(authorityPEM: "").routes.compactMap { route -> String? in
            if case .open = route.handler { return nil }
            return "\(route.method) \(route.template)"
        }
        let rows = Self.rows.map(\.whole)
        #expect(Set(routes).subtracting(rows) == [], "add a row for it: who may call it?")
        #expect(Set(rows).subtracting(routes) == [], "there is no such route")
        #expect(rows.count == Set(rows).count)
    }

    @Test(arguments: OperatorRole.allCases)
    func whoMayCallWhat(role: OperatorRole) async throws {
        try await ServerFixture.run { server in
            let made = try await server.call(
                "POST",
                "/v1/operators",
                json: #"{"name":"bo","role":"\#(role.rawValue)","ttl":"1h","reason":"test"}"#
            )
            let token = try made.view(OperatorTokenView.self).token
            let needed = ["/where": "model=wine", "/hosts/d/logs": "deployment=wine"]
            for row in Self.rows where row.route != "GET /watch" {
                let parts = row.route.split(separator: " ", maxSplits: 1).map(String.init)
                let path = parts[1].replacing("{name}", with: "d").replacing("{hex}", with: Self.hex)
                let reply = try await server.call(
                    parts[0],
                    needed[path].map { "\(path)?\($0)" } ?? path,
                    json: row.json,
                    with: parts[0] == "PUT" ? ["-H", "content-type: application/octet-stream"] : [],
                    token: .some(token)
                )
                #expect(reply.status != 401, "\(row.route)")
                #expect((reply.status == 403) == (role < row.least), "\(row.route) as \(role): \(reply.status)")
                guard reply.status == 403 else { continue }
                let problem = try reply.problem()
                #expect(problem.detail?.contains("'\(role.rawValue)' does not allow it") == true)
                #expect(problem.hint == "ask somebody with the role '\(row.least.rawValue)'")
            }
        }
    }

    @Test func theAuditIsReadInPages() async throws {
        try await ServerFixture.run { server in
            try await server.applyAll()
            let whole = try await server.call("GET", "/audit").view(AuditPage.self)
            var chain = AuditChain()
            for record in whole.items { #expect(chain.take(record) == nil) }
            #expect(chain.problem(endingAt: whole.head) == nil && whole.next == nil && whole.items.count > 4)
            let first = try await server.call("GET", "/audit?limit=2").view(AuditPage.self)
            #expect(first.items == Array(whole.items.prefix(2)) && first.next == 2)
            let second = try await server.call("GET", "/audit?limit=2&after=2").view(AuditPage.self)
            #expect(second.items == Array(whole.items[2..<4]))
            let one = try await server.call("GET", "/audit?kind=Runtime&name=server&actor=admin").view(AuditPage.self)
            #expect(one.items.map(\.verb) == ["create"] && one.items.first?.reason == "first")
            #expect(try await server.call("GET", "/audit?since=9000000000000").view(AuditPage.self).items.isEmpty)
            let slip = try await server.call("GET", "/audit?kind=runtime")
            #expect(slip.status == 422)
            #expect(try slip.problem().hint?.contains("'Runtime'") == true)
        }
    }
}
