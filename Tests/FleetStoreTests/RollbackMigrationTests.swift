import Fleet
import StoreDriver
import Testing

@testable import FleetStore

/// A store that a controller of step 2 has left opens, and its rollbacks can be read and go on.
@Suite struct RollbackMigrationTests {
    @Test func stepTwoIsAsItWasReleased() {
        #expect(FleetSchema.migrations.prefix(2).last?.name == "2 rollouts")
        #expect(FleetSchema.migrations.prefix(2).last?.statements == RolloutsStep.statements)
    }

    @Test func aHoldOfStepTwoIsARollback() async throws {
        let directory = try TestDirectory()
        let store = try await Self.store(in: directory)
        try await store.read { reader throws in
            let holds = try reader.holds()
            #expect(holds.map(\.id) == ["open", "done"] && holds.map(\.rollback) == ["open", "done"])
            #expect(holds.allSatisfy { $0.hosts == nil && $0.applies(to: "a") })
            let rollbacks = try reader.rollbacks(limit: 9)
            #expect(rollbacks.map(\.id) == ["lifted", "done", "open"])
            let rollback = try #require(try reader.rollback("open"))
            #expect(
                rollback
                    == Rollback(
                        id: "open",
                        actor: "ana",
                        reason: "wrong",
                        at: Instant(milliseconds: 10),
                        scope: .deployments(["fraud"])
                    )
            )
            #expect(try reader.rollbackOrders(of: "u").map(\.rollback) == ["open", "done", "lifted"])
            #expect(try reader.rollbackOrders(ofRollback: "done").map(\.deployment) == ["u"])
            #expect(try reader.runningRollbacks(of: "u", since: Instant(milliseconds: 99)) == ["open"])
            #expect(try reader.holdHistory(of: "u").map { $0.lift?.actor } == [nil, nil, "bo"])
        }
        try await store.close()
        withExtendedLifetime(directory) {}
    }

    /// A rollback that was undone under step 3 is undone for each of its deployments.
    @Test func whatWasUndoneStaysUndone() async throws {
        let directory = try TestDirectory()
        let path = directory.path + "/store.db"
        try await Self.store(in: directory).close()
        let database = try StoreDatabase(path: path, migrations: FleetSchema.migrations)
        try await database.write { transaction in
            for column in ["undone_at", "undone_by", "undone_reason"] {
                try transaction.execute("ALTER TABLE rollback_order DROP COLUMN \(column)")
            }
            try transaction.execute("UPDATE rollback SET undone_at = 7, undone_by = 'bo' WHERE id = 'open'")
            for statement in FleetSchema.undoneOrders { try transaction.execute(statement) }
        }
        try await database.close()
        let store = try FleetDatabase(path: path)
        try await store.read { reader throws in
            let undone = try reader.rollbackOrders(ofRollback: "open").map(\.undone)
            #expect(undone == [Rollback.Undo(actor: "bo", at: Instant(milliseconds: 7), reason: nil)])
            #expect(try reader.rollbackOrders(ofRollback: "done").map(\.undone) == [nil])
            #expect(try reader.rollbackOrders(of: "u").map(\.rollback) == ["done", "lifted"])
        }
        try await store.close()
        withExtendedLifetime(directory) {}
    }

    @Test func receiptsOfStepTwoAreEntries() async throws {
        let directory = try TestDirectory()
        let store = try await Self.store(in: directory)
        let reference = Self.reference
        try await store.read { reader throws in
            let entries = try reader.rollbackEntries(ofRollback: "done", limit: 99).map(\.entry)
            #expect(entries.map(\.host) == ["a", "b", "c", "d", "e", "f"])
            #expect(
                entries.map(\.receipt) == [
                    .done(serving: reference), .unaffected(serving: reference), .noTarget(.stop), .pinned,
                    .failed(cause: "it's late", serving: reference), .unaffected(serving: nil),
                ]
            )
            #expect(entries.map(\.to) == [reference, nil, nil, nil, reference, nil])
            #expect(entries.map { $0.provenAt?.milliseconds } == [21, nil, nil, nil, nil, nil])
            #expect(entries.map(\.name) == ["host a", "host b", "host c", "host d", "host e", "host f"])
            // What a host is still carrying out, and one that has said how far it is.
            let open = try reader.rollbackEntries(ofRollback: "open", limit: 99).map(\.entry)
            #expect(open.map(\.host) == ["a", "b"] && open.map(\.turn) == [.go, .go])
            #expect(open.map(\.receipt) == [.inProgress(.pending), .inProgress(.starting)])
            #expect(open.map(\.itemNumber) == [7, nil])
            // What a host has not ended, else the newest.
            let own = try reader.rollbackEntries(of: "u").mapValues(\.rollback)
            #expect(own == ["a": "open", "b": "open", "c": "done", "d": "done", "e": "done", "f": "done"])
        }
        try await store.close()
        withExtendedLifetime(directory) {}
    }

    /// The order that a host has stays what it is: another number would pre-empt what the host is doing.
    @Test func anOrderOfStepTwoKeepsItsNumber() async throws {
        let directory = try TestDirectory()
        let store = try await Self.store(in: directory)
        let term = try await store.begin(id: "other", now: Instant(milliseconds: 99)).term
        let change = Change(actor: "controller", now: Instant(milliseconds: 100), term: term)
        let (order, numbers) = try await store.write(change) { writer in
            let items = try writer.reader.items(of: "u")
            return (items["a"]?.order, try writer.assign(items, deployment: "u").numbers)
        }
        #expect(order == .rollback(id: "open", turn: .go))
        #expect(numbers == ["a": 7])
        try await store.close()
        withExtendedLifetime(directory) {}
    }

    @Test func theServingHistoryOfStepTwoAnswers() async throws {
        let directory = try TestDirectory()
        let store = try await Self.store(in: directory)
        try await store.read { reader throws in
            func hosts(_ at: Int64?, version: String? = nil) throws -> [String] {
                let spans = try reader.serving(
                    model: "wine",
                    version: version,
                    at: at.map { Instant(milliseconds: $0) }
                )
                return spans.map { "\($0.host)\($0.revision.number)" }.sorted()
            }
            #expect(try hosts(nil) == ["a1", "b1"])
            #expect(try hosts(20) == ["a1"])
            #expect(try hosts(60) == ["a2", "b1"])
            #expect(try hosts(60, version: "2") == ["a2"])
            #expect(try hosts(200_000_000) == ["a1", "b1"])
            #expect(try hosts(60, version: "3") == [])
            #expect(try reader.serving(of: "u", at: Instant(milliseconds: 60)).mapValues(\.number) == ["a": 2, "b": 1])
        }
        try await store.close()
        withExtendedLifetime(directory) {}
    }

    // MARK: The store of step 2

    private static let reference = Revision(
        number: 1,
        content: StoreFixture.content("1"),
        written: Digest(of: "1".utf8)
    ).reference

    private static func store(in directory: TestDirectory) async throws -> FleetDatabase {
        let path = directory.path + "/store.db"
        let database = try StoreDatabase(
            path: path,
            migrations: [
                StoreMigration("1 first light", FirstLight.statements),
                StoreMigration("2 rollouts", RolloutsStep.statements),
            ]
        )
        try await database.write { transaction in
            for (statement, arguments) in content { try transaction.execute(statement, arguments) }
        }
        try await database.close()
        return try FleetDatabase(path: path)
    }

    private static func revision(_ number: Int) -> (String, [StoreValue]) {
        let content = StoreFixture.content("\(number)")
        return (
            "INSERT INTO revision VALUES ('u', \(number), ?, ?, ?, 0, \(number))",
            [
                .digest(Digest(of: content.canonicalBytes)), .digest(Digest(of: "\(number)".utf8)),
                .blob(content.canonicalBytes),
            ]
        )
    }

    private static func hold(_ id: String, _ since: Int, lifted: String) -> (String, [StoreValue]) {
        let columns = "'u', 2, '\(reference.digest)', '\(reference.written)', 'ana', 'wrong', \(since), \(lifted)"
        return ("INSERT INTO hold VALUES ('\(id)', \(columns))", [])
    }

    private static func serving(_ host: String, _ number: Int, _ since: Int, _ until: Int?) -> (String, [StoreValue]) {
        let content = StoreFixture.content("\(number)")
        return (
            """
            INSERT INTO serving (host, deployment, revision, digest, written, since, until)
            VALUES (?, 'u', ?, ?, ?, ?, ?)
            """,
            [
                .text(host), .int(number), .digest(Digest(of: content.canonicalBytes)),
                .digest(Digest(of: "\(number)".utf8)), .int(since), .integer(orNull: until.map { Int64($0) }),
            ]
        )
    }

    private static let content: [(String, [StoreValue])] =
        [
            "INSERT INTO controller VALUES (1, 'c', 0, 1, 3, 90, 0, 'genesis', NULL, NULL)",
            "INSERT INTO project VALUES ('default', 0)",
            """
            INSERT INTO deployment VALUES ('u', 'default', 'fraud', '{}',
                '{"environment":{},"model":"wine","runtime":"mlserver","version":"1"}', 1,
                '{"hosts":"site=lyon"}', 1, '{"rollbackStableFor":"2s","rolloutStableFor":"7s"}', 1, 2, 'active', 1, 0,
                5)
            """,
        ].map { ($0, []) }
        + [revision(1), revision(2)]
        + [
            hold("open", 10, lifted: "NULL, NULL, NULL"), hold("done", 20, lifted: "NULL, NULL, NULL"),
            hold("lifted", 30, lifted: "40, 'bo', 'fixed'"),
        ]
        + ["a", "b", "c", "d", "e", "f"].map { host in
            (
                """
                INSERT INTO host VALUES ('\(host)', 'default', 'host \(host)', '{}', 'm', 'i', 0, 0, NULL, NULL, NULL, 1)
                """,
                []
            )
        }
        + [
            ("done", "a", Receipt.done(serving: reference)), ("done", "b", .unaffected(serving: reference)),
            ("done", "c", .noTarget(.stop)), ("done", "d", .pinned),
            ("done", "e", .failed(cause: "it's late", serving: reference)), ("done", "f", .unaffected(serving: nil)),
            ("open", "b", .inProgress(.starting)),
        ].map { hold, host, receipt in
            (
                "INSERT INTO receipt VALUES (?, ?, ?, 21)",
                [.text(hold), .text(host), .text((try? StoredJSON.text(receipt)) ?? "")]
            )
        }
        + [
            "INSERT INTO assignment VALUES ('a', 7)",
            """
            INSERT INTO assignment_terms VALUES (1, 'u', CAST('x' AS BLOB), '{"holds":[{"actor":"ana","deployment":"u",
                "id":"open","reason":"wrong","revision":{"digest":"\(reference.digest)","number":1,
                "written":"\(reference.written)"},"since":9}],"name":"fraud","onFailure":"keepServing",
                "rollbackStableFor":"2s","stableFor":"7s","succeeded":[]}')
            """,
            "INSERT INTO assignment_item VALUES ('a', 'u', 7, 'rollback', 'open', NULL, 1)",
        ].map { ($0, []) }
        + [
            serving("a", 1, 10, 50), serving("a", 2, 50, 100_000_000), serving("a", 1, 100_000_000, nil),
            serving("b", 1, 55, nil),
        ]
}
