package import Fleet

/// A host in one line of a long list: what `muster get hosts` shows.
package struct HostSummary: Hashable, Sendable {
    /// For people; unique within the project.
    package var name: String
    /// What selectors see.
    package var labels: [String: String]
    /// Whether its lease is alive.
    package var connected: Bool
    /// Whether its certificates are refused.
    package var isRevoked: Bool
    /// Whether nothing is sent to it, since it has seen more than the store, or several machines are it.
    package var isQuarantined: Bool
    /// Whether an operator keeps new things from it.
    package var isCordoned: Bool
    /// When it was last heard.
    package var lastSeen: Instant?
    /// How many warnings its full view bears.
    package var warnings: Int
    /// How many replicas it has; `nil` for a host that has not reported.
    package var replicas: Int?
    /// How many of them serve, and are as they should be.
    package var serving: Int?

    /// What memory holds of a host.
    init(_ state: HostEntry.State, at now: Instant) {
        let clone = state.clone.flatMap { $0.isFresh(at: now) ? $0 : nil }
        name = state.host.name
        labels = state.host.labels
        connected = state.session != nil && state.unreachableSince == nil
        isRevoked = state.host.isRevoked
        isQuarantined = state.quarantine != nil || clone?.keepsHostOut == true
        lastSeen = state.lastHeard
        isCordoned = state.host.cordon != nil
        warnings =
            (state.report?.warnings.count ?? 0) + state.adoptionWarnings(of: state.host).count
            + (clone == nil ? 0 : 1)
        replicas = state.report?.replicas.count
        serving = state.report?.serving
    }
}
