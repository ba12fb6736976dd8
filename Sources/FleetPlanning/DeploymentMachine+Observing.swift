import Fleet

extension DeploymentMachine {
    /// Looks at every host that may have changed: its target, what it should have, where it counts.
    mutating func lookAtDirty() {
        while let position = dirty.first {
            dirty.remove(position)
            look(at: position)
        }
    }

    private mutating func look(at position: Int) {
        let old = slots[position].place
        let site = slots[position].site
        let seat = slots[position].seat
        observe(position)
        observeRollback(position)
        var queue: HostPlace.Queue?
        // Taken out first: with both in one expression the whole machine would be copied.
        let seen = slots[position].host
        switch decision(on: seen) {
        case .rest: break
        case .queue(let kind): queue = kind
        case .assign(let item, let asked): give(item, asked, to: position)
        case .drop:
            note(position)
            slots[position].host.item = nil
        }
        let host = slots[position].host
        let place = place(of: host, queue: queue)
        slots[position].place = place
        if place.isStaging != old.isStaging { changedSlots.insert(position) }
        if place != old || queue != nil {
            tally.remove(old, at: position, site: site, seat: seat)
            tally.add(place, at: position, site: site, seat: seat)
        }
        setDeadlines(position)
    }

    /// Takes over what a host says about the rollout's revision, and whether it can be heard at all.
    private mutating func observe(_ position: Int) {
        guard let rollout = desired.rollout, !rollout.state.isTerminal, var target = slots[position].host.target else {
            return
        }
        let host = slots[position].host
        observeStanding(of: host, &target)
        if let report = host.currentReport {
            observe(report, &target, rollout)
        } else if target.asked == .stage, target.state != .staged || !wasReady(host) {
            // It was installed anew, or has done other things since the store's backup: what it had made ready is gone.
            target.state = .pending
        }
        observeDarkness(of: host, &target, rollout)
        guard target != host.target else { return }
        if target.state != host.target?.state {
            target.since = now
            target.sinceActive = rollout.clock.value(at: now)
            if target.state == .verified, target.asked == .go { hasProven = true }
        }
        slots[position].host.target = target
        changedTargets.insert(position)
    }

    /// Whether the host can take the deployment at all.
    private func observeStanding(of host: DeploymentPicture.Host, _ target: inout RolloutTarget) {
        guard target.state != .verified, target.failure == nil else { return }
        let reason: String? =
            if let ineligible = host.ineligible {
                ineligible
            } else if let pin = host.report?.pin {
                "it is \(pin.text)"
            } else {
                nil
            }
        if case .skipped = target.overlay { return }
        // What it was told already it ends.
        if let cordon = host.cordon, target.asked == .nothing || target.asked == .stage {
            target.overlay = .skipped(reason: "it is \(cordon.text)")
            return
        }
        // A hold for every host ends the rollout.
        if let revision = desired.rollout?.revision, let hold = desired.condemned(revision, on: host.id),
            hold.hosts != nil
        {
            target.overlay = .skipped(reason: "\(hold.actor) rolled it back there: \(hold.reason)")
            return
        }
        // It is asked again, in its turn: it may take the port over now.
        if case .excluded = target.overlay, isGranted(host) {
            target.overlay = nil
            target.reason = nil
            target.asked = .nothing
            target.state = .pending
        }
        switch target.overlay {
        case .skipped: return
        case .ineligible(let known) where reason == nil || known != reason: target.overlay = nil
        case nil, .unreachable, .presumedFailed, .deferred, .ineligible, .excluded: break
        }
        if let reason {
            target.overlay = .ineligible(reason: reason)
        } else if !host.isSelected {
            target.overlay = .skipped(reason: "the deployment no longer selects it")
        }
    }

