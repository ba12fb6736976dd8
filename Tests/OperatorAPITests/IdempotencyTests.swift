import Fleet
import Foundation
import HummingbirdCore
import NIOCore
import StoreDriver
import Testing

@testable import FleetController
@testable import FleetStore
@testable import OperatorAPI

/// Requests that are sent again are not carried out again.
@Suite(.timeLimit(.minutes(2))) struct IdempotencyTests {
    private static func answer(_ text: String) -> RouteAnswer {
        RouteAnswer(body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    private static func word(_ asked: AnswerMemory.OnAsked) -> String {
        switch asked {
        case .run: "run"
        case .replay(let answer): "replay \(answer.body.contentLength ?? 0)"
        case .wasSecret: "secret"
        case .isRunning: "running"
        case .isOther: "other"
        }
    }

    private static func name(_ token: String, _ role: OperatorRole = .admin, key: String = "k") -> AnswerMemory.Name {
        AnswerMemory.Name(token: Digest(of: token.utf8), role: role, key: key)
    }

    @Test func anAnswerIsRemembered() {
        var memory = AnswerMemory()
        let (name, other) = (Self.name("ana"), Self.name("bo"))
        let (first, second) = (Digest(of: "1".utf8), Digest(of: "2".utf8))
        func ask(_ name: AnswerMemory.Name, _ request: Digest, at seconds: Int64 = 0) -> String {
            Self.word(memory.asked(name, request, at: .seconds(seconds)))
        }
        #expect(ask(name, first) == "run")
        #expect(ask(name, first) == "running" && ask(name, second) == "other" && ask(other, second) == "run")
        memory.answered(name, Self.answer("done"), at: .seconds(1))
        #expect(ask(name, first) == "replay 4" && ask(name, second) == "other")
        memory.answered(other, nil, at: .seconds(1))
        #expect(ask(other, first) == "run", "what failed may be tried again, as another request too")
        #expect(ask(name, first, at: 86_401) == "replay 4" && ask(name, first, at: 86_402) == "run")
    }

    @Test func whoAsksWithLessIsNotAnswered() {
        var memory = AnswerMemory()
        let request = Digest(of: "1".utf8)
        _ = memory.asked(Self.name("ana"), request, at: .seconds(0))
        memory.answered(Self.name("ana"), Self.answer("done"), at: .seconds(0))
        #expect(Self.word(memory.asked(Self.name("ana"), request, at: .seconds(0))) == "replay 4")
        #expect(Self.word(memory.asked(Self.name("ana", .viewer), request, at: .seconds(0))) == "run")
        #expect(Self.word(memory.asked(Self.name("ana's next"), request, at: .seconds(0))) == "run")
    }

    @Test func aSecretIsNotRemembered() {
        var memory = AnswerMemory()
        let request = Digest(of: "1".utf8)
        var answer = Self.answer("muster-op-…")
        answer.isSecret = true
        _ = memory.asked(Self.name("ana"), request, at: .seconds(0))
        memory.answered(Self.name("ana"), answer, at: .seconds(0))
        #expect(Self.word(memory.asked(Self.name("ana"), request, at: .seconds(1))) == "secret")
        #expect(Self.word(memory.asked(Self.name("ana"), Digest(of: "2".utf8), at: .seconds(1))) == "other")
        #expect(Self.word(memory.asked(Self.name("ana"), request, at: .seconds(86_401))) == "run")
    }

    @Test func theOldestAreForgottenFirst() {
        var memory = AnswerMemory()
        let request = Digest(of: "1".utf8)
        let half = String(repeating: "x", count: AnswerMemory.limit.bytes / 2)
        for (index, text) in [half, half, "x"].enumerated() {
            let name = Self.name("ana", key: "\(index)")
            #expect(Self.word(memory.asked(name, request, at: .seconds(0))) == "run")
            memory.answered(name, Self.answer(text), at: .seconds(0))
        }
        let left = (0..<3).map { Self.word(memory.asked(Self.name("ana", key: "\($0)"), request, at: .seconds(0))) }
        #expect(left == ["run", "replay \(half.utf8.count)", "replay 1"])
    }

    private static func model(_ name: String) -> String {
        ServerFixture.documents(#"{"apiVersion":"muster/v1","kind":"Model","metadata":{"name":"\#(name)"}}"#)
    }

    private static func key(_ key: String) -> [String] { ["-H", "idempotency-key: \(key)"] }

    @Test func aRequestIsCarriedOutOnce() async throws {
        try await ServerFixture.run { server in
            func make(_ name: String, key: String) async throws -> Reply {
                try await server.call("POST", "/apply", json: Self.model(name), with: Self.key(key))
            }
            let first = try await make("wine", key: "5e1c")
            #expect(first.status == 200 && first.headers["idempotency-replayed"] == nil)
            let again = try await make("wine", key: "5e1c")
            #expect(again.status == 200 && again.headers["idempotency-replayed"] == "true")
            #expect(again.body == first.body)
            #expect(again.headers["x-request-id"] != first.headers["x-request-id"], "it is another request")
            let audit = try await server.call("GET", "/audit?kind=Model&name=wine").view(AuditPage.self)
            #expect(audit.items.count == 1)

            let other = try await make("beer", key: "5e1c")
            #expect(other.status == 422)
            #expect(try other.problem().code == "key-reused")
            let refused = try await server.call("DELETE", "/models/beer", with: Self.key("77aa"))
            #expect(refused.status == 404)
            #expect(try await make("beer", key: "77aa").status == 200, "a refusal is not remembered")
            for wrong in ["a b", "é", String(repeating: "x", count: 256)] {
                #expect(try await make("tea", key: wrong).status == 422)
            }
            #expect(try await server.call("DELETE", "/models/beer", with: Self.key("d1")).status == 200)
            #expect(try await server.call("DELETE", "/models/beer", with: Self.key("d1")).status == 200)
            let reading = try await server.call("GET", "/models", with: Self.key("5e1c"))
            #expect(reading.status == 200, "what changes nothing needs none")
        }
    }

    /// What a damaged store, a client that hangs up, or a controller that stops makes of an answer.
    @Test func anAnswerThatFailsAfterItsChangeIsNotTriedAgain() async throws {
        try await ServerFixture.run { server in
            let path = "/deployments/wine/rollout"
            @Sendable func pause(_ key: String) async throws -> Reply {
                try await server.call("POST", "\(path)/pause", json: #"{"reason":"lunch"}"#, with: Self.key(key))
            }
            @Sendable func store(_ statements: String...) async throws {
                try await server.controller.operations.store.backing.write { transaction in
                    for statement in statements { try transaction.execute(statement) }
                }
            }
            try await server.withHosts("h1", "h2") {
                let bundle = try await server.push("model 1")
                let policy = #","policy":{"rollout":{"waves":[1,"100%"],"bake":"1h"}}}}"#
                let documents = ServerFixture.documents(
                    String(ServerFixture.deployment(version: "1").dropLast(2) + policy),
                    ServerFixture.version("1", bundle: bundle),
                    ServerFixture.runtime,
                    ServerFixture.model
                )
                #expect(try await server.call("POST", "/apply", json: documents).status == 200)
                try await server.wait(path, as: RolloutView.self) { $0.rollout.state == .baking }

                // The change is stored, and then nobody can read it.
                try await store(
                    """
                    CREATE TRIGGER broken AFTER INSERT ON audit WHEN NEW.verb = 'pause'
                    BEGIN UPDATE rollout SET reason = CAST('x' AS BLOB); END
                    """
                )
                #expect(try await pause("k1").status == 500)
                try await store("DROP TRIGGER broken", "UPDATE rollout SET reason = 'mended'")
                let again = try await pause("k1")
                #expect(try again.status == 409 && again.problem().code == "answer-not-kept")
                #expect(try again.problem().detail?.contains("'k1' was carried out") == true)
                let resume = try await server.call("POST", "\(path)/resume", json: "{}", with: Self.key("k1"))
                #expect(try resume.status == 422 && resume.problem().code == "key-reused")
                #expect(try await pause("k2").problem().detail?.contains("paused already") == true)
                let audit = try await server.call("GET", "/audit?kind=Rollout&name=wine").view(AuditPage.self)
                #expect(audit.items.count { $0.verb == "pause" } == 1)
            }
        }
    }

    @Test func twoAtOnceAreOne() async throws {
        try await ServerFixture.run { server in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        let json = Self.model("wine")
                        let reply = try await server.call("POST", "/apply", json: json, with: Self.key("k1"))
                        if reply.status == 409 { #expect(try reply.problem().code == "key-in-use") }
                        return reply.status
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.contains(200) && statuses.allSatisfy { $0 == 200 || $0 == 409 })
            let audit = try await server.call("GET", "/audit?kind=Model&name=wine").view(AuditPage.self)
            #expect(audit.items.count == 1)
        }
    }

    @Test func anAnswerIsOfItsToken() async throws {
        try await ServerFixture.run { server in
            func token(_ role: String) async throws -> String {
                let json = #"{"name":"bo","role":"\#(role)"}"#
                return try await server.call("POST", "/v1/operators", json: json).view(OperatorTokenView.self).token
            }
            let (json, key) = (Self.model("wine"), Self.key("k"))
            let before = try await token("operator")
            #expect(try await server.call("POST", "/apply", json: json, with: key, token: before).status == 200)
            #expect(try await server.call("DELETE", "/v1/operators/bo").status == 200)
            let after = try await token("viewer")
            let refused = try await server.call("POST", "/apply", json: json, with: key, token: after)
            #expect(refused.status == 403, "it is bo's word, and no longer bo's to ask")
        }
    }

    @Test(arguments: [("/v1/operators", #"{"name":"bo","role":"viewer"}"#), ("/hosttokens", "{}")])
    func aTokenIsShownOnce(path: String, json: String) async throws {
        try await ServerFixture.run { server in
            let first = try await server.call("POST", path, json: json, with: Self.key("k"))
            #expect(first.status == 200 && String(decoding: first.body, as: UTF8.self).contains("muster-"))
            let again = try await server.call("POST", path, json: json, with: Self.key("k"))
            #expect(again.status == 409)
            let problem = try again.problem()
            #expect(problem.code == "answer-not-kept")
            #expect(problem.detail?.contains("'k' is not given again: the request was carried out") == true)
            #expect(problem.hint?.contains("revoke what it made") == true)
            let audit = try await server.call("GET", "/audit?actor=admin").view(AuditPage.self)
            #expect(audit.items.count == 1, "it was carried out once")
        }
    }
}
