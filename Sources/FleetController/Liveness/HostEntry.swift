package import Fleet
import FleetProtocol
import NIOCore
import SessionLifecycle
import Synchronization

/// One enrolled host in the controller's memory: who it is, what it should run, what it last said, whether it lives.
package final class HostEntry: Sendable {
    struct State: Sendable {
        var host: FleetHost
        var assignment: Assignment?
        var report: HostReport?
        var outboxAcknowledged: UInt64
        /// When it was last heard; the store learns it every 30 s.
        var lastHeard: Instant?
        /// Since when its lease has lapsed; `nil` while it is alive, and during an amnesty.
        var unreachableSince: Instant?
        var session: HostSessionHandler?
    }

    /// The host's id.
    package let id: String
    let state: Mutex<State>

    init(host: FleetHost, assignment: Assignment?, report: HostReport?, outbox: UInt64, lastHeard: Instant?) {
        id = host.id
        state = Mutex(
            State(
                host: host,
                assignment: assignment,
                report: report,
                outboxAcknowledged: outbox,
                lastHeard: lastHeard
            )
        )
    }

    /// The host as enrolled.
    package var host: FleetHost { state.withLock { $0.host } }
    /// The newest report.
    package var report: HostReport? { state.withLock { $0.report } }
    /// Whether a session is open and its lease alive.
    package var isConnected: Bool { state.withLock { $0.session != nil && $0.unreachableSince == nil } }
    /// When it was last heard.
    package var lastHeard: Instant? { state.withLock { $0.lastHeard } }
    /// Since when its lease has lapsed.
    package var unreachableSince: Instant? { state.withLock { $0.unreachableSince } }

    /// A lease or any other sign of life that counts has arrived. Returns whether the host had been called down.
    func heard(at now: Instant) -> Bool {
        state.withLock {
            $0.lastHeard = now
            guard $0.unreachableSince != nil else { return false }
            $0.unreachableSince = nil
            return true
        }
    }

    /// Takes an assignment over after its commit and sends it if a session is open. An older one is ignored.
    func assign(_ assignment: Assignment) {
        let session = state.withLock { state -> HostSessionHandler? in
            if let known = state.assignment, known.version >= assignment.version { return nil }
            state.assignment = assignment
            return state.session
        }
        session?.sendAssignment(assignment)
    }
}
