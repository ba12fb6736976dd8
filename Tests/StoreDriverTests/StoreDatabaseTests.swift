import Foundation
import StoreDriver
import Testing

@Suite struct StoreDatabaseTests {
    static let table = StoreMigration(
        "1 table",
        ["CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE, data BLOB, weight REAL)"]
    )

    let directory = try? TemporaryDirectory()

    func open(
        _ migrations: [StoreMigration] = [table],
        _ options: StoreOptions = StoreOptions()
    ) throws -> StoreDatabase {
        try StoreDatabase(path: try #require(directory).file("store.db"), migrations: migrations, options: options)
    }

    @Test func theFileIsDurableAndChecksForeignKeys() async throws {
        let store = try open()
        let settings = try await store.write { transaction in
            try ["synchronous", "journal_mode", "foreign_keys"].map { pragma in
                try transaction.row("PRAGMA \(pragma)")?.values.first
            }
        }
        #expect(settings == [.integer(2), .text("wal"), .integer(1)])
        try await store.close()
    }

    @Test func valuesComeBackAsTheyWent() async throws {
        let store = try open()
        let rows = try await store.write { transaction in
            try transaction.execute(
                "INSERT INTO item VALUES (?, ?, ?, ?)",
                [.integer(.max), .text("grün 🐢"), .blob([0, 255]), .real(0.5)]
            )
            return try transaction.rows("SELECT id, name, data, weight, NULL AS empty FROM item")
        }
        let row = try #require(rows.first)
        #expect(try row.integer("id") == .max)
        #expect(try row.text("name") == "grün 🐢")
        #expect(try row.blob("data") == [0, 255])
        #expect(try row.value("weight") == .real(0.5))
        #expect(try row.textOrNull("empty") == nil)
        await expect(.misuse) { try await store.read { try $0.rows("SELECT ?", [.text("a\0b")]) } }
        #expect(throws: StoreError.self) { try row.integer("name") }
        #expect(throws: StoreError.self) { try row.text("absent") }
        try await store.close()
    }

    @Test func anErrorSaysItsKind() async throws {
        let store = try open()
        try await store.write { _ = try $0.execute("INSERT INTO item (name) VALUES ('a')") }
        await expect(.constraint) { try await store.write { try $0.execute("INSERT INTO item (name) VALUES ('a')") } }
        await expect(.misuse) { try await store.read { try $0.rows("SELECT * FROM nowhere") } }
        await expect(.readOnly) { try await store.read { try $0.execute("DELETE FROM item") } }
        try await store.close()
        await expect(.closed) { try await store.write { try $0.execute("DELETE FROM item") } }
        await expect(.closed) { try await store.read { try $0.rows("SELECT * FROM item") } }
    }

    @Test func aFileThatIsNoDatabaseIsRefused() async throws {
        let path = try #require(directory).file("store.db")
        try Data(repeating: 7, count: 8_192).write(to: URL(fileURLWithPath: path))
        await expect(.corrupt) { try open() }
        await expect(.cannotOpen) { try StoreDatabase(path: path + "/below", migrations: []) }
    }

    @Test func aReaderSeesOneSnapshotBesideAWriter() async throws {
        let store = try open()
        let (begun, begin) = AsyncStream<Void>.makeStream()
        let gate = DispatchSemaphore(value: 0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await store.write { transaction in
                    try transaction.execute("INSERT INTO item (name) VALUES ('a')")
                    begin.yield()
                    gate.wait()
                }
            }
            for await _ in begun { break }
            let during = try await store.read { try $0.rows("SELECT * FROM item").count }
            gate.signal()
            try await group.waitForAll()
            let after = try await store.read { try $0.rows("SELECT * FROM item").count }
            #expect((during, after) == (0, 1))
        }
        try await store.close()
    }

    @Test func tooManyReadersAreRefused() async throws {
        var options = StoreOptions()
        options.waitingReads = 1
        let store = try open([Self.table], options)
        let (begun, begin) = AsyncStream<Void>.makeStream()
        let gate = DispatchSemaphore(value: 0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await store.read { _ in
                    begin.yield()
                    gate.wait()
                }
            }
            for await _ in begun { break }
            await expect(.overloaded) { try await store.read { try $0.rows("SELECT 1") } }
            gate.signal()
            try await group.waitForAll()
        }
        let rows = try await store.read { try $0.rows("SELECT 1").count }
        #expect(rows == 1)
        try await store.close()
    }

    @Test func aCancelledTaskBeginsNoWrite() async throws {
        let store = try open()
        await withTaskGroup(of: Void.self) { group in
            group.cancelAll()
            group.addTask {
                await expect(.interrupted) {
                    try await store.write { try $0.execute("INSERT INTO item (name) VALUES ('a')") }
                }
            }
        }
        let rows = try await store.read { try $0.rows("SELECT * FROM item").count }
        #expect(rows == 0)
        try await store.close()
    }

    @Test func migrationsRunInOrderAndOnce() async throws {
        let second = StoreMigration(
            "2 more",
            ["ALTER TABLE item ADD COLUMN colour TEXT", "INSERT INTO item (name, colour) VALUES ('a', 'red')"]
        )
        try await open().close()
        for _ in 0..<2 {
            let store = try open([Self.table, second])
            let colours = try await store.read { try $0.rows("SELECT colour FROM item").map { try $0.text("colour") } }
            #expect(colours == ["red"])
            try await store.close()
        }
        await expect(.newerSchema) { try open([Self.table]) }
        await expect(.otherSchema) { try open([Self.table, StoreMigration("2 other", [])]) }
    }

    @Test func aMigrationThatFailsLeavesNothing() async throws {
        let broken = StoreMigration("2 broken", ["CREATE TABLE half (id INTEGER)", "CREATE TABLE item (id INTEGER)"])
        await expect(.misuse) { try open([Self.table, broken]) }
        let store = try open([Self.table])
        let tables = try await store.read { try $0.rows("SELECT 1 FROM sqlite_schema WHERE name = 'half'").count }
        #expect(tables == 0)
        try await store.close()
    }
}

/// Expects a ``StoreError`` of this code whose message is made of four parts.
func expect<Value>(
    _ code: StoreError.Code,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Value
) async {
    do {
        _ = try await body()
        Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    } catch let error as StoreError {
        #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
        #expect(error.message.contains(": ") && error.message.contains("; "), sourceLocation: sourceLocation)
    } catch {
        Issue.record(error, sourceLocation: sourceLocation)
    }
}
