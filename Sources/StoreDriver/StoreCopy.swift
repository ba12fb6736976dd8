import GRDB

/// Copies a database file while others read and write it.
package enum StoreCopy {
    /// Writes one snapshot of a database, in one file without a log beside it. Blocks until it is written.
    ///
    /// The database is not changed, and its writer is not held up (it is in WAL). The copy is not flushed to the disk.
    ///
    /// - Parameters:
    ///   - target: where nothing is yet.
    ///   - read: reads the copy, which stays as it is and gets no log by it.
    /// - Throws: what `read` throws; ``StoreError``: `cannotOpen`, `corrupt`, `full`, `inputOutput`.
    package static func copy<Value>(
        _ path: String,
        to target: String,
        reading read: (StoreTransaction) throws -> Value
    ) throws -> Value {
        do {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(10)
            let database = try DatabaseQueue(path: path, configuration: configuration)
            try database.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [target]) }
            try database.close()
            let copy = try DatabaseQueue(path: target, configuration: configuration)
            let value = try copy.read { try read(StoreTransaction(database: $0, path: target)) }
            try copy.close()
            return value
        } catch {
            throw StoreError.translating(error, what: "cannot copy the store", path: path)
        }
    }
}
