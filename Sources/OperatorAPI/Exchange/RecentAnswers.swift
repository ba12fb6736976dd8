import DaemonKit
import Fleet
import Hummingbird
import Synchronization

/// Answers that their readers share: a thousand who saw the same event ask for the same object. One that is young, with
/// nothing written to the store since it was begun, is given again; only what hosts say may be as much older as it is.
final class RecentAnswers: Sendable {
    /// The most answers that are kept, and how long one of them may be, in bytes.
    static let limit = (answers: 256, bytes: 64 << 10)

    private struct Entry {
        let answer: RouteAnswer
        let writes: UInt64
        let changes: UInt64
        let begun: Span
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var changes: UInt64 = 0
    }

    private let age: Span
    private let time: TimeSource
    private let state = Mutex(State())

    /// - Parameter age: how old an answer may be.
    init(age: Span, time: TimeSource) {
        self.age = age
        self.time = time
    }

    /// A watcher is about to be told of a change, and may ask before the write that made it has ended.
    func storeChanged() {
        state.withLock { $0.changes += 1 }
    }

    /// The answer to a GET.
    ///
    /// - Parameters:
    ///   - target: the path and the query.
    ///   - writes: how many writes the store has ended.
    func answer(
        to target: String,
        writes: UInt64,
        orMake make: () async throws -> RouteAnswer
    ) async throws -> RouteAnswer {
        let now = time.elapsed()
        let (known, changes) = state.withLock { ($0.entries[target], $0.changes) }
        if let known, known.writes == writes, known.changes == changes,
            now.milliseconds - known.begun.milliseconds < age.milliseconds
        {
            return known.answer
        }
        let answer = try await make()
        guard answer.status == .ok, let length = answer.body.contentLength, length <= Self.limit.bytes else {
            return answer
        }
        state.withLock { state in
            if state.entries.count >= Self.limit.answers { state.entries = [:] }
            state.entries[target] = Entry(answer: answer, writes: writes, changes: changes, begun: now)
        }
        return answer
    }
}
