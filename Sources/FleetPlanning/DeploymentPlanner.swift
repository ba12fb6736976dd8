package import Fleet

/// Desired + observed + now → plan and reasons, for one deployment.
///
/// ```
/// rollout:  progressing ──every reachable target verified──▶ succeeded
///               │  └─ a target failed ──▶ aborting ──everyone back──▶ aborted
///               └─ its revision condemned, or removal ──▶ cancelled;  a newer content ──▶ superseded
/// ```
///
/// Planning twice from the same picture gives the same plan; planning from a plan's own result changes nothing.
package struct DeploymentPlanner: Sendable {
    let picture: DeploymentPicture
    let now: Instant
    /// The id that a rollout gets if this step starts one.
    let freshRollout: String

    /// A planner of one step.
    package init(picture: DeploymentPicture, now: Instant, freshRollout: String) {
        self.picture = picture
        self.now = now
        self.freshRollout = freshRollout
    }

    /// The plan of this step.
    package func plan() -> DeploymentPlan {
        var after = picture
        after.rollout = startedRollout() ?? picture.rollout.map(ended)
        if let rollout = after.rollout, !rollout.state.isTerminal {
            let advanced = advanced(rollout)
            after.rollout = advanced
            if advanced.state == .succeeded {
                after.succeeded.removeAll { $0.digest == advanced.revision.digest }
                after.succeeded.append(advanced.revision)
            }
        }
        let items = items(of: after)
        return DeploymentPlan(
            rollout: after.rollout,
            succeeded: after.succeeded,
            items: items,
            explanations: DeploymentExplainer(picture: after, items: items).explanations(),
            isRemoved: picture.isRemoving && items.isEmpty
        )
    }

    // MARK: The rollout

    /// The rollout that this step starts: the written content is not wanted, not condemned, was not tried, and a host
    /// is there to try it.
    private func startedRollout() -> Rollout? {
        guard !picture.isRemoving, picture.holds.condemning(picture.written.reference) == nil else { return nil }
        if let rollout = picture.rollout {
            let isSame = rollout.revision.digest == picture.written.digest
            let isOver = rollout.state.isTerminal
            guard !isSame || (isOver && picture.isRolloutAsked) else { return nil }
            guard isOver || rollout.state == .progressing else { return nil }
        }
        guard picture.written.digest != picture.wanted?.digest else { return nil }
        let selected = picture.hosts.filter(\.isSelected)
        guard !selected.isEmpty else { return nil }
        return Rollout(
            id: freshRollout,
            deployment: picture.uid,
            revision: picture.written.reference,
            since: now,
            reason: "wave 1: the first host",
            startedAt: now,
            targets: Self.targets(of: selected, now: now)
        )
    }

    /// The frozen list: one reachable host first, the others after it, in the order of their names.
    package static func targets(of hosts: [DeploymentPicture.Host], now: Instant) -> [Rollout.Target] {
        let sorted = hosts.sorted { $0.name < $1.name }
        let first = sorted.first { $0.unreachableSince == nil } ?? sorted.first
        return sorted.map { host in
            Rollout.Target(
                host: host.id,
                name: host.name,
                wave: host.id == first?.id ? 0 : 1,
                since: now,
                unreachableSince: host.unreachableSince
            )
        }
    }

    /// A rollout that something else has overtaken.
    private func ended(_ rollout: Rollout) -> Rollout {
        guard !rollout.state.isTerminal else { return rollout }
        var rollout = rollout
        if picture.isRemoving {
            rollout.end(.cancelled, because: "the deployment is being deleted", at: now)
        } else if let hold = picture.holds.condemning(rollout.revision) {
            rollout.end(.cancelled, because: "\(hold.actor) rolled it back: \(hold.reason)", at: now)
        }
        return rollout
    }

    private func advanced(_ rollout: Rollout) -> Rollout {
        var rollout = rollout
        drop(fromTargetsOf: &rollout)
        for index in rollout.targets.indices { observe(&rollout.targets[index], in: rollout) }
        if rollout.state == .progressing {
            if rollout.targets.isEmpty {
                rollout.end(.cancelled, because: "no host of its list is selected any more", at: now)
            } else if let failed = rollout.targets.first(where: \.hasFailed) {
                rollout.state = .aborting
                rollout.since = now
                rollout.reason = "\(failed.name): \(failed.reason ?? "failed")"
            } else {
                advanceWaves(&rollout)
            }
        }
        if rollout.state == .aborting, isEveryoneBack(from: rollout) {
            let stuck = rollout.targets.filter { target in
                picture.hosts.first { $0.id == target.host }?.currentReport?.serving?.digest == rollout.revision.digest
            }
            let names = stuck.map(\.name).joined(separator: ", ")
            let note = stuck.isEmpty ? "" : "; could not go back and still serve it: \(names)"
            rollout.end(.aborted, because: rollout.reason + note, at: now)
        }
        return rollout
    }

    /// A host that was deselected or is gone will never say anything about the revision: it leaves the list.
    private func drop(fromTargetsOf rollout: inout Rollout) {
        rollout.targets.removeAll { target in
            picture.hosts.first { $0.id == target.host }?.isSelected != true
        }
    }

    /// Takes over what a target's host says about this rollout's revision.
    private func observe(_ target: inout Rollout.Target, in rollout: Rollout) {
        guard let host = picture.hosts.first(where: { $0.id == target.host }) else { return }
        target.unreachableSince = target.state == .verified ? nil : host.unreachableSince
        guard rollout.state == .progressing, let report = host.currentReport,
            report.goal?.digest == rollout.revision.digest
        else { return }
        if target.state != report.state || target.reason != report.reason {
            target.since = target.state == report.state ? target.since : report.since
            target.state = report.state
            target.reason = report.reason
        }
    }

    private func advanceWaves(_ rollout: inout Rollout) {
        if rollout.wave == 0, let other = rollout.targets.firstIndex(where: { $0.unreachableSince == nil }) {
            let first = rollout.targets.firstIndex { $0.wave == 0 }
            if first.map({ rollout.targets[$0].unreachableSince != nil }) ?? true {
                if let first { rollout.targets[first].wave = 1 }
                rollout.targets[other].wave = 0
            }
        }
        let last = rollout.targets.map(\.wave).max() ?? 0
        while rollout.wave < last, rollout.isWaveDone(rollout.wave) {
            rollout.wave += 1
            rollout.since = now
            rollout.reason = "wave \(rollout.wave + 1): the other hosts"
        }
        if rollout.wave >= last, rollout.isWaveDone(last) {
            let missing = rollout.targets.count { $0.state != .verified }
            let note = missing == 0 ? "" : "; \(missing) cannot be reached and will follow on return"
            let verified = rollout.targets.count - missing
            rollout.end(
                .succeeded,
                because: "verified on \(verified) of \(rollout.targets.count) hosts\(note)",
                at: now
            )
        }
    }

    /// Whether every reachable host has ended what it was told instead of an aborted rollout's revision: it is back, or it
    /// said that it cannot.
    private func isEveryoneBack(from rollout: Rollout) -> Bool {
        rollout.targets.allSatisfy { target in
            guard let host = picture.hosts.first(where: { $0.id == target.host }), host.isSelected,
                host.unreachableSince == nil, let item = host.item
            else { return true }
            if item.revision?.digest == rollout.revision.digest { return false }
            guard let report = host.currentReport else { return false }
            return report.state.isTerminal || report.state == .pending
        }
    }
}

extension Rollout {
    /// Whether every reachable target of a wave, and of those before it, is verified, and at least one is.
    fileprivate func isWaveDone(_ wave: Int) -> Bool {
        let due = targets.filter { $0.wave <= wave }
        return due.allSatisfy { $0.state == .verified || $0.unreachableSince != nil }
            && due.contains { $0.state == .verified }
    }

    fileprivate mutating func end(_ state: State, because reason: String, at now: Instant) {
        self.state = state
        self.reason = reason
        since = now
    }
}

extension Rollout.Target {
    /// Whether the host tried and failed.
    fileprivate var hasFailed: Bool {
        switch state {
        case .failed, .reverting, .reverted, .revertFailed: true
        case .pending, .staging, .staged, .stoppingOld, .starting, .probing, .switching, .observing, .verified,
            .removing,
            .removed:
            false
        }
    }
}
