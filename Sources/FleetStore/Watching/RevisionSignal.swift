import Synchronization

/// Wakes watchers when the store's revision passes theirs. In this process only.
final class RevisionSignal: Sendable {
    private struct State {
        var newest: UInt64 = 0
        var isClosed = false
        var nextWaiter = 0
        var waiters: [Int: (revision: UInt64, continuation: CheckedContinuation<Void, Never>)] = [:]
    }

    private let state = Mutex(State())

    /// Says that the store has come to a revision.
    func advance(to revision: UInt64) {
        let woken = state.withLock { state in
            state.newest = max(state.newest, revision)
            let passed = state.waiters.filter { $0.value.revision < state.newest }
            for key in passed.keys { state.waiters[key] = nil }
            return passed.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume() }
    }

    /// Says that the store has gone back to a revision; wakes everybody once.
    func restart(at revision: UInt64) {
        let woken = state.withLock { state in
            state.newest = revision
            defer { state.waiters = [:] }
            return state.waiters.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume() }
    }

    /// Wakes everybody, now and from now on.
    func close() {
        let woken = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [:] }
            return state.waiters.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume() }
    }

    /// Whether the store was closed.
    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Returns when the store's revision is above this one, the store is closed, or the task is cancelled.
    func wait(above revision: UInt64) async {
        let waiter = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    guard state.newest <= revision, !state.isClosed, !Task.isCancelled else { return true }
                    state.waiters[waiter] = (revision, continuation)
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            let continuation = state.withLock { $0.waiters.removeValue(forKey: waiter)?.continuation }
            continuation?.resume()
        }
    }
}
