import DaemonKit
import Fleet
import Synchronization

/// The machine's time, some days ahead of it or behind; waits that are long end when it is shifted, others as they should or,
/// where it is hasty, at once.
final class ShiftedTime: Sendable {
    private struct State {
        var shift: Span
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var next = 0
    }

    private let state: Mutex<State>

    private let long: Span
    private let isHasty: Bool

    /// - Parameter long: what is a long wait.
    init(days: Int64, long: Span = .seconds(3600), isHasty: Bool = false) {
        self.long = long
        self.isHasty = isHasty
        state = Mutex(State(shift: .seconds(days * 86_400)))
    }

    var source: TimeSource {
        TimeSource(
            now: { TimeSource.system.now() + self.state.withLock(\.shift) },
            elapsed: TimeSource.system.elapsed,
            sleep: { span in
                if span >= self.long {
                    await self.wait()
                } else if !self.isHasty || span < .seconds(2) {
                    try await TimeSource.system.sleep(span)
                }
                try Task.checkCancellation()
            }
        )
    }

    /// How many wait for the time to be shifted.
    var waiters: Int { state.withLock { $0.waiting.count } }

    func shift(days: Int64) {
        let waiting = state.withLock { state in
            state.shift = .seconds(days * 86_400)
            defer { state.waiting = [:] }
            return state.waiting
        }
        for waiter in waiting.values { waiter.resume() }
    }

    private func wait() async {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isLate = state.withLock { state -> Bool in
                    guard !Task.isCancelled else { return true }
                    state.waiting[id] = continuation
                    return false
                }
                if isLate { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
        }
    }
}
