import Fleet
import Foundation
import Testing

@testable import OperatorAPI

@Suite(.serialized, .timeLimit(.minutes(2))) struct RequestTests {
    @Test func onlyBearersOfAKnownTokenAreAnswered() async throws {
        try await ServerFixture.run { server in
            let known = try await server.call("GET", "/v1/whoami")
            #expect(try known.view(WhoAmIView.self).name == "admin")
            #expect(known.headers["cache-control"] == "no-store")

            let none = try await server.call("GET", "/hosts", token: .some(nil))
            #expect(none.status == 401)
            #expect(none.headers["www-authenticate"] == #"Bearer realm="muster""#)
            #expect(none.headers["content-type"] == "application/problem+json")
            #expect(try none.problem().hint?.contains("muster login") == true)

            let other = String(server.token.dropLast()) + (server.token.last == "A" ? "B" : "A")
            for (header, challenge) in [
                ("Bearer \(other)", #"Bearer realm="muster", error="invalid_token""#),
                ("Basic YTpi", #"Bearer realm="muster""#), ("Bearer", #"Bearer realm="muster""#),
                ("Bearer a b", #"Bearer realm="muster""#),
            ] {
                let reply = try await server.call(
                    "GET",
                    "/hosts",
                    with: ["-H", "authorization: \(header)"],
                    token: .some(nil)
                )
                #expect(reply.status == 401, "\(header)")
                #expect(reply.headers["www-authenticate"] == challenge, "\(header)")
                #expect(try reply.problem().type == "unauthenticated")
            }
            let secret = other.suffix(20)
            #expect(!server.log.lines.contains { $0.contains(secret) || $0.contains(server.token.suffix(20)) })
        }
    }

    @Test func theAuthorityIsToldToAnybody() async throws {
        try await ServerFixture.run { server in
            let reply = try await server.call("GET", "/v1/authority", token: .some(nil))
            let file = try String(contentsOfFile: "\(server.directory)/authority.pem", encoding: .utf8)
            #expect(
                String(decoding: reply.body, as: UTF8.self).trimmingCharacters(in: .newlines)
                    == file.trimmingCharacters(in: .newlines)
            )
        }
    }

    @Test(arguments: [
        ("GET", "/host", 404, "not-found", "did you mean 'hosts'?"),
        ("GET", "/deployments/wine/rolout", 404, "not-found", "did you mean 'rollout'?"),
        ("GET", "/nothing/like/this/here", 404, "not-found", "openapi.yaml"),
        ("GET", "/hosts/", 404, "not-found", nil),
        ("GET", "/hosts/%zz", 404, "not-found", "%25"),
        ("GET", "/v1/projects/other/hosts", 404, "not-found", "there is only 'default'"),
        ("POST", "/hosts", 405, "method-not-allowed", "possible: GET"),
        ("GET", "/hosts?labelselector=a", 422, "invalid", "did you mean 'labelSelector'?"),
        ("GET", "/hosts?labelSelector=a&labelSelector=b", 422, "invalid", "remove one"),
        ("GET", "/hosts?labelSelector=%zz", 422, "invalid", "%25"),
        ("GET", "/hosts?labelSelector=a+b", 422, "invalid", "env=prod"),
        ("GET", "/hosts/h1?x=1", 422, "invalid", "none is accepted here"),
        ("GET", "/watch", 422, "invalid", "?from="),
        ("GET", "/watch?from=-1", 422, "invalid", "whole number"),
        ("DELETE", "/models/wine?allowRemoval=yes", 422, "invalid", "true or false"),
        ("DELETE", "/models/wine?reason=a%0Ab", 422, "invalid", nil),
        ("HEAD", "/blobs/sha256/abc", 422, nil, nil),
        ("PUT", "/blobs/sha256/ABC", 422, "invalid", "64 lowercase"),
    ])
    func whatIsNotMeantIsSaid(
        _ method: String,
        _ path: String,
        status: Int,
        type: String?,
        hint: String?
    ) async throws {
        try await ServerFixture.run { server in
            let reply = try await server.call(method, path)
            #expect(reply.status == status)
            guard let type else { return }
            let problem = try reply.problem()
            #expect(problem.type == type)
            #expect(problem.status == status)
            if let hint { #expect(problem.hint?.contains(hint) == true, "\(problem)") }
            if status == 405 { #expect(reply.headers["allow"] == "GET") }
        }
    }

    @Test(arguments: [
        ("/apply", "{", 400, "malformed", []),
        ("/apply", "[1]", 422, "invalid", [""]),
        ("/apply", #"{"documents":[],"documents":[]}"#, 422, "invalid", ["/documents", "/documents"]),
        ("/apply", #"{"documents":{}}"#, 422, "invalid", ["/documents"]),
        ("/apply", #"{"document":[]}"#, 422, "invalid", ["/document"]),
        ("/apply", #"{"documents":[1,{"kind":"Modle"}]}"#, 422, "invalid", ["/documents/0", "/documents/1/kind"]),
        ("/plan", #"{"documents":[],"reason":"x"}"#, 422, "invalid", ["/reason", "/documents"]),
        (
            "/apply", #"{"documents":[],"prune":"!a","plan":"12","resolve":"yes","expected":{"Model/a":"1"}}"#, 422,
            "invalid", ["/prune", "/plan", "/resolve", "/expected/Model~1a"]
        ),
        ("/apply", #"{"documents":[],"prune":"","expected":[]}"#, 422, "invalid", ["/prune", "/expected"]),
        ("/rollbacks", "{}", 422, "invalid", ["", ""]),
        ("/rollbacks", #"{"deployments":["wine"],"reason":" ","to":"1"}"#, 422, "invalid", ["/to", "/reason", ""]),
        ("/rollbacks", #"{"deployments":["wine"],"all":true,"confirm":"all","reason":"x"}"#, 422, "invalid", [""]),
        ("/rollbacks?plan=true", #"{"deployments":[]}"#, 422, "invalid", ["/deployments"]),
        (
            "/rollbacks?plan=true", #"{"deployments":["wine",7,""]}"#, 422, "invalid",
            ["/deployments/1", "/deployments/2"]
        ),
        ("/rollbacks?plan=true", #"{"all":false}"#, 422, "invalid", ["/all"]),
        ("/rollbacks?plan=true", #"{"all":true,"toVersion":"1","toTime":5}"#, 422, "invalid", [""]),
        ("/rollbacks?plan=true", #"{"all":true,"toTime":-5}"#, 422, "invalid", ["/toTime"]),
        (
            "/rollbacks?plan=true", #"{"all":true,"strategy":"fsat","onFailure":"die","hosts":7}"#, 422, "invalid",
            ["/strategy", "/onFailure", "/hosts"]
        ),
        ("/rollbacks?plan=true", #"{"all":true,"again":"yes"}"#, 422, "invalid", ["/again"]),
        ("/rollbacks/r/undo", "{}", 422, "invalid", [""]),
        ("/rollbacks/r/undo", #"{"reason":"a\nb"}"#, 422, "invalid", ["/reason"]),
        ("/deployments/wine/drill", #"{"percent":0}"#, 422, "invalid", ["/percent"]),
        ("/deployments/wine/drill", #"{"percent":"5","reason":""}"#, 422, "invalid", ["/percent", "/reason"]),
        ("/holds", #"{"selector":"env=prod"}"#, 422, "invalid", [""]),
        ("/holds", #"{"reason":"x","version":1,"confirm":"all"}"#, 422, "invalid", ["/confirm", "/version", ""]),
        ("/holds/h/lift", #"{"reason":7}"#, 422, "invalid", ["/reason"]),
        ("/deployments/wine/rollout/pause", "{}", 422, "invalid", [""]),
        ("/deployments/wine/rollout/resume", #"{"reason":" ","full":true}"#, 422, "invalid", ["/full", "/reason"]),
        ("/deployments/wine/rollout/promote", #"{"full":"yes"}"#, 422, "invalid", ["/full"]),
        ("/deployments/wine/rollout/skip", #"{"reason":"x"}"#, 422, "invalid", [""]),
        (
            "/hosttokens", #"{"labels":{"site":"lyon","-":"x"},"ttl":"2h","count":0}"#, 422, "invalid",
            ["/labels/-", "/ttl", "/count"]
        ),
    ])
    func everythingWrongWithABodyIsSaidWithItsPlace(
        _ path: String,
        body: String,
        status: Int,
        type: String,
        pointers: [String]
    ) async throws {
        try await ServerFixture.run { server in
            let reply = try await server.call("POST", path, json: body)
            #expect(reply.status == status)
            let problem = try reply.problem()
            #expect(problem.type == type)
            let found = (problem.errors ?? []).map(\.pointer)
            #expect(pointers.allSatisfy(found.contains), "\(problem)")
            #expect((problem.errors ?? []).allSatisfy { !$0.detail.isEmpty })
        }
    }

    @Test func bodiesAreBoundedAndTyped() async throws {
        try await ServerFixture.run { server in
            let large = String(repeating: " ", count: 1 << 20) + "{}"
            let announced = try await server.call("POST", "/apply", json: large)
            #expect(announced.status == 413)
            #expect(try announced.problem().detail?.contains("at most 1048576 are accepted") == true)
            let chunked = try await server.call(
                "POST",
                "/apply",
                json: large,
                with: ["-H", "transfer-encoding: chunked", "-H", "expect:"]
            )
            #expect(chunked.status == 413)
            // The bound itself is not too much.
            let bound = try await server.call("POST", "/apply", json: String(large.dropFirst(2)))
            #expect(bound.status == 422)
            for (type, said) in [("text/plain", "'text/plain'"), ("", "not said")] {
                let reply = try await server.call("POST", "/apply", with: ["-H", "content-type: \(type)", "-d", "{}"])
                #expect(reply.status == 415)
                #expect(try reply.problem().detail?.contains(said) == true)
            }
            let unwanted = try await server.call("GET", "/hosts", json: "{}")
            #expect(unwanted.status == 422)
            #expect(try unwanted.problem().detail?.contains("takes no body") == true)
        }
    }

    @Test func requestsHaveAnIdAndALogLine() async throws {
        try await ServerFixture.run { server in
            let named = try await server.call("GET", "/hosts", with: ["-H", "x-request-id: my-7.a_B"])
            #expect(named.headers["x-request-id"] == "my-7.a_B")
            let line = await server.log.line(with: "request answered", "request=my-7.a_B")
            for part in ["method=GET", "path=/v1/projects/default/hosts", "status=200", "operator=admin", "peer=127."] {
                #expect(line.contains(part), "\(line)")
            }
            let wrong = try await server.call("GET", "/hosts", with: ["-H", "x-request-id: a b\""])
            #expect(wrong.headers["x-request-id"]?.count == 16)
        }
    }
}
