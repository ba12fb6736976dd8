extension Explanation {
    private static let frozen = "frozen: "
    private static let quarantine = " is in quarantine: "

    /// Nothing moves, because the controller's store is an old backup.
    package static func frozen(because reason: String, since: Instant) -> Explanation {
        Explanation(
            why: frozen + reason,
            since: since,
            who: "an admin, on the controller's machine",
            next: "muster-controller thaw --data DIR"
        )
    }

    /// Nothing moves on one host, which alone says that it has seen more than the store.
    ///
    /// - Parameter reason: what it says.
    package static func quarantine(of host: String, because reason: String, since: Instant) -> Explanation {
        Explanation(
            why: "\(host)\(quarantine)\(reason); nothing moves there",
            since: since,
            who: "an admin, on the controller's machine",
            next: "muster-controller thaw --data DIR if the store was restored from a backup; else look at the host"
        )
    }

    /// Nothing moves on one host, because nothing tells it from its copy.
    package static func quarantine(ofClone host: String, since: Instant) -> Explanation {
        Explanation(
            why: "\(host)\(quarantine)several machines have its identity, and nothing tells which of them is the host; "
                + "nothing moves there",
            since: since,
            who: "whoever can reach the machines: stop the copy",
            next: "muster describe host \(host)"
        )
    }

    /// Whether it says that nothing moves on one host.
    package var isQuarantine: Bool { why.contains(Self.quarantine) }

    /// Whether it says that nothing moves at all.
    package var isFrozen: Bool { why.hasPrefix(Self.frozen) }
}
