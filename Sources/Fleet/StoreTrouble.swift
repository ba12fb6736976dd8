/// That the controller's store cannot be written now: kept in memory, since just that cannot be stored.
package struct StoreTrouble: Hashable, Sendable, Codable {
    /// Since when.
    package var since: Instant
    /// When a write last failed.
    package var latest: Instant
    /// How many writes have failed since.
    package var failures: UInt64
    /// What the newest of them said: what failed, where, why, what to do next.
    package var reason: String

    /// A store that cannot be written.
    package init(since: Instant, latest: Instant, failures: UInt64, reason: String) {
        self.since = since
        self.latest = latest
        self.failures = failures
        self.reason = reason
    }
}

extension Explanation {
    private static let unwritable = "the controller cannot write to its store"

    /// Nothing moves, because the controller could not remember it.
    package static func unwritable(_ trouble: StoreTrouble) -> Explanation {
        Explanation(
            why: "\(unwritable), so that rollouts stand still and changes are refused; what serves goes on: "
                + trouble.reason,
            since: trouble.since,
            who: "whoever can log in to the controller's machine",
            next: "there: df -h, and make room or see to the disk; it goes on by itself"
        )
    }

    /// Whether it says that the controller cannot write.
    package var isUnwritable: Bool { why.hasPrefix(Self.unwritable) }
}
