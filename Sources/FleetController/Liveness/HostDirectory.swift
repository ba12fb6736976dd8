import Fleet
import Synchronization

/// Every enrolled host, by id: the controller's memory of who lives.
package final class HostDirectory: Sendable {
    private let entries = Mutex<[String: HostEntry]>([:])

    /// Nobody is known yet.
    package init() {}

    /// One host.
    package subscript(id: String) -> HostEntry? { entries.withLock { $0[id] } }

    /// Every host, in no order.
    package var all: [HostEntry] { entries.withLock { Array($0.values) } }

    /// Takes a host in, or puts it in the place of what was known of it.
    package func add(_ entry: HostEntry) {
        entries.withLock { $0[entry.id] = entry }
    }

    /// Forgets a host.
    package func remove(_ id: String) {
        entries.withLock { _ = $0.removeValue(forKey: id) }
    }
}
