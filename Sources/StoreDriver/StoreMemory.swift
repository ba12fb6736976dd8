import GRDB

/// A database in memory, for one thread at a time: the same SQL, migrations and transactions as in a file, without the
/// disk, without waiting. It goes with its last user.
///
/// Its calls block while another one runs; a call from inside another's closure is a defect and traps.
package final class StoreMemory: Sendable {
    private static let place = "memory"

    private let queue: DatabaseQueue

    /// Makes an empty database and applies all migrations.
    ///
    /// - Throws: ``StoreError``.
    package init(migrations: [StoreMigration]) throws {
        do {
            queue = try Self.empty()
            try queue.writeWithoutTransaction { try StoreDatabase.migrate($0, migrations, path: Self.place) }
        } catch {
            throw Self.translated(error, "cannot make a store")
        }
    }

    /// Makes a database with what an image holds. The image's migrations must be those of this program.
    ///
    /// - Throws: ``StoreError``.
    package init(_ image: StoreImage) throws {
        do {
            queue = try Self.empty()
            try image.queue.backup(to: queue)
        } catch {
            throw Self.translated(error, "cannot make a store")
        }
    }

    /// Runs `body`, which must only read.
    ///
    /// - Throws: what `body` throws; ``StoreError``.
    package func read<Value>(_ body: (StoreTransaction) throws -> Value) throws -> Value {
        do {
            return try queue.writeWithoutTransaction { try body(StoreTransaction(database: $0, path: Self.place)) }
        } catch {
            throw Self.translated(error, "a read failed")
        }
    }

    /// Runs `body` in a transaction: what it did is kept, or nothing of it when it throws.
    ///
    /// - Throws: what `body` throws; ``StoreError``.
    package func write<Value>(_ body: (StoreTransaction) throws -> Value) throws -> Value {
        do {
            return try queue.writeWithoutTransaction { database in
                _ = try StoreStatement("BEGIN", in: database, path: Self.place).step()
                do {
                    let value = try body(StoreTransaction(database: database, path: Self.place))
                    _ = try StoreStatement("COMMIT", in: database, path: Self.place).step()
                    return value
                } catch {
                    // SQLite may have rolled back by itself.
                    if database.isInsideTransaction {
                        _ = try StoreStatement("ROLLBACK", in: database, path: Self.place).step()
                    }
                    throw error
                }
            }
        } catch {
            throw Self.translated(error, "a transaction failed")
        }
    }

    /// A copy of what is committed.
    ///
    /// - Throws: ``StoreError``.
    package func image() throws -> StoreImage {
        do {
            let copy = try Self.empty()
            try queue.backup(to: copy)
            return StoreImage(queue: copy)
        } catch {
            throw Self.translated(error, "cannot copy a store")
        }
    }

    /// Goes back to what an image holds; what came after it is lost.
    ///
    /// - Throws: ``StoreError``.
    package func restore(_ image: StoreImage) throws {
        do {
            try image.queue.backup(to: queue)
        } catch {
            throw Self.translated(error, "cannot restore a store")
        }
    }

    private static func empty() throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        // Transactions are begun by SQL text.
        configuration.allowsUnsafeTransactions = true
        return try DatabaseQueue(configuration: configuration)
    }

    private static func translated(_ error: any Error, _ what: String) -> any Error {
        StoreError.translating(error, what: what, path: place)
    }
}
