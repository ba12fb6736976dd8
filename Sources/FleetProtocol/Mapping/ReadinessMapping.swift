package import Fleet

extension WireRollbackReadiness {
    package init(_ readiness: RollbackReadiness) {
        self.init()
        state =
            switch readiness.state {
            case .none: .none
            case .checking: .checking
            case .ready: .ready
            case .notReady: .notReady
            }
        if let revision = readiness.revision { self.revision = WireRevisionReference(revision) }
        if let reason = readiness.reason { self.reason = reason }
        verifiedAtMs = readiness.verifiedAt?.milliseconds ?? 0
    }

    /// `nil` for a state that this controller does not know.
    package func readiness() throws(ProtocolError) -> RollbackReadiness? {
        let known: RollbackReadiness.State
        switch state {
        case .none: known = .none
        case .checking: known = .checking
        case .ready: known = .ready
        case .notReady: known = .notReady
        case .unspecified, .UNRECOGNIZED: return nil
        }
        return RollbackReadiness(
            known,
            revision: hasRevision ? try revision.reference("RollbackReadiness.revision") : nil,
            reason: reason.isEmpty ? nil : PeerText.words(reason),
            verifiedAt: verifiedAtMs <= 0 ? nil : PeerText.instant(verifiedAtMs)
        )
    }
}
