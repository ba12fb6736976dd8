package import Fleet

/// How long each step may take: DESIGN §8, and the backoff of §7.
package enum ReplicaTimes {
    /// From the start of a process until its model is ready.
    package static let start = Span.seconds(600)
    /// From ready until the golden probe has been answered.
    package static let probe = Span.seconds(300)
    /// From proven until the endpoint leads to it.
    package static let switching = Span.seconds(60)
    /// How long a host without a session waits for its turn in a rollback before it goes by itself.
    package static let turn = Span.seconds(60)
    /// The wait before the first restart of a process that died; it doubles with each further one.
    package static let firstBackoff = Span.seconds(10)
    /// The longest wait before a restart.
    package static let longestBackoff = Span.seconds(300)

    /// The wait before the next start after so many failures in a row (1…): 10 s · 2ⁿ, at most 5 min.
    package static func backoff(afterFailures failures: Int) -> Span {
        let doublings = min(max(failures - 1, 0), 16)
        let wait = firstBackoff.milliseconds << Int64(doublings)
        return Span(milliseconds: min(wait, longestBackoff.milliseconds))
    }
}
