import NIOCore
import Synchronization

/// When all watchers have seen something: first that their watch began, then each write's event.
final class WatchArrivals: Sendable {
    private struct State {
        var seen: [NIODeadline] = []
        var sent = NIODeadline.now()
        var answered: NIODeadline?
        var sinceSending: [Double] = []
        var sinceAnswer: [Double] = []
        var failure: String?
        var waiter: CheckedContinuation<Void, any Error>?
    }

    private let watchers: Int
    private let state = Mutex(State())

    init(watchers: Int) {
        self.watchers = watchers
    }

    /// A write is sent now.
    func begin(at now: NIODeadline) {
        state.withLock { state in
            state.seen.removeAll(keepingCapacity: true)
            state.sent = now
            state.answered = nil
        }
    }

    /// The write was answered.
    func answered(at now: NIODeadline) {
        state.withLock { $0.answered = now }
    }

    /// One watcher has seen it.
    func arrived(at now: NIODeadline) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            state.seen.append(now)
            return state.seen.count == watchers ? state.waiter.take() : nil
        }
        waiter?.resume()
    }

    /// A watch ended, or was never begun.
    func broke(_ why: String) {
        let waiter = state.withLock { state in
            if state.failure == nil { state.failure = why }
            return state.waiter.take()
        }
        waiter?.resume(throwing: BenchFailure(why))
    }

    /// Waits until all have seen it, and adds up how long that took them.
    func all() async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let (isThere, failure) = state.withLock { state in
                let isThere = state.seen.count >= watchers
                if !isThere, state.failure == nil { state.waiter = continuation }
                return (isThere, state.failure)
            }
            if let failure {
                continuation.resume(throwing: BenchFailure(failure))
            } else if isThere {
                continuation.resume()
            }
        }
        state.withLock { state in
            guard let answered = state.answered else { return }
            for seen in state.seen {
                state.sinceSending.append(Double((seen - state.sent).nanoseconds) / 1e6)
                // An event may be there before the answer is.
                state.sinceAnswer.append(max(0, Double((seen - answered).nanoseconds) / 1e6))
            }
        }
    }

    /// One JSON object.
    func report() throws -> String {
        let seen = state.withLock { $0 }
        if let failure = seen.failure { throw BenchFailure(failure) }
        func text(_ values: [Double]) -> String {
            let spread = Spread(values)
            return #"{"p50":\#(spread.at(0.5)),"p99":\#(spread.at(0.99)),"longest":\#(spread.at(1))}"#
        }
        let (sending, answer) = (text(seen.sinceSending), text(seen.sinceAnswer))
        return #"{"events":\#(seen.sinceSending.count),"sending":\#(sending),"answer":\#(answer)}"#
    }
}
