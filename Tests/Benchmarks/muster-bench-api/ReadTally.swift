import NIOCore
import Synchronization

/// What all connections together were answered, and the next turn.
final class ReadTally: Sendable {
    private struct State {
        var turn = 0
        var refused = 0
        var microseconds: [UInt32] = []
        var failure: String?
    }

    let begin: NIODeadline
    let end: NIODeadline
    private let state = Mutex(State())

    init(from begin: NIODeadline, to end: NIODeadline) {
        self.begin = begin
        self.end = end
    }

    /// The number of the next request; `nil` when there is no more.
    func next(at now: NIODeadline) -> Int? {
        guard now < end else { return nil }
        return state.withLock { state in
            defer { state.turn += 1 }
            return state.turn
        }
    }

    /// A request was answered.
    func answered(_ status: Int, sent: NIODeadline, at now: NIODeadline) {
        guard now >= begin, now < end else { return }
        state.withLock { state in
            if status == 200 {
                state.microseconds.append(UInt32(clamping: (now - sent).nanoseconds / 1000))
            } else {
                state.refused += 1
            }
        }
    }

    /// A connection broke.
    func broke(_ why: String) {
        state.withLock { state in
            if state.failure == nil { state.failure = why }
        }
    }

    /// One JSON object.
    func report() throws -> String {
        let seen = state.withLock { $0 }
        if let failure = seen.failure { throw BenchFailure(failure) }
        let times = Spread(seen.microseconds.map { Double($0) / 1000 })
        let counts = #""requests":\#(seen.microseconds.count),"refused":\#(seen.refused)"#
        return #"{\#(counts),"p50":\#(times.at(0.5)),"p99":\#(times.at(0.99))}"#
    }
}
