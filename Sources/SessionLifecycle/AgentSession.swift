package import Fleet

/// The agent's end of one control connection: what to send when.
///
/// ```
/// greeting ──welcomed──▶ established ──goodbye | disconnected──▶ closed
///    └────────────goodbye | disconnected────────────────────────▶ closed
/// ```
///
/// Status is a level: while one is unacknowledged no second is sent; what changed meanwhile goes out as one when the
/// acknowledgement arrives, so a slow controller never queues old states. Legal races, dropped silently: whatever
/// arrives after `goodbye`.
package struct AgentSession: Sendable {
    /// What the controller's Welcome says.
    package struct Welcome: Hashable, Sendable {
        /// The version both speak.
        package var version: UInt32
        /// The controller's epoch.
        package var epoch: UInt64
        /// Between two leases.
        package var leaseInterval: Span
        /// The newest outbox entry that the controller has stored.
        package var outboxAcknowledged: UInt64

        /// What a Welcome says.
        package init(version: UInt32, epoch: UInt64, leaseInterval: Span, outboxAcknowledged: UInt64) {
            self.version = version
            self.epoch = epoch
            self.leaseInterval = leaseInterval
            self.outboxAcknowledged = outboxAcknowledged
        }
    }

    /// What the controller's Ack says.
    package struct Ack: Hashable, Sendable {
        /// The newest status that arrived.
        package var status: UInt64
        /// The newest outbox entry that is stored.
        package var outbox: UInt64
        /// Send the full status again.
        package var resync: Bool

        /// What an Ack says.
        package init(status: UInt64, outbox: UInt64, resync: Bool) {
            self.status = status
            self.outbox = outbox
            self.resync = resync
        }
    }

    /// What to do.
    package enum Action: Hashable, Sendable {
        /// Send the newest status under this sequence.
        case sendStatus(sequence: UInt64)
        /// Forget outbox entries up to and including this one.
        case releaseOutbox(through: UInt64)
        /// Send every outbox entry after this one.
        case sendOutbox(after: UInt64)
        /// Send a lease with this number.
        case sendLease(number: UInt64)
        /// Close the connection; dial again after the span, or by the backoff's rule if there is none.
        case close(reconnectAfter: Span?)
    }

    private struct Established: Sendable {
        var leaseInterval: Span
        var lease: UInt64 = 0
        var statusSent: UInt64 = 0
        var statusAcknowledged: UInt64 = 0
        var outboxSent: UInt64
        var isStatusStale = false
    }

    private enum State: Sendable {
        case greeting
        case established(Established)
        case closed
    }

    private var state: State = .greeting
    /// The sequence of the newest status made by this process; lives longer than one session.
    package private(set) var statusSequence: UInt64

    /// A connection was made and the Hello goes out.
    package init(statusSequence: UInt64) {
        self.statusSequence = statusSequence
    }

    /// Between two leases; `nil` before the Welcome.
    package var leaseInterval: Span? {
        if case .established(let established) = state { established.leaseInterval } else { nil }
    }

    /// The Welcome arrived. A second one is the controller's error.
    package mutating func welcomed(_ welcome: Welcome) -> [Action] {
        guard case .greeting = state,
            LinkProtocol.agreed(oldest: welcome.version, newest: welcome.version) != nil
        else {
            state = .closed
            return [.close(reconnectAfter: nil)]
        }
        var established = Established(leaseInterval: welcome.leaseInterval, outboxSent: welcome.outboxAcknowledged)
        let status = sendStatus(&established)
        established.lease = 1
        state = .established(established)
        return [
            .releaseOutbox(through: welcome.outboxAcknowledged), status,
            .sendOutbox(after: welcome.outboxAcknowledged), .sendLease(number: 1),
        ]
    }

    /// The host's state has changed.
    package mutating func statusChanged() -> [Action] {
        guard case .established(var established) = state else { return [] }
        guard established.statusSent == established.statusAcknowledged else {
            established.isStatusStale = true
            state = .established(established)
            return []
        }
        let action = sendStatus(&established)
        state = .established(established)
        return [action]
    }

    /// Entries up to `last` stand in the outbox.
    package mutating func outboxGrew(through last: UInt64) -> [Action] {
        guard case .established(var established) = state, last > established.outboxSent else { return [] }
        let from = established.outboxSent
        established.outboxSent = last
        state = .established(established)
        return [.sendOutbox(after: from)]
    }

    /// The next lease is due.
    package mutating func leaseDue() -> [Action] {
        guard case .established(var established) = state else { return [] }
        established.lease += 1
        state = .established(established)
        return [.sendLease(number: established.lease)]
    }

    /// An Ack arrived.
    package mutating func acknowledged(_ ack: Ack) -> [Action] {
        guard case .established(var established) = state else { return [] }
        var actions: [Action] = [.releaseOutbox(through: ack.outbox)]
        established.statusAcknowledged = max(established.statusAcknowledged, ack.status)
        let isSettled = established.statusAcknowledged >= established.statusSent
        if ack.resync || (isSettled && established.isStatusStale) {
            actions.append(sendStatus(&established))
        }
        state = .established(established)
        return actions
    }

    /// A Goodbye arrived.
    package mutating func goodbyeReceived(reconnectAfter: Span) -> [Action] {
        if case .closed = state { return [] }
        state = .closed
        return [.close(reconnectAfter: reconnectAfter)]
    }

    private mutating func sendStatus(_ established: inout Established) -> Action {
        statusSequence += 1
        established.statusSent = statusSequence
        established.isStatusStale = false
        return .sendStatus(sequence: statusSequence)
    }
}
