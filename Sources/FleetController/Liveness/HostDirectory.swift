import Fleet
import Synchronization

/// Every enrolled host, by id and by name: the controller's memory of who lives.
package final class HostDirectory: Sendable {
    private struct State {
        var entries: [String: HostEntry] = [:]
        /// The ids by the names; a host keeps its name.
        var ids: [String: String] = [:]
        /// How many changes of hosts are stored, or about to be, and have not been taken over here.
        var changes = 0
    }

    private let state = Mutex(State())

    /// Nobody is known yet.
    package init() {}

    /// One host.
    package subscript(id: String) -> HostEntry? { state.withLock { $0.entries[id] } }

    /// One host, if all that is stored of hosts is known here: who was told of a change must not read what was before it.
    func settled(named name: String) -> HostEntry? {
        state.withLock { state in
            state.changes > 0 ? nil : state.ids[name].flatMap { state.entries[$0] }
        }
    }

    /// Runs what stores a change of hosts and takes it over here.
    func changing<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        state.withLock { $0.changes += 1 }
        defer { state.withLock { $0.changes -= 1 } }
        return try await body()
    }

    /// Every host, in no order.
    package var all: [HostEntry] { state.withLock { Array($0.entries.values) } }

    /// Takes a host in, or puts it in the place of what was known of it.
    package func add(_ entry: HostEntry) {
        let name = entry.host.name
        state.withLock { state in
            state.entries[entry.id] = entry
            state.ids[name] = entry.id
        }
    }

    /// Forgets a host.
    package func remove(_ id: String) {
        state.withLock { state in
            guard let name = state.entries.removeValue(forKey: id)?.host.name else { return }
            // Another may have enrolled under its name.
            if state.ids[name] == id { state.ids[name] = nil }
        }
    }
}
