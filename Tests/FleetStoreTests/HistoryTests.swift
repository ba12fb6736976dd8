import Fleet
import StoreDriver
import Testing

@testable import FleetStore

@Suite struct HistoryTests {
    @Test func everyChangeIsAuditedInOneChain() async throws {
        let fixture = try await StoreFixture()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<64 {
                group.addTask {
                    try await fixture.write(reason: "r\(index)") { _ = try $0.putModel(Model(name: "m\(index)")) }
                }
            }
            try await group.waitForAll()
        }
        try await fixture.read { reader throws in
            let records = try reader.audit(limit: 100)
            #expect(records.map(\.sequence) == Array(1...64))
            #expect(records.map(\.revision) == Array(1...64))
            #expect(Set(records.compactMap(\.reason)).count == 64)
            #expect(try reader.auditBreak() == nil)
            #expect(try reader.audit(after: 60, limit: 2).map(\.sequence) == [61, 62])
            let one = try #require(try reader.audit(of: .model, "m5", limit: 1).first)
            #expect(one.verb == "create" && one.before == nil && one.actor == "ana")
            #expect(one.after?.contains("\"m5\"") == true)
        }
    }

    @Test(arguments: [
        ("UPDATE audit SET actor = 'eve' WHERE sequence = 3", 3),
        ("DELETE FROM audit WHERE sequence = 2", 2),
        ("DELETE FROM audit WHERE sequence = 5", 5),
        ("UPDATE audit SET hash = previous_hash WHERE sequence = 1", 1),
    ])
    func aForgedRecordIsFound(sql: String, sequence: UInt64) async throws {
        let fixture = try await StoreFixture()
        for index in 0..<5 { try await fixture.write { _ = try $0.putModel(Model(name: "m\(index)")) } }
        try await fixture.store.close()
        let database = try StoreDatabase(path: fixture.path, migrations: FleetSchema.migrations)
        _ = try await database.write { try $0.execute(sql) }
        try await database.close()
        let store = try FleetDatabase(path: fixture.path)
        let found = try await store.read { try $0.auditBreak() }
        #expect(found == sequence)
        try await store.close()
    }

    @Test func anOlderTermIsFenced() async throws {
        let fixture = try await StoreFixture()
        let second = try FleetDatabase(path: fixture.path)
        let record = try await second.begin(id: "ignored", now: Instant(milliseconds: 1))
        #expect(record.term == fixture.term + 1 && record.id == "controller")
        await expect(.fenced) { try await fixture.apply("d", version: "1") }
        let applied = try await fixture.write(term: record.term) {
            try StoreFixture.apply("d", version: "1", $0).action
        }
        #expect(applied == .created)
        try await second.close()
    }

    @Test func aTransactionThatThrowsLeavesNothing() async throws {
        struct Unwanted: Error {}
        let fixture = try await StoreFixture()
        await #expect(throws: Unwanted.self) {
            try await fixture.write { writer in
                try StoreFixture.apply("d", version: "1", writer)
                throw Unwanted()
            }
        }
        try await fixture.read { reader throws in
            #expect(try reader.deployments().isEmpty)
            #expect(try reader.audit(limit: 1).isEmpty)
            #expect(try reader.revision() == 0)
        }
    }

    @Test func theEpochRisesAboveWhatHostsReport() async throws {
        let fixture = try await StoreFixture()
        let epochs = try await fixture.write { [try $0.raiseEpoch(), try $0.raiseEpoch(above: 9)] }
        #expect(epochs == [2, 10])
    }

    @Test func aFrozenStoreStaysFrozenUntilItIsThawed() async throws {
        let fixture = try await StoreFixture()
        _ = try await fixture.write { writer in try writer.putHost(StoreFixture.host("h1")) }
        let frozen = try await fixture.write { writer in
            let first = try writer.freeze(above: 4, reason: "it is old")
            let second = try writer.freeze(above: 9, reason: "again")
            return [first, second]
        }
        #expect(frozen.map(\.epoch) == [5, 10])
        #expect(frozen.map(\.frozen?.reason) == ["it is old", "it is old"])
        let thawed = try await fixture.write { try $0.thaw() }
        #expect(thawed.frozen == nil && thawed.epoch == 10)
        await #expect(throws: FleetStoreError.self) { try await fixture.write { try $0.thaw() } }
        try await fixture.read { reader throws in
            let verbs = try reader.audit(of: .controller, "controller", limit: 9).map(\.verb)
            #expect(verbs == ["thaw", "raiseEpoch", "freeze", "raiseEpoch"])
            // Above what the lost store can have given, for hosts that nobody has heard of too; once.
            #expect(try reader.assignment(of: "h1").version == AssignmentVersion(epoch: 10, generation: 1 << 20))
            #expect(try reader.auditBreak() == nil)
        }
    }
}
