import Fleet

/// What a rollback would mean for one host: what its receipt would begin with, and where it would go.
struct RollbackFate {
    var kind: Receipt.Kind
    /// `nil` where it would not move, or has nowhere to go.
    var to: RevisionReference?
    /// What is in the way; for people.
    var reason: String?
    /// Whether it could go there now, by its own word.
    var readiness: RollbackReadiness.State?

    init(
        _ host: RollbackBasis.Host,
        _ basis: RollbackBasis,
        _ condemned: [RevisionReference],
        _ target: RevisionReference?
    ) {
        kind = .unaffected
        guard Self.isConcerned(host, condemned) else { return }
        to = target ?? Self.wayBack(host, basis, condemned)
        if host.isPinned {
            kind = .pinned
            to = nil
            reason = host.report?.pin.map {
                "\($0.text); nothing moves there until `muster-agent unpin \(basis.name)`"
            }
            return
        }
        if let to, let readiness = host.readiness, readiness.revision?.digest == to.digest {
            self.readiness = readiness.state
            reason = readiness.state == .ready ? nil : readiness.reason
        }
        guard to != nil else {
            kind = .noTarget
            reason = "no revision that succeeded there is left"
            return
        }
        kind = host.unreachableSince == nil ? .inProgress : .offline
    }

    /// Whether somebody should look at it.
    var needsAttention: Bool {
        switch kind {
        case .unaffected, .done: false
        case .inProgress: readiness == .notReady
        case .offline, .noTarget, .pinned, .failed: true
        }
    }

    private static func isConcerned(_ host: RollbackBasis.Host, _ condemned: [RevisionReference]) -> Bool {
        if let serving = host.serving, condemned.contains(where: { $0.isSameContent(as: serving) }) { return true }
        guard let goal = host.goal else { return false }
        return condemned.contains { $0.isSameContent(as: goal) }
    }

    private static func wayBack(
        _ host: RollbackBasis.Host,
        _ basis: RollbackBasis,
        _ condemned: [RevisionReference]
    ) -> RevisionReference? {
        host.good.last { revision in
            !condemned.contains { $0.isSameContent(as: revision) }
                && !basis.holds.contains { $0.condemns(revision) && $0.applies(to: host.id) }
        }
    }
}
