import Fleet

/// Whether the store can be written, by what became of the newest writes.
///
/// A full disk does not fail every write: those that fit into what the store's log has already go through, while larger ones
/// fail again and again. So one that succeeds ends the trouble only when none has failed for a while.
struct WriteStanding: Sendable {
    /// For so long no write must have failed.
    static let calm = Span.seconds(3)

    /// What is wrong now; `nil` when nothing is.
    private(set) var trouble: StoreTrouble?
    /// How many writes have failed since the start.
    private(set) var failures: UInt64 = 0

    /// A write could not be made.
    mutating func failed(_ reason: String, at now: Instant) {
        failures += 1
        trouble = StoreTrouble(
            since: trouble?.since ?? now,
            latest: now,
            failures: (trouble?.failures ?? 0) + 1,
            reason: reason
        )
    }

    /// A write is on disk.
    mutating func succeeded(at now: Instant) {
        guard let known = trouble, now - known.latest >= Self.calm else { return }
        trouble = nil
    }
}
