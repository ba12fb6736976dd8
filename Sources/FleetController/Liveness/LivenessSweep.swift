import Fleet
import Logging
import SessionLifecycle
import Synchronization

/// Calls hosts down whose lease has lapsed, and nobody while the controller itself may be to blame.
final class LivenessSweep: Sendable {
    private struct State: Sendable {
        var amnesty: Instant
        var lastTurn: Span
        /// Whether the present lapse of many was excused once.
        var isMassExcused = false
    }

    private let directory: HostDirectory
    private let rule: LeaseRule
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameters:
    ///   - startedAt: the time of day.
    ///   - elapsed: the clock that never jumps, at the same moment: stalls are measured by it.
    init(directory: HostDirectory, rule: LeaseRule, startedAt: Instant, elapsed: Span, logger: Logger) {
        self.directory = directory
        self.rule = rule
        self.logger = logger
        state = Mutex(State(amnesty: rule.amnesty(after: startedAt), lastTurn: elapsed))
    }

    /// One turn; its owner calls it about once a second. Returns the hosts that were called down.
    func turn(now: Instant, elapsed: Span) -> [HostEntry] {
        let entries = directory.all
        let late = entries.filter { entry in
            entry.state.withLock { state in
                state.unreachableSince == nil && rule.isLapsed(lastLease: Self.lastSign(in: state), now: now)
            }
        }
        guard isVerdictAllowed(late: late.count, of: entries.count, now: now, elapsed: elapsed) else { return [] }
        return late.filter { entry in
            // A lease may have come since.
            let isDown = entry.state.withLock { state -> Bool in
                let last = Self.lastSign(in: state)
                guard state.unreachableSince == nil, rule.isLapsed(lastLease: last, now: now) else { return false }
                state.unreachableSince = last
                return true
            }
            if isDown { logger.warning("host unreachable", metadata: ["host": "\(entry.host.name)"]) }
            return isDown
        }
    }

    /// No verdict while this controller may be to blame: after its start, after a stall, and, once, when many lapse
    /// together; until a full paced reconnect could have happened.
    private func isVerdictAllowed(late: Int, of count: Int, now: Instant, elapsed: Span) -> Bool {
        state.withLock { state in
            let stall = elapsed.milliseconds - state.lastTurn.milliseconds
            state.lastTurn = elapsed
            let isMass = late > max(3, count / 10)
            if stall > rule.interval.milliseconds || (isMass && !state.isMassExcused) {
                state.amnesty = max(state.amnesty, rule.amnesty(after: now))
            }
            state.isMassExcused = isMass
            return late > 0 && now >= state.amnesty
        }
    }

    private static func lastSign(in state: HostEntry.State) -> Instant {
        state.lastHeard ?? state.host.enrolledAt
    }
}
