import Fleet
import FleetStore
import Testing

@Suite struct MemoryStoreTests {
    struct Unwanted: Error {}

    private static let change = Change(actor: "ana", now: Instant(milliseconds: 1), term: 1)

    private static func store() throws -> FleetDatabase {
        let store = try FleetDatabase(inMemory: nil)
        #expect(try store.beginNow(id: "c", now: Instant(milliseconds: 0)).term == 1)
        return store
    }

    private static func names(_ store: FleetDatabase) throws -> [String] {
        try store.readNow { try $0.deployments().map(\.deployment.name) }
    }

    @Test func whatThrowsLeavesNothing() throws {
        let store = try Self.store()
        try store.writeNow(Self.change) { _ = try StoreFixture.apply("a", version: "1", $0) }
        #expect(throws: Unwanted.self) {
            try store.writeNow(Self.change) { writer in
                _ = try StoreFixture.apply("b", version: "1", writer)
                throw Unwanted()
            }
        }
        #expect(try Self.names(store) == ["a"])
        #expect(try store.readNow { try ($0.revision(), $0.auditBreak()) } == (1, nil))
    }

    @Test func theAsyncCallsSeeTheSame() async throws {
        let store = try Self.store()
        _ = try await store.write(Self.change) { try StoreFixture.apply("a", version: "1", $0) }
        #expect(try Self.names(store) == ["a"])
        #expect(try await store.read { try $0.deployments().count } == 1)
        #expect(try await store.begin(id: "other", now: Instant(milliseconds: 2)).term == 2)
        #expect(throws: FleetStoreError.self) { try store.writeNow(Self.change) { _ in } }
        try await store.close()
    }

    @Test func constraintsAreThoseOfTheFile() throws {
        let store = try Self.store()
        let error = #expect(throws: FleetStoreError.self) {
            try store.writeNow(Self.change) { writer in
                let revision = try StoreFixture.apply("a", version: "1", writer).record.revision
                let reference = try #require(try writer.reader.revision(revision, of: "uid-a")).reference
                for id in ["r1", "r2"] {
                    let rollout = Rollout(
                        id: id,
                        deployment: "uid-a",
                        revision: reference,
                        since: Instant(milliseconds: 1),
                        reason: "applied",
                        startedAt: Instant(milliseconds: 1),
                        waveEnds: [1]
                    )
                    try writer.saveRollout(rollout, isNew: true)
                }
            }
        }
        #expect(error?.code == .misuse)
        #expect(try Self.names(store).isEmpty)
    }

    @Test func anImageIsABackup() async throws {
        let store = try Self.store()
        try store.writeNow(Self.change) { _ = try StoreFixture.apply("a", version: "1", $0) }
        let image = try store.imageNow()
        try store.writeNow(Self.change) { _ = try StoreFixture.apply("b", version: "1", $0) }
        #expect(try Self.names(store) == ["a", "b"])
        var watch = store.watch(from: 2).makeAsyncIterator()
        for _ in 0..<2 {
            try store.restoreNow(image)
            #expect(try Self.names(store) == ["a"])
            #expect(try await watch.next()?.change == .resync)
            try store.writeNow(Self.change) { _ = try StoreFixture.apply("c", version: "1", $0) }
            #expect(try Self.names(store) == ["a", "c"])
            #expect(try await watch.next()?.revision == 2)
        }
        let other = try FleetDatabase(inMemory: image)
        #expect(try other.beginNow(id: "ignored", now: Instant(milliseconds: 5)).term == 2)
        #expect(try Self.names(other) == ["a"])
        #expect(try store.readNow { try $0.controller().term } == 1)
    }

    @Test func aStoreInAFileRefuses() async throws {
        let fixture = try await StoreFixture()
        await expect(.misuse) { try fixture.store.readNow { _ in } }
        await expect(.misuse) { try fixture.store.writeNow(Self.change) { _ in } }
        await expect(.misuse) { _ = try fixture.store.imageNow() }
    }
}
