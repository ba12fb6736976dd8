import Dispatch
import StoreDriver
import Testing

@Suite struct GroupCommitTests {
    struct Unwanted: Error {}

    let directory = try? TemporaryDirectory()

    func open(waitingWrites: Int = 4_096) throws -> StoreDatabase {
        var options = StoreOptions()
        options.waitingWrites = waitingWrites
        return try StoreDatabase(
            path: try #require(directory).file("store.db"),
            migrations: [StoreMigration("1", ["CREATE TABLE item (id INTEGER PRIMARY KEY, data BLOB)"])],
            options: options
        )
    }

    /// Runs `writes` so that all of them wait while a first one is being written: they share one transaction.
    func together(
        _ store: StoreDatabase,
        _ writes: [@Sendable (StoreTransaction) throws -> Void]
    ) async -> [Result<Void, any Error>] {
        let gate = DispatchSemaphore(value: 0)
        let (begun, begin) = AsyncStream<Void>.makeStream()
        return await withTaskGroup(of: (Int, Result<Void, any Error>).self) { group in
            group.addTask {
                do {
                    try await store.write { _ in
                        begin.yield()
                        gate.wait()
                    }
                } catch {
                    return (-1, .failure(error))
                }
                return (-1, .success(()))
            }
            for await _ in begun { break }
            for (index, write) in writes.enumerated() {
                group.addTask {
                    do { return (index, .success(try await store.write(write))) } catch {
                        return (index, .failure(error))
                    }
                }
                // Each waits before the next comes, so that their order is known.
                while store.waitingWrites <= index { await Task.yield() }
            }
            gate.signal()
            var results = [Result<Void, any Error>](repeating: .failure(Unwanted()), count: writes.count)
            for await (index, result) in group where index >= 0 { results[index] = result }
            return results
        }
    }

    static func insert(_ id: Int, bytes: Int = 1) -> @Sendable (StoreTransaction) throws -> Void {
        { try $0.execute("INSERT INTO item VALUES (?, ?)", [.int(id), .blob([UInt8](repeating: 0, count: bytes))]) }
    }

    func ids(_ store: StoreDatabase) async throws -> [Int64] {
        try await store.read { try $0.rows("SELECT id FROM item ORDER BY id").map { try $0.integer("id") } }
    }

    @Test func aThrowingWriterIsRolledBackAlone() async throws {
        let store = try open()
        let results = await together(
            store,
            [
                Self.insert(1),
                { transaction in
                    try Self.insert(2)(transaction)
                    throw Unwanted()
                },
                Self.insert(1),
                Self.insert(3),
            ]
        )
        #expect(results.map(\.isSuccess) == [true, false, false, true])
        #expect(results[1].error is Unwanted)
        #expect((results[2].error as? StoreError)?.code == .constraint)
        #expect(try await ids(store) == [1, 3])
        try await store.close()
    }

    @Test func aBatchIsOneTransaction() async throws {
        let store = try open()
        // What a first writer of a batch left uncommitted is on no other connection; its neighbour sees it.
        let seen = Counter()
        let results = await together(
            store,
            [
                Self.insert(1),
                { seen.add(try $0.rows("SELECT id FROM item").count) },
            ]
        )
        #expect(results.map(\.isSuccess) == [true, true])
        #expect(seen.value == 1)
        try await store.close()
    }

    @Test func tooManyWaitersAreRefusedAndTheOthersWritten() async throws {
        let store = try open(waitingWrites: 2)
        let refused = Counter()
        let results = await together(
            store,
            [
                Self.insert(1),
                Self.insert(2),
            ]
        )
        #expect(results.map(\.isSuccess) == [true, true])
        let gate = DispatchSemaphore(value: 0)
        let (begun, begin) = AsyncStream<Void>.makeStream()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                try? await store.write { _ in
                    begin.yield()
                    gate.wait()
                }
            }
            for await _ in begun { break }
            for id in 10..<20 {
                group.addTask {
                    do {
                        try await store.write(Self.insert(id))
                    } catch {
                        #expect((error as? StoreError)?.code == .overloaded)
                        refused.add(1)
                    }
                }
            }
            while refused.value < 8 { await Task.yield() }
            gate.signal()
        }
        #expect(refused.value == 8)
        #expect(try await ids(store).count == 4)
        try await store.close()
    }

    @Test func aFullDiskFailsTheWriteThatNeedsItAndNotItsNeighbours() async throws {
        let store = try open()
        try await store.write { transaction in
            let pages = try transaction.row("PRAGMA page_count")?.integer("page_count") ?? 0
            _ = try transaction.rows("PRAGMA max_page_count = \(pages + 4)")
        }
        let results = await together(store, [Self.insert(1), Self.insert(2, bytes: 200_000), Self.insert(3)])
        #expect((results[1].error as? StoreError)?.code == .full)
        #expect(results.map(\.isSuccess) == [true, false, true])
        #expect(try await ids(store) == [1, 3])
        try await store.write(Self.insert(4))
        try await store.close()
    }

    @Test func closingWritesWhoWaits() async throws {
        let store = try open()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for id in 0..<100 { group.addTask { try await store.write(Self.insert(id)) } }
            try await group.waitForAll()
        }
        try await store.close()
        let again = try open()
        #expect(try await ids(again).count == 100)
        try await again.close()
    }
}

extension Result {
    fileprivate var isSuccess: Bool { error == nil }

    fileprivate var error: (any Error)? {
        switch self {
        case .success: nil
        case .failure(let error): error
        }
    }
}
