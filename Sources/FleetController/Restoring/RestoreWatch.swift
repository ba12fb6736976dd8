import Fleet
import FleetStore
import Synchronization

/// Knows the epoch, and whether the controller is frozen; told from event loops when a host has seen more than the store.
///
/// From the first such word on nothing is sent to hosts, although the planning loop stores it only with its next turn.
final class RestoreWatch: Sendable {
    /// The highest number that a peer may name: far above all that a controller can give, and far below an overflow.
    static let highest: UInt64 = 1 << 53

    private struct State {
        var record: ControllerRecord
        /// What hosts have seen and the store has not given, by host id; not stored yet.
        var sightings: [String: AssignmentVersion] = [:]
    }

    private let state: Mutex<State>

    init(_ record: ControllerRecord) {
        state = Mutex(State(record: record))
    }

    /// The epoch that is stored.
    var epoch: UInt64 { state.withLock { $0.record.epoch } }

    /// Whether nothing may be sent to hosts.
    var isFrozen: Bool { state.withLock { $0.record.frozen != nil || !$0.sightings.isEmpty } }

    /// What waits to be stored.
    var sightings: [String: AssignmentVersion] { state.withLock { $0.sightings } }

    /// A host says what it has journalled.
    ///
    /// - Parameter given: the highest generation that it can have from this store.
    /// - Returns: whether it has seen what this store has never given.
    func greeted(_ host: String, with version: AssignmentVersion, given: UInt64) -> Bool {
        state.withLock { state in
            let known = AssignmentVersion(epoch: state.record.epoch, generation: given)
            guard version > known else { return false }
            state.sightings[host] = version
            return true
        }
    }

    /// The store has frozen or thawed; of two records the later one counts.
    ///
    /// - Parameter sightings: those that are stored with it.
    func committed(_ record: ControllerRecord, storing sightings: [String: AssignmentVersion] = [:]) {
        state.withLock { state in
            for (host, version) in sightings where state.sightings[host] == version { state.sightings[host] = nil }
            if record.revision >= state.record.revision { state.record = record }
        }
    }
}
