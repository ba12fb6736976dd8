package import Fleet
import FleetProtocol
import FleetStore
import NIOCore
import RPCTransport
import SessionLifecycle
import Synchronization

/// One enrolled host in the controller's memory: who it is, what it should run, what it last said, whether it lives.
package final class HostEntry: Sendable {
    struct State: Sendable {
        var host: FleetHost
        /// The store's version of the newest change of it that was taken over.
        var version: UInt64 = 0
        var assignment: Assignment?
        var report: HostReport?
        /// Whether the report came to this process; else it is what the store had.
        var hasReported = false
        /// The highest generation that the host can have from this store: stored at the start, or sent since.
        var given: UInt64
        var outboxAcknowledged: UInt64
        /// When it was last heard; the store learns it every 30 s.
        var lastHeard: Instant?
        /// Since when its lease has lapsed; `nil` while it is alive, and during an amnesty.
        var unreachableSince: Instant?
        /// The same of a host that is back, until it says where it stands: planning must not go by what it did before.
        var unheardSince: Instant?
        var session: HostSessionHandler?
        /// When the newest certificate that it got ends.
        var certificateEnds: Instant?
        /// Every connection that was made with one of its certificates, control and bulk.
        var connections: [ObjectIdentifier: RPCServerConnection] = [:]
        /// What its agent can, in bits of `LinkProtocol`, as it said in its newest session.
        var capabilities: UInt64 = 0
        /// Why nothing is sent to it; `nil` for a host that is believed.
        var quarantine: HostQuarantine?
        /// Tells it from its copies.
        var clones = CloneWatch()
        /// What is known of a copy; `nil` when there is none.
        var clone: CloneNotice?

        /// Whether it has as many deployments as a host may have.
        var isFull: Bool { (assignment?.items.count ?? 0) >= FleetLimits.replicasPerHost }

        /// Whether it has an item of a deployment.
        func has(_ deployment: String) -> Bool { assignment?.items.contains { $0.deployment == deployment } ?? false }
    }

    /// The host's id.
    package let id: String
    let state: Mutex<State>

    /// An enrolled host.
    ///
    /// - Parameters:
    ///   - outbox: the newest fact of it that is stored.
    ///   - unreachableSince: since when its lease has lapsed.
    ///   - unheardSince: the same of a host that is back and has not said yet where it stands.
    ///   - hasReported: whether the report came to this process.
    package init(
        host: FleetHost,
        assignment: Assignment?,
        report: HostReport?,
        outbox: UInt64,
        lastHeard: Instant?,
        unreachableSince: Instant? = nil,
        unheardSince: Instant? = nil,
        hasReported: Bool = false
    ) {
        id = host.id
        state = Mutex(
            State(
                host: host,
                assignment: assignment,
                report: report,
                hasReported: hasReported,
                given: assignment?.version.generation ?? 0,
                outboxAcknowledged: outbox,
                lastHeard: lastHeard,
                unreachableSince: unreachableSince,
                unheardSince: unheardSince
            )
        )
    }

    /// The host as enrolled.
    package var host: FleetHost { state.withLock { $0.host } }
    /// The newest report.
    package var report: HostReport? { state.withLock { $0.report } }
    /// Whether the newest report came to this process.
    var hasReported: Bool { state.withLock { $0.hasReported } }
    /// The highest generation that the host can have from this store.
    var given: UInt64 { state.withLock { $0.given } }
    /// Why nothing is sent to it.
    var quarantine: HostQuarantine? { state.withLock { $0.quarantine } }
    /// Whether a session is open and its lease alive.
    package var isConnected: Bool { state.withLock { $0.session != nil && $0.unreachableSince == nil } }
    /// What is known of a copy of it, while that is fresh.
    func clone(at now: Instant) -> CloneNotice? {
        state.withLock { $0.clone }.flatMap { $0.isFresh(at: now) ? $0 : nil }
    }
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
    ///
    /// - Returns: whether the host has become full by it, or has room again.
    @discardableResult
    func assign(_ assignment: Assignment) -> Bool {
        let (session, hasTurned) = state.withLock { state -> (HostSessionHandler?, Bool) in
            if let known = state.assignment, known.version >= assignment.version { return (nil, false) }
            let wasFull = state.isFull
            state.assignment = assignment
            return (state.session, state.isFull != wasFull)
        }
        session?.sendAssignment(assignment)
        return hasTurned
    }

    /// Takes an assignment over without sending it, unless a newer one is known.
    func adopt(_ assignment: Assignment) {
        state.withLock { state in
            if let known = state.assignment, known.version > assignment.version { return }
            state.assignment = assignment
        }
    }

    /// Sends what is known if a session is open that has not had it.
    func sendNewest() {
        let (session, assignment) = state.withLock { ($0.session, $0.assignment) }
        if let assignment { session?.sendAssignment(assignment) }
    }

    /// What a person made of it: its labels, a cordon, or that it is revoked. Of two changes the one that was stored later
    /// counts, whichever comes first.
    ///
    /// - Returns: whether it is anything new.
    func take(_ record: HostRecord) -> Bool {
        state.withLock { state in
            guard record.resourceVersion > state.version else { return false }
            // Also when it is as it was: an earlier change that comes after this one must not count.
            state.version = record.resourceVersion
            guard state.host != record.host else { return false }
            state.host = record.host
            return true
        }
    }

    /// A host that was revoked or deleted is sent away: its session hears why, and a second later every connection is cut.
    /// Whatever they carry ends with them.
    ///
    /// - Parameter why: what its agent logs.
    func sendAway(because why: String) {
        let (session, connections) = state.withLock { ($0.session, Array($0.connections.values)) }
        session?.sayGoodbye(.revoked, reason: why, reconnectAfter: .seconds(60))
        for connection in connections where connection !== session?.connection { connection.close() }
        guard let last = session?.connection else { return }
        last.eventLoop.scheduleTask(in: .seconds(1)) { last.close() }
    }

    /// It has a certificate.
    ///
    /// - Parameter end: when it ends.
    func certified(until end: Instant) {
        state.withLock { $0.certificateEnds = max($0.certificateEnds ?? end, end) }
    }

    /// A connection was made with a certificate of this host.
    func opened(_ connection: RPCServerConnection) {
        state.withLock { $0.connections[ObjectIdentifier(connection)] = connection }
    }

    /// A connection is gone.
    func closed(_ connection: RPCServerConnection) {
        state.withLock { _ = $0.connections.removeValue(forKey: ObjectIdentifier(connection)) }
    }

    /// An assignment is on its way to the host.
    func sent(_ version: AssignmentVersion) {
        state.withLock { $0.given = max($0.given, version.generation) }
    }
}
