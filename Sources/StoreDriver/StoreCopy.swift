import GRDB

/// Copies a database file while others read and write it.
package enum StoreCopy {
    /// Writes one snapshot of a database, in one file without a log beside it. Blocks until it is written.
    ///
    /// The database is not changed, and its writer is not held up (it is in WAL). The copy is not flushed to the disk.
    ///
    /// - Parameter target: where nothing is yet.
    /// - Throws: ``StoreError``: `cannotOpen`, `corrupt`, `full`, `inputOutput`.
    package static func copy(_ path: String, to target: String) throws {
        do {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(10)
            let database = try DatabaseQueue(path: path, configuration: configuration)
            try database.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [target]) }
            try database.close()
        } catch {
            throw StoreError.translating(error, what: "cannot copy the store", path: path)
        }
    }
}
