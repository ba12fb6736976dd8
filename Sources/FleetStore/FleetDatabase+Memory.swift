package import Fleet
import StoreDriver

/// The store of a simulation: in memory, on the caller's thread, for one caller at a time. The rules, the SQL and the
/// transactions are those of the file.
extension FleetDatabase {
    /// The same as ``begin(id:now:)``, at once.
    package func beginNow(id: String, now: Instant) throws -> ControllerRecord {
        let record = try lifting { try backing.inMemory().write { try begin(id: id, now: now, in: $0) } }
        signal.advance(to: record.revision)
        return record
    }

    /// Reads what is committed, at once.
    ///
    /// - Throws: what `body` throws; ``FleetStoreError``, `misuse` where the store is in a file.
    package func readNow<Value>(_ body: (FleetReader) throws -> Value) throws -> Value {
        try lifting { try backing.inMemory().read { try body(FleetReader(transaction: $0, shared: shared)) } }
    }

    /// Writes one transaction at once; when `body` throws, nothing of it is kept.
    ///
    /// - Throws: what `body` throws; ``FleetStoreError``, among them `fenced`; `misuse` where the store is in a file.
    package func writeNow<Value>(_ change: Change, _ body: (FleetWriter) throws -> Value) throws -> Value {
        let (value, revision) = try lifting {
            try backing.inMemory().write { transaction in
                let writer = try FleetWriter(transaction: transaction, shared: shared, change: change)
                let value = try body(writer)
                try writer.keepRequest()
                return (value, writer.head.isAdvanced ? writer.head.revision : nil)
            }
        }
        if let revision { signal.advance(to: revision) }
        return value
    }

    /// A copy of what is committed: a backup.
    ///
    /// - Throws: ``FleetStoreError`` `misuse` where the store is in a file.
    package func imageNow() throws -> FleetImage {
        try lifting { FleetImage(image: try backing.inMemory().image()) }
    }

    /// Goes back to an image of this program's stores, as if its file were put in the place of this one. Watchers whose
    /// place is gone are told to list again.
    ///
    /// - Throws: ``FleetStoreError`` `misuse` where the store is in a file.
    package func restoreNow(_ image: FleetImage) throws {
        let revision = try lifting {
            let memory = try backing.inMemory()
            try memory.restore(image.image)
            return try memory.read { transaction in
                try transaction.row("SELECT revision FROM controller")?.number("revision") ?? 0
            }
        }
        signal.restart(at: revision)
    }

    private func lifting<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch {
            throw FleetStoreError.lifting(error)
        }
    }
}
