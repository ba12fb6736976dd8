import Synchronization

/// Whose figures are read: every replica that is ready, by the name of its directory.
final class ScrapeTargets: Sendable {
    private struct State {
        var targets: [String: ScrapeTarget] = [:]
        /// Those whose metrics could not be read the last time.
        var silent: Set<String> = []
    }

    private let state = Mutex(State())

    /// Who is read, by key.
    var all: [String: ScrapeTarget] { state.withLock { $0.targets } }

    func put(_ target: ScrapeTarget, key: String) {
        state.withLock { $0.targets[key] = target }
    }

    func remove(_ key: String) {
        state.withLock { state in
            state.targets[key] = nil
            state.silent.remove(key)
        }
    }

    /// Notes whether a target's metrics could be read; whether that is news.
    func note(_ key: String, isSilent: Bool) -> Bool {
        state.withLock { state in
            guard state.targets[key] != nil else { return false }
            return isSilent ? state.silent.insert(key).inserted : state.silent.remove(key) != nil
        }
    }
}
