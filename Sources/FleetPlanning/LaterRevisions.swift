package import Fleet

/// What is later than a revision that people go back to (DESIGN §8, `--to VERSION`): no host may stay on it, or come back to it.
package struct LaterRevisions: Sendable {
    private let succeeded: [RevisionReference]
    private let rollout: Rollout?

    /// What is known without asking hosts.
    ///
    /// - Parameters:
    ///   - succeeded: the revisions whose rollout succeeded, the newest last.
    ///   - rollout: the newest rollout.
    package init(succeeded: [RevisionReference], rollout: Rollout?) {
        self.succeeded = succeeded
        self.rollout = rollout
    }

    /// What succeeded after the target, what a rollout takes to the hosts, and everything newer that a host serves, moves to,
    /// or may come back to, whether its rollout has succeeded or not; each written content once.
    ///
    /// Other revisions of the target's own written content cannot be told from it and are left alone.
    ///
    /// - Parameter reports: what each host last said about the deployment.
    package func than(_ target: RevisionReference, on reports: some Sequence<ReplicaReport>) -> [RevisionReference] {
        let index = succeeded.lastIndex { $0.digest == target.digest } ?? succeeded.count - 1
        var later = Array(succeeded[(index + 1)...])
        if let rollout, !rollout.state.isTerminal { later.append(rollout.revision) }
        for report in reports {
            let own = [report.serving, report.previous, report.provisional, report.movesTo]
            later += own.compactMap(\.self).filter { $0.number > target.number }
        }
        var seen = Set([target.written])
        return later.filter { $0.digest != target.digest && seen.insert($0.written).inserted }
    }
}

extension ReplicaReport {
    /// What the replica moves to; `nil` while it does not move. What it has only made ready it will not move to.
    package var movesTo: RevisionReference? {
        switch state {
        case .pending, .staging, .staged, .verified, .reverted, .revertFailed, .removed: nil
        case .stoppingOld, .starting, .probing, .switching, .observing, .failed, .reverting, .removing: goal
        }
    }
}
