import Fleet

/// How many bytes may come: `rate` a second, and `burst` at once after a silence (a token bucket).
struct ByteAllowance: Hashable, Sendable {
    let rate: Double
    let burst: Double
    private var left: Double
    private var last: Span

    init(rate: Double, burst: Double, at now: Span) {
        self.rate = rate
        self.burst = burst
        left = burst
        last = now
    }

    /// Whether so many bytes may come now; then they have.
    mutating func admits(_ bytes: Int, at now: Span) -> Bool {
        let seconds = Double(max(0, now.milliseconds - last.milliseconds)) / 1000
        left = min(burst, left + seconds * rate)
        last = now
        guard left >= Double(bytes) else { return false }
        left -= Double(bytes)
        return true
    }
}
