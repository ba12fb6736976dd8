import GRDB
import Synchronization

/// One database file: transactions over SQL text, with concurrent readers and a group commit for writers.
///
/// SQLite in WAL with `synchronous=FULL`: a write that was acknowledged survives a power cut. Each read sees one
/// snapshot. Its owner calls ``close()`` before the program ends.
package final class StoreDatabase: Sendable {
    private let pool: DatabasePool
    private let path: String
    private let writers: WriteQueue
    private let reads = Mutex(0)
    private let readLimit: Int

    /// Opens or makes the file and applies the migrations that it lacks. Blocks until that is done.
    ///
    /// - Throws: ``StoreError``: `cannotOpen`, `readOnly`, `corrupt`, `busy`, `newerSchema`, `otherSchema`.
    package init(path: String, migrations: [StoreMigration], options: StoreOptions = StoreOptions()) throws {
        self.path = path
        self.readLimit = options.waitingReads
        do {
            self.pool = try DatabasePool(path: path, configuration: Self.configuration(options))
            try pool.writeWithoutTransaction { database in
                // Not in `prepareDatabase`: the pool sets NORMAL after it.
                try database.execute(sql: "PRAGMA synchronous = FULL")
                try Self.requireDurability(database, path: path)
                try Self.migrate(database, migrations, path: path)
            }
        } catch {
            throw StoreError.translating(error, what: "cannot open the store", path: path)
        }
        self.writers = WriteQueue(
            pool: pool,
            path: path,
            waitingLimit: options.waitingWrites,
            batchLimit: options.writesPerTransaction
        )
    }

    /// Runs `body` on one snapshot, beside other readers and the writer.
    ///
    /// - Throws: what `body` throws; ``StoreError``: `overloaded`, `interrupted` (the task was cancelled), `closed`.
    package func read<Value: Sendable>(
        _ body: @Sendable (StoreTransaction) throws -> Value
    ) async throws -> Value {
        let admitted = reads.withLock { count in
            guard count < readLimit else { return false }
            count += 1
            return true
        }
        guard admitted else {
            throw StoreError(
                .overloaded,
                what: "a read was refused",
                where: path,
                why: "\(readLimit) reads run or wait already",
                next: "try again in a second"
            )
        }
        defer { reads.withLock { $0 -= 1 } }
        do {
            return try await pool.read { [path] database in
                try body(StoreTransaction(database: database, path: path))
            }
        } catch {
            throw StoreError.translating(error, what: "a read failed", path: path)
        }
    }

    /// Runs `body` in a transaction of its own and returns when that is on disk.
    ///
    /// `body` may be run more than once and must have no effects but those on the database. If it throws, its
    /// changes are rolled back and nobody else's. A task that is cancelled while it waits is still written.
    ///
    /// - Throws: what `body` throws; ``StoreError``: `overloaded`, `full`, `busy`, `readOnly`, `inputOutput`, `closed`,
    ///   `interrupted` (the task was cancelled before).
    package func write<Value: Sendable>(
        _ body: @escaping @Sendable (StoreTransaction) throws -> Value
    ) async throws -> Value {
        do {
            try Task.checkCancellation()
        } catch {
            throw StoreError.translating(error, what: "a write was not begun", path: path)
        }
        return try await withCheckedThrowingContinuation { continuation in
            writers.submit(PendingWriteOf(body, continuation))
        }
    }

    /// How many writes wait for the writer now, beside those being written.
    package var waitingWrites: Int { writers.waitingCount }

    /// Writes what waits, refuses what comes after, and closes the file.
    ///
    /// - Throws: ``StoreError`` when the file cannot be closed.
    package func close() async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            writers.close { [pool, path] in
                do {
                    try pool.close()
                    continuation.resume()
                } catch {
                    let failure = StoreError.translating(error, what: "cannot close the store", path: path)
                    continuation.resume(throwing: failure)
                }
            }
        }
    }
}

extension StoreDatabase {
    private static func configuration(_ options: StoreOptions) -> Configuration {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.maximumReaderCount = options.concurrentReads
        configuration.busyMode = .timeout(options.busyTimeout)
        // Transactions are begun by SQL text, for the group commit's savepoints.
        configuration.allowsUnsafeTransactions = true
        return configuration
    }

    private static func requireDurability(_ database: Database, path: String) throws {
        let journal = try String.fetchOne(database, sql: "PRAGMA journal_mode")
        let synchronous = try Int.fetchOne(database, sql: "PRAGMA synchronous")
        guard journal == "wal", synchronous == 2 else {
            throw StoreError(
                .cannotOpen,
                what: "cannot open the store",
                where: path,
                why: "SQLite gives journal_mode=\(journal ?? "?"), synchronous=\(synchronous ?? -1) "
                    + "where wal and 2 (FULL) are needed",
                next: "put the file on a local file system"
            )
        }
    }

    static func migrate(_ database: Database, _ migrations: [StoreMigration], path: String) throws {
        try database.execute(sql: StoreMigration.table)
        let applied = try String.fetchAll(database, sql: "SELECT name FROM store_migrations ORDER BY position")
        let pending = try StoreMigration.pending(in: migrations, applied: applied, path: path)
        for (position, migration) in zip(pending.indices, pending) {
            try database.inTransaction(.immediate) {
                for statement in migration.statements { try database.execute(sql: statement) }
                try database.execute(
                    sql: "INSERT INTO store_migrations (position, name) VALUES (?, ?)",
                    arguments: [position + 1, migration.name]
                )
                return .commit
            }
        }
    }
}