    private mutating func observe(_ report: ReplicaReport, _ target: inout RolloutTarget, _ rollout: Rollout) {
        switch target.asked {
        case .nothing: break
        case .stage:
            guard report.goal?.digest == rollout.revision.digest else { return }
            observeStaging(report, &target)
        case .go:
            guard report.goal?.digest == rollout.revision.digest, target.state != .verified else { return }
            observeMove(report, &target)
        case .back:
            if report.state.isTerminal, target.state != .verified || report.goal?.digest != rollout.revision.digest {
                target.state = report.state == .revertFailed ? .revertFailed : .reverted
            }
        }
    }

    private mutating func observeStaging(_ report: ReplicaReport, _ target: inout RolloutTarget) {
        if let fetched = report.fetchedBytes, fetched != target.fetched {
            target.fetched = fetched
            target.sinceActive = desired.rollout?.clock.value(at: now) ?? target.sinceActive
        }
        switch report.state {
        case .staged, .verified:
            target.state = .staged
            if case .excluded = target.overlay { target.overlay = nil }
            target.reason = nil
        case .failed, .reverting, .reverted, .revertFailed: exclude(&target, report)
        case .pending, .staging:
            target.state = report.state
            target.reason = report.reason
        case .stoppingOld, .starting, .probing, .switching, .observing:
            // It starts again what it serves; what it says of a failure is about what it was to make ready.
            if report.failure != nil { exclude(&target, report) }
        case .removing, .removed: break
        }
    }

    private mutating func observeMove(_ report: ReplicaReport, _ target: inout RolloutTarget) {
        let before = target.state
        target.state = report.state
        target.reason = report.reason
        switch report.state {
        case .verified:
            target.failure = nil
            target.overlay = nil
        case .failed, .reverting, .reverted, .revertFailed:
            switch report.failure?.kind {
            case .fetch, .refused, .digest: exclude(&target, report)
            case nil where before.isBeforeStart && report.failure == nil && target.failure == nil:
                exclude(&target, report)
            case .transition, nil:
                target.failure = report.reason ?? "failed"
                target.overlay = nil
            }
        case .pending, .staging, .staged, .stoppingOld, .starting, .probing, .switching, .observing, .removing,
            .removed:
            break
        }
    }

    /// Files that cannot be had, or a host that refuses: it is reported, and the wave goes on without it.
    private mutating func exclude(_ target: inout RolloutTarget, _ report: ReplicaReport) {
        let reason = report.reason ?? "it refused"
        let isNews = target.overlay != .excluded(reason: reason)
        if isNews, report.failure?.kind == .digest { digestTrouble = "\(target.name): \(reason)" }
        target.state = report.state
        target.reason = reason
        target.overlay = .excluded(reason: reason)
    }

    /// A host that cannot be heard: unreachable before its move, presumed to have failed some time after it.
    private func observeDarkness(
        of host: DeploymentPicture.Host,
        _ target: inout RolloutTarget,
        _ rollout: Rollout
    ) {
        guard let since = host.unreachableSince, target.state != .verified else {
            if case .unreachable = target.overlay { target.overlay = nil }
            return
        }
        switch target.overlay {
        case nil, .deferred, .unreachable: break
        case .presumedFailed, .skipped, .ineligible, .excluded: return
        }
        switch target.asked {
        case .nothing, .stage:
            guard target.failure == nil else { return }
            target.overlay = .unreachable(since: since)
            let hasBegun = (rollout.pause?.from ?? rollout.state) != .preflight
            if desired.policy.rollout.unreachable == .fail, target.wave <= rollout.wave, hasBegun {
                target.failure = "it could not be reached when its turn came"
            }
        case .go:
            guard target.failure == nil, now >= since + PlanningTimes.dark else { return }
            target.overlay = .presumedFailed(since: now)
            target.failure = "dark for \(PlanningTimes.dark) after it was told to move"
        case .back: break
        }
    }
}

extension TargetState {
    /// Whether nothing of the host's replica has been touched in it.
    fileprivate var isBeforeStart: Bool {
        switch self {
        case .pending, .staging, .staged: true
        case .stoppingOld, .starting, .probing, .switching, .observing, .verified, .failed, .reverting, .reverted,
            .revertFailed, .removing, .removed:
            false
        }
    }
}
