import Dispatch
import GRDB
import Synchronization

/// The one writer of a database: collects whatever waits into one transaction (group commit).
///
/// A writer that comes alone is written at once; writers that come while a transaction is being fsynced share the
/// next one. Each has a savepoint of its own, so that one that throws is rolled back alone. All are answered after the
/// COMMIT that covers them, or with its error.
final class WriteQueue: Sendable {
    private let pool: DatabasePool
    private let path: String
    private let thread = DispatchQueue(label: "muster.store.writer")
    private let state: Mutex<WriteQueueStateMachine<any PendingWrite>>

    init(pool: DatabasePool, path: String, waitingLimit: Int, batchLimit: Int) {
        self.pool = pool
        self.path = path
        self.state = Mutex(WriteQueueStateMachine(waitingLimit: waitingLimit, batchLimit: batchLimit))
    }

    /// How many writes wait for the writer now, beside those being written.
    var waitingCount: Int { state.withLock { $0.waitingCount } }

    /// Takes a write; its caller is answered later, or here when it is refused.
    func submit(_ write: any PendingWrite) {
        switch state.withLock({ $0.submitted(write) }) {
        case .startWriter: thread.async { self.writeAll() }
        case .wait: break
        case .refuseOverloaded:
            write.fail(
                StoreError(
                    .overloaded,
                    what: "a write was refused",
                    where: path,
                    why: "too many writes wait for the disk",
                    next: "try again in a second; if this lasts, look at the disk's fsync latency"
                )
            )
        case .refuseClosed:
            write.fail(
                StoreError(
                    .closed,
                    what: "a write was refused",
                    where: path,
                    why: "the store is closed",
                    next: "the program is stopping; start it again"
                )
            )
        }
    }

    /// Refuses new writes, writes those that wait, then calls `then` on the writer's thread.
    func close(then: @escaping @Sendable () -> Void) {
        state.withLock { $0.closed() }
        thread.async(execute: then)
    }

    private func writeAll() {
        while case .write(let batch) = state.withLock({ $0.writerFreed() }) {
            write(batch)
        }
    }

    /// Writes a batch; if SQLite gives up the whole transaction for the sake of one, the others are written again,
    /// one by one.
    private func write(_ batch: [any PendingWrite]) {
        pool.writeWithoutTransaction { database in
            switch transact(batch, in: database) {
            case .committed: batch.forEach { $0.acknowledge() }
            case .failed(let error): batch.forEach { $0.fail(error) }
            case .abandoned(let culprit, let error):
                batch[culprit].fail(error)
                for (index, write) in batch.enumerated() where index != culprit {
                    switch transact([write], in: database) {
                    case .committed: write.acknowledge()
                    case .failed(let error), .abandoned(_, let error): write.fail(error)
                    }
                }
            }
        }
    }

    private enum Outcome {
        /// The transaction is on disk; each write has its own result.
        case committed
        /// The transaction is gone as a whole.
        case failed(any Error)
        /// SQLite rolled everything back while this write ran (disk full, for example).
        case abandoned(culprit: Int, any Error)
    }

    private func transact(_ batch: [any PendingWrite], in database: Database) -> Outcome {
        do {
            try run("BEGIN IMMEDIATE", in: database)
            let transaction = StoreTransaction(database: database, path: path)
            for (index, write) in batch.enumerated() {
                try run("SAVEPOINT write", in: database)
                let failure = write.attempt(in: transaction)
                guard database.isInsideTransaction else {
                    return .abandoned(culprit: index, failure ?? abandoned())
                }
                if failure != nil { try run("ROLLBACK TO write", in: database) }
                try run("RELEASE write", in: database)
            }
            try run("COMMIT", in: database)
            return .committed
        } catch {
            // A failed COMMIT may leave the transaction open; it must not reach the next batch.
            if database.isInsideTransaction { try? run("ROLLBACK", in: database) }
            return .failed(StoreError.translating(error, what: "a transaction failed", path: path))
        }
    }

    /// For a write that hid from us why SQLite rolled it back.
    private func abandoned() -> StoreError {
        StoreError(
            .inputOutput,
            what: "a write was rolled back by SQLite",
            where: path,
            why: "a statement in it failed and took the transaction with it",
            next: "check the disk's free space and the kernel's log, then try again"
        )
    }

    private func run(_ sql: String, in database: Database) throws {
        _ = try StoreStatement(sql, in: database, path: path).step()
    }
}
