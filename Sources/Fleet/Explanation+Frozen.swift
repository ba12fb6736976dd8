extension Explanation {
    private static let frozen = "frozen: "

    /// Nothing moves, because the controller's store is an old backup.
    package static func frozen(because reason: String, since: Instant) -> Explanation {
        Explanation(
            why: frozen + reason,
            since: since,
            who: "an admin, on the controller's machine",
            next: "muster-controller thaw --data DIR"
        )
    }

    /// Whether it says that nothing moves at all.
    package var isFrozen: Bool { why.hasPrefix(Self.frozen) }
}
