import NIOPosix
import Synchronization

/// Where answers wait for the disk: threads of their own, so that neither a hung disk nor a long scan that somebody asked for
/// delays what the host does by itself. They are made when the first question comes.
enum AnswerThreads {
    /// So many wait for the disk at once.
    private static let count = 2

    private static let pool: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: count)
        pool.start()
        return pool
    }()

    /// Whether nobody waits any more for what is being done.
    private final class Ending: Sendable {
        private let state = Mutex(false)

        var isOver: Bool { state.withLock { $0 } }

        func end() { state.withLock { $0 = true } }
    }

    /// Does something that blocks.
    ///
    /// - Parameter body: what takes long asks `isOver` again and again, and throws anything when nobody waits any more.
    /// - Throws: `CancellationError` when the task was cancelled; else what `body` throws.
    static func run<Value: Sendable>(
        _ body: @escaping @Sendable (_ isOver: @escaping @Sendable () -> Bool) throws -> Value
    ) async throws -> Value {
        let ending = Ending()
        do {
            return try await withTaskCancellationHandler {
                try await pool.runIfActive { try body { ending.isOver } }
            } onCancel: {
                ending.end()
            }
        } catch {
            try Task.checkCancellation()
            throw error
        }
    }
}
