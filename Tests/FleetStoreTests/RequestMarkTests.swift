import Fleet
import StoreDriver
import Testing

@testable import FleetStore

/// What was carried out is kept with what it changed, and for no longer than is said.
@Suite struct RequestMarkTests {
    private struct Refused: Error {}

    private static func mark(_ name: String, _ request: String = "r") -> RequestMark {
        RequestMark(name: Digest(of: name.utf8), request: Digest(of: request.utf8))
    }

    /// A transaction of a request, at a time in seconds.
    private static func write(
        _ mark: RequestMark,
        at time: Int64 = 1,
        to fixture: StoreFixture,
        _ body: @escaping @Sendable (FleetWriter) throws -> Void
    ) async throws {
        let now = Instant(milliseconds: time * 1_000)
        let change = Change(actor: "ana", now: now, term: fixture.term, request: mark)
        try await fixture.store.write(change, body)
    }

    private static func request(_ name: String, since: Int64 = 0, in fixture: StoreFixture) async throws -> Digest? {
        try await fixture.read {
            try $0.request(named: Self.mark(name).name, since: Instant(milliseconds: since * 1_000))
        }
    }

    @Test func itIsKeptWithAChangeAlone() async throws {
        let fixture = try await StoreFixture()
        try await Self.write(Self.mark("a"), to: fixture) { _ = try $0.putModel(Model(name: "m")) }
        #expect(try await Self.request("a", in: fixture) == Self.mark("a").request)
        try await Self.write(Self.mark("b"), to: fixture) { _ = try $0.putModel(Model(name: "m")) }
        #expect(try await Self.request("b", in: fixture) == nil, "nothing was changed")
        await #expect(throws: Refused.self) {
            try await Self.write(Self.mark("c"), to: fixture) { writer in
                _ = try writer.putModel(Model(name: "n"))
                throw Refused()
            }
        }
        #expect(try await Self.request("c", in: fixture) == nil, "nothing is kept of what was refused")
        try await Self.write(Self.mark("a", "other"), to: fixture) { _ = try $0.putModel(Model(name: "o")) }
        #expect(try await Self.request("a", in: fixture) == Self.mark("a").request, "the first is kept")
        try await fixture.store.close()
        let opened = try FleetDatabase(path: fixture.path)
        let found = try await opened.read {
            try $0.request(named: Self.mark("a").name, since: Instant(milliseconds: 0))
        }
        #expect(found == Self.mark("a").request, "as long as the change")
        try await opened.close()
    }

    @Test func itIsForgottenAfterADay() async throws {
        let fixture = try await StoreFixture()
        try await Self.write(Self.mark("a"), at: 10, to: fixture) { _ = try $0.putModel(Model(name: "m")) }
        #expect(try await Self.request("a", since: 10, in: fixture) != nil)
        #expect(try await Self.request("a", since: 11, in: fixture) == nil)
        try await Self.write(Self.mark("b"), at: 86_410, to: fixture) { _ = try $0.putModel(Model(name: "n")) }
        #expect(try await Self.request("a", in: fixture) != nil)
        try await Self.write(Self.mark("a", "new"), at: 86_411, to: fixture) { _ = try $0.putModel(Model(name: "o")) }
        #expect(try await Self.request("a", in: fixture) == Self.mark("a", "new").request)
        #expect(try await Self.request("b", in: fixture) != nil)
    }

    @Test func theOldestGoBeyondTheBound() async throws {
        let fixture = try await StoreFixture()
        try await Self.write(Self.mark("first"), to: fixture) { _ = try $0.putModel(Model(name: "m")) }
        try await Self.write(Self.mark("second"), to: fixture) { _ = try $0.putModel(Model(name: "n")) }
        _ = try await fixture.store.backing.write { transaction in
            try transaction.execute(
                """
                WITH RECURSIVE number(value) AS (SELECT 3 UNION ALL SELECT value + 1 FROM number WHERE value < ?)
                INSERT INTO request_mark SELECT value, 'name ' || value, 'request', 1000 FROM number
                """,
                [.int(RequestMark.limit)]
            )
        }
        try await Self.write(Self.mark("last"), to: fixture) { _ = try $0.putModel(Model(name: "o")) }
        #expect(try await Self.request("first", in: fixture) == nil)
        #expect(try await Self.request("second", in: fixture) != nil)
        #expect(try await Self.request("last", in: fixture) != nil)
    }
}
