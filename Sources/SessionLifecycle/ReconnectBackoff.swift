package import Fleet

/// How long an agent waits before it dials again: decorrelated jitter, 1 s to 60 s, so that a fleet does not dial as one.
///
/// Source: M. Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
package struct ReconnectBackoff: Hashable, Sendable {
    /// The shortest wait.
    package static let base = Span.seconds(1)
    /// The longest wait.
    package static let cap = Span.seconds(60)

    /// A session that lasted so long was worth it.
    package static let lasting = Span.seconds(30)

    private var last = base

    /// Nothing has failed yet.
    package init() {}

    /// An attempt failed. Returns the wait before the next.
    ///
    /// - Parameter random: uniform in 0 ..< 1.
    package mutating func attemptFailed(random: Double) -> Span {
        let low = Double(Self.base.milliseconds)
        let high = max(low, Double(last.milliseconds) * 3)
        last = Span(milliseconds: min(Self.cap.milliseconds, Int64(low + (high - low) * random)))
        return last
    }

    /// A session that had been established is over: the waits begin anew if it was worth it, and go on growing if a
    /// controller welcomes hosts only to lose them.
    package mutating func sessionEnded(after lasted: Span) {
        if lasted >= Self.lasting { last = Self.base }
    }
}
