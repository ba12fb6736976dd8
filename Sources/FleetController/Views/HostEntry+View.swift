import Fleet
import Synchronization

extension HostEntry {
    /// What people see of it.
    ///
    /// - Parameters:
    ///   - host: what is stored of it in a transaction that has not ended; else what memory has.
    ///   - frozen: what a frozen controller says beside every host.
    ///   - storedReport: what counts where memory has none.
    func view(
        of host: FleetHost? = nil,
        frozen: [Explanation],
        storedReport: HostReport? = nil,
        now: Instant
    ) -> HostView {
        let state = state.withLock { $0 }
        let host = host ?? state.host
        let report = state.report ?? storedReport
        let clone = clone(at: now)
        var explanations = frozen
        if let clone, clone.keepsHostOut, !host.isRevoked {
            explanations.append(.quarantine(ofClone: host.name, since: clone.since))
        }
        if let quarantine = state.quarantine { explanations.append(quarantine.explanation(of: host.name)) }
        if let since = state.unreachableSince {
            explanations.append(
                Explanation(
                    why: "its lease has lapsed",
                    since: since,
                    who: "whoever can reach host \(host.name)"
                )
            )
        }
        return HostView(
            host: host,
            connected: state.session != nil && state.unreachableSince == nil,
            lastSeen: state.lastHeard,
            certificateEnds: host.isRevoked ? nil : state.certificateEnds,
            report: report,
            warnings: (report?.warnings.map(\.text) ?? []) + state.adoptionWarnings(of: host)
                + (clone.map { [$0.text(of: state.host)] } ?? []),
            explanations: explanations
        )
    }
}
