package import Fleet

/// When a host counts as alive.
package struct LeaseRule: Hashable, Sendable {
    /// Between two leases, before jitter.
    package let interval: Span

    /// A rule; 15 s unless the controller says otherwise.
    package init(interval: Span = .seconds(15)) {
        self.interval = interval
    }

    /// How long one lease lives: three intervals.
    package var timeToLive: Span { Span(milliseconds: interval.milliseconds * 3) }

    /// When the agent sends the next lease: the interval ±10 %.
    ///
    /// - Parameter random: uniform in 0 ..< 1.
    package func nextLease(after now: Instant, random: Double) -> Instant {
        let jitter = (random * 0.2 - 0.1) * Double(interval.milliseconds)
        return now + Span(milliseconds: interval.milliseconds + Int64(jitter))
    }

    /// Whether a host has lapsed.
    ///
    /// - Parameter lastLease: when its last lease arrived.
    package func isLapsed(lastLease: Instant, now: Instant) -> Bool {
        now >= lastLease + timeToLive
    }

    /// Until when nobody is called down after a start or stall that ended at `now`.
    package func amnesty(after now: Instant) -> Instant {
        now + timeToLive + ReconnectBackoff.cap
    }
}
