import Fleet

/// Why nothing is sent to one host: it alone says that it has seen more than the store.
struct HostQuarantine: Hashable, Sendable {
    /// What it says that it has journalled.
    var claim: AssignmentVersion
    /// Since when.
    var since: Instant

    /// In words that follow the host's name.
    var words: String { "is in quarantine: \(reason)" }

    /// For people.
    func explanation(of host: String) -> Explanation {
        .quarantine(of: host, because: reason, since: since)
    }

    private var reason: String {
        "it reports assignment \(claim.generation) of epoch \(claim.epoch), which this store has never given"
    }
}
