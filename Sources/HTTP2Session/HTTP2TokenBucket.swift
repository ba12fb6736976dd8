/// Counts what a peer may do only so often. Holds `burst` tokens at most and regains `perSecond` of them each second.
struct HTTP2TokenBucket {
    private let rate: HTTP2Limits.Rate
    private var tokens: Double
    private var refilledAt: UInt64 = 0

    init(_ rate: HTTP2Limits.Rate) {
        self.rate = rate
        tokens = Double(rate.burst)
    }

    /// Takes one token; false when there is none.
    /// - Parameter now: nanoseconds of any clock that never goes back.
    mutating func take(at now: UInt64) -> Bool {
        if tokens < Double(rate.burst) {
            let elapsed = Double(now &- min(refilledAt, now)) / 1e9
            tokens = min(Double(rate.burst), tokens + elapsed * Double(rate.perSecond))
        }
        refilledAt = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
