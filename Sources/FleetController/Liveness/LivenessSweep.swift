import Fleet
import Logging
import SessionLifecycle
import Synchronization

/// Calls hosts down whose lease has lapsed, and nobody while the controller itself may be to blame.
final class LivenessSweep: Sendable {
    private struct State: Sendable {
        var amnesty: Instant
        var lastTurn: Instant
    }

    private let directory: HostDirectory
    private let rule: LeaseRule
    private let logger: Logger
    private let state: Mutex<State>

    init(directory: HostDirectory, rule: LeaseRule, startedAt: Instant, logger: Logger) {
        self.directory = directory
        self.rule = rule
        self.logger = logger
        state = Mutex(State(amnesty: rule.amnesty(after: startedAt), lastTurn: startedAt))
    }

    /// One turn; its owner calls it about once a second. Returns the hosts that were called down.
    func turn(now: Instant) -> [HostEntry] {
        let amnesty = state.withLock { state in
            let stall = now - state.lastTurn
            state.lastTurn = now
            if stall > rule.interval { state.amnesty = max(state.amnesty, rule.amnesty(after: now)) }
            return state.amnesty
        }
        var lapsed: [HostEntry] = []
        for entry in directory.all {
            let isNew = entry.state.withLock { state -> Bool in
                let last = state.lastHeard ?? state.host.enrolledAt
                guard state.unreachableSince == nil else { return false }
                // A host whose connection is gone for good is told by its lease as well: a drop alone says nothing.
                let excused = state.session == nil ? amnesty : Instant(milliseconds: 0)
                guard rule.isLapsed(lastLease: last, now: now, amnesty: excused) else { return false }
                state.unreachableSince = last
                return true
            }
            if isNew {
                lapsed.append(entry)
                logger.warning("host unreachable", metadata: ["host": "\(entry.host.name)"])
            }
        }
        return lapsed
    }
}
