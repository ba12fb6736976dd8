package import Fleet
package import FleetMetrics
import StoreDriver
import Synchronization

/// The controller's memory: what should run where, what each host said, who changed what.
///
/// A transaction is a closure over a ``FleetReader`` or a ``FleetWriter``; what it does is on disk, or nothing of it is.
/// Closures may be run again and must have no other effects: time, ids, actor and reason are arguments (``Change``).
/// Its owner calls ``begin(id:now:)`` once after opening and ``close()`` before the program ends.
package final class FleetDatabase: Sendable {
    /// The only project there is today; every key carries it.
    package static let project = "default"
    /// How many changes the log keeps for watchers.
    package static let changesKept: UInt64 = 10_000

    let backing: FleetBacking
    private let elapsed: @Sendable () -> Span
    private let durations = Mutex(DurationCounts())
    private let standing = Mutex(WriteStanding())
    let signal = RevisionSignal()
    let shared = SharedValues()

    /// Opens or makes the store's file and brings its schema up to date. Blocks until that is done.
    ///
    /// - Parameter elapsed: a clock that never jumps, to measure writes by; without one none is measured.
    /// - Throws: ``FleetStoreError``: `unavailable`, `corrupt`, `incompatible`.
    package init(path: String, elapsed: @escaping @Sendable () -> Span = { .seconds(0) }) throws {
        self.elapsed = elapsed
        do {
            backing = .file(try StoreDatabase(path: path, migrations: FleetSchema.migrations))
        } catch {
            throw FleetStoreError.lifting(error)
        }
    }

    /// Makes a store in memory, which goes with its last user: for simulations.
    ///
    /// - Parameter image: what it begins with; `nil` for an empty one. Many times quicker than to apply the migrations.
    /// - Throws: ``FleetStoreError``.
    package init(inMemory image: FleetImage?, elapsed: @escaping @Sendable () -> Span = { .seconds(0) }) throws {
        self.elapsed = elapsed
        do {
            let memory =
                try image.map { try StoreMemory($0.image) } ?? StoreMemory(migrations: FleetSchema.migrations)
            backing = .memory(memory)
        } catch {
            throw FleetStoreError.lifting(error)
        }
    }

    /// Writes one snapshot of a store into a file of its own, also while a controller runs on it. Blocks until that is done;
    /// the copy is not flushed to the disk.
    ///
    /// - Parameter read: reads the copy.
    /// - Throws: what `read` throws; ``FleetStoreError``: `unavailable`, `corrupt`.
    package static func copy<Value>(
        _ path: String,
        to target: String,
        reading read: (FleetReader) throws -> Value
    ) throws -> Value {
        do {
            return try StoreCopy.copy(path, to: target) {
                try read(FleetReader(transaction: $0, shared: SharedValues()))
            }
        } catch {
            throw FleetStoreError.lifting(error)
        }
    }

    /// Begins a controller's term: makes the controller's row on the first start, raises the term on every start.
    ///
    /// From then on writes of older terms are refused as `fenced`.
    ///
    /// - Parameter id: the controller's id, used on the first start only.
    package func begin(id: String, now: Instant) async throws -> ControllerRecord {
        let record = try await lifting {
            try await self.backing.write { try self.begin(id: id, now: now, in: $0) }
        }
        signal.advance(to: record.revision)
        return record
    }

    func begin(id: String, now: Instant, in transaction: StoreTransaction) throws -> ControllerRecord {
        let made = try transaction.execute(
            """
            INSERT INTO controller (singleton, id, created_at, epoch, term, revision, audit_sequence, audit_hash)
            VALUES (1, ?, ?, 1, 0, 0, 0, ?) ON CONFLICT (singleton) DO NOTHING
            """,
            [.text(id), .instant(now), .text(AuditChain.genesis)]
        )
        if made == 1 {
            try transaction.execute(
                "INSERT INTO project (name, created_at) VALUES (?, ?)",
                [.text(FleetDatabase.project), .instant(now)]
            )
        }
        try transaction.execute("UPDATE controller SET term = term + 1")
        return try FleetReader(transaction: transaction, shared: shared).controller()
    }

    /// Reads one snapshot.
    ///
    /// - Throws: what `body` throws; ``FleetStoreError``.
    package func read<Value: Sendable>(
        _ body: @Sendable (FleetReader) throws -> Value
    ) async throws -> Value {
        try await lifting {
            try await self.backing.read { try body(FleetReader(transaction: $0, shared: self.shared)) }
        }
    }

    /// Writes one transaction and returns when it is on disk; watchers are woken then.
    ///
    /// - Throws: what `body` throws (nothing is kept then); ``FleetStoreError``, among them `fenced`.
    package func write<Value: Sendable>(
        _ change: Change,
        _ body: @escaping @Sendable (FleetWriter) throws -> Value
    ) async throws -> Value {
        let began = elapsed()
        defer {
            let milliseconds = elapsed().milliseconds - began.milliseconds
            durations.withLock { $0.add(seconds: Double(milliseconds) / 1000) }
        }
        let (value, revision) = try await judged(at: change.now) {
            try await self.backing.write { transaction in
                let writer = try FleetWriter(transaction: transaction, shared: self.shared, change: change)
                let value = try body(writer)
                try writer.keepRequest()
                return (value, writer.head.isAdvanced ? writer.head.revision : nil)
            }
        }
        if let revision { signal.advance(to: revision) }
        return value
    }

    /// Writes what changes nothing, to find out whether a store that could not be written can be again.
    package func probe(_ change: Change) async {
        _ = try? await write(change) { try $0.transaction.execute("UPDATE controller SET term = term") }
    }

    /// That it cannot be written now; `nil` while it can, for all that is known.
    package var trouble: StoreTrouble? { standing.withLock(\.trouble) }

    /// How many writes the disk has failed since the start.
    package var failedWrites: UInt64 { standing.withLock(\.failures) }

    /// Notes whether the disk takes what is written.
    private func judged<Value: Sendable>(
        at now: Instant,
        _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            let value = try await lifting(body)
            standing.withLock { $0.succeeded(at: now) }
            return value
        } catch let error as FleetStoreError where error.isOfTheDisk {
            standing.withLock { $0.failed(error.message, at: now) }
            throw error
        }
    }

    /// What changes after a revision, in order and without gaps; see ``FleetWatch``.
    package func watch(from revision: UInt64) -> FleetWatch {
        FleetWatch(store: self, revision: revision)
    }

    /// How long writes took, failed ones included, to the millisecond.
    package var writeDurations: DurationCounts { durations.withLock { $0 } }

    /// How many writes wait for the disk now.
    package var waitingWrites: Int { backing.waitingWrites }

    /// Writes what waits, refuses what comes after, closes the file and ends all watches.
    package func close() async throws {
        signal.close()
        try await lifting { try await self.backing.close() }
    }

    private func lifting<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch {
            throw FleetStoreError.lifting(error)
        }
    }
}
