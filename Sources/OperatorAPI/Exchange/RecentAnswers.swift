import DaemonKit
import Fleet
import Hummingbird
import Synchronization

/// Answers that their readers share: a thousand who saw the same event ask for the same object. One that is young, with
/// nothing written to the store since it was begun, is given again; only what hosts say may be as much older as it is.
final class RecentAnswers: Sendable {
    /// What is asked, and when.
    struct Question: Sendable {
        /// The path and the query of a GET.
        let target: String
        /// How many writes the store had ended.
        let writes: UInt64
        fileprivate let changes: UInt64
        fileprivate let begun: Span
    }

    private struct State {
        var entries: [String: (question: Question, answer: RouteAnswer)] = [:]
        var changes: UInt64 = 0
    }

    /// The most answers that are kept, and how long one of them may be, in bytes.
    static let limit = (answers: 256, bytes: 64 << 10)

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

    /// A GET came; what it was answered before. Otherwise it is to be carried out, and `answered` is called.
    func asked(_ target: String, writes: UInt64) -> (Question, RouteAnswer?) {
        let now = time.elapsed()
        return state.withLock { state in
            let question = Question(target: target, writes: writes, changes: state.changes, begun: now)
            guard let known = state.entries[target], known.question.writes == writes,
                known.question.changes == state.changes,
                now.milliseconds - known.question.begun.milliseconds < age.milliseconds
            else { return (question, nil) }
            return (question, known.answer)
        }
    }

    /// What came of it. Refusals and long answers are not kept.
    func answered(_ question: Question, _ answer: RouteAnswer) {
        guard answer.status == .ok, let length = answer.body.contentLength, length <= Self.limit.bytes else { return }
        state.withLock { state in
            if state.entries.count >= Self.limit.answers { state.entries = [:] }
            state.entries[question.target] = (question, answer)
        }
    }
}
