import Fleet
import Foundation
import HummingbirdCore
import NIOCore
import Testing

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
        case .isRunning: "running"
        case .isOther: "other"
        }
    }

    @Test func anAnswerIsRemembered() {
        var memory = AnswerMemory()
        let (name, other) = (AnswerMemory.Name(caller: "ana", key: "k"), AnswerMemory.Name(caller: "bo", key: "k"))
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

    @Test func theOldestAreForgottenFirst() {
        var memory = AnswerMemory()
        let request = Digest(of: "1".utf8)
        let half = String(repeating: "x", count: AnswerMemory.limit.bytes / 2)
        for (index, text) in [half, half, "x"].enumerated() {
            let name = AnswerMemory.Name(caller: "ana", key: "\(index)")
            #expect(Self.word(memory.asked(name, request, at: .seconds(0))) == "run")
            memory.answered(name, Self.answer(text), at: .seconds(0))
        }
        let left = (0..<3).map { Self.word(memory.asked(.init(caller: "ana", key: "\($0)"), request, at: .seconds(0))) }
        #expect(left == ["run", "replay \(half.utf8.count)", "replay 1"])
    }

    @Test func aRequestIsCarriedOutOnce() async throws {
        try await ServerFixture.run { server in
            func make(_ name: String, key: String) async throws -> Reply {
                let json = #"{"name":"\#(name)","role":"viewer"}"#
                return try await server.call(
                    "POST",
                    "/v1/operators",
                    json: json,
                    with: ["-H", "idempotency-key: \(key)"]
                )
            }
            let first = try await make("ana", key: "5e1c")
            #expect(first.status == 200 && first.headers["idempotency-replayed"] == nil)
            let again = try await make("ana", key: "5e1c")
            #expect(again.status == 200 && again.headers["idempotency-replayed"] == "true")
            #expect(again.body == first.body)
            #expect(again.headers["x-request-id"] != first.headers["x-request-id"], "it is another request")
            let audit = try await server.call("GET", "/audit?kind=OperatorToken&name=ana").view(AuditPage.self)
            #expect(audit.items.count == 1)

            let other = try await make("bo", key: "5e1c")
            #expect(other.status == 422)
            #expect(try other.problem().code == "key-reused")
            let refused = try await make("ana", key: "77aa")
            #expect(refused.status == 409, "without the key of the first it is a new request")
            #expect(try await make("cy", key: "77aa").status == 200, "a refusal is not remembered")
            for wrong in ["", "a b", "é", String(repeating: "x", count: 256)] where wrong != "" {
                #expect(try await make("dan", key: wrong).status == 422)
            }
            let deleted = ["-H", "idempotency-key: d1"]
            #expect(try await server.call("DELETE", "/v1/operators/cy", with: deleted).status == 200)
            #expect(try await server.call("DELETE", "/v1/operators/cy", with: deleted).status == 200)
            let reading = try await server.call("GET", "/models", with: ["-H", "idempotency-key: 5e1c"])
            #expect(reading.status == 200, "what changes nothing needs none")
        }
    }

    @Test func twoAtOnceAreOne() async throws {
        try await ServerFixture.run { server in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        let json = #"{"name":"ana","role":"viewer"}"#
                        let key = ["-H", "idempotency-key: k1"]
                        let reply = try await server.call("POST", "/v1/operators", json: json, with: key)
                        if reply.status == 409 { #expect(try reply.problem().code == "key-in-use") }
                        return reply.status
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.contains(200) && statuses.allSatisfy { $0 == 200 || $0 == 409 })
            let audit = try await server.call("GET", "/audit?kind=OperatorToken&name=ana").view(AuditPage.self)
            #expect(audit.items.count == 1)
        }
    }
}
