import Fleet

extension DeploymentMachine {
    /// Where a host counts.
    func place(of host: DeploymentPicture.Host, queue: HostPlace.Queue?) -> HostPlace {
        var place = HostPlace()
        place.queue = queue
        place.rollback = inRollback(host)
        place.isSelected = host.isSelected && !desired.isRemoving
        place.hasItem = host.item != nil
        // One that is dark for long keeps its order, and nobody else from their turn.
        let isDark = host.unreachableSince.map { now >= $0 + PlanningTimes.dark } ?? false
        place.isRemoving = host.item?.order == .remove && !isDark
        place.isStaging = isStaging(host)
        let rollout = desired.rollout
        let isOpen = rollout?.state.isTerminal == false
        if isGoing(host) || isUnheard(host) {
            place.isInFlight = true
            let isListed = isOpen && (host.target?.asked == .go || host.target?.asked == .back)
            if case .rollback = host.item?.order {} else { place.isStandingInFlight = !isListed }
        } else {
            // To be told again that nothing is wanted would look like a move of one that waits for its turn, or is cordoned.
            let isWaiting = queue != nil || (host.cordon != nil && desired.settled(on: host.id) != nil)
            let mayBeTold = !isWaiting || host.item?.revision != nil
            place.isStale =
                host.isSelected && !desired.isFrozen && host.unreachableSince == nil && mayBeTold && isStale(host)
        }
        if isOpen, let target = host.target { place.listed = listed(target, queue, isGoing: isGoing(host)) }
        if rollout?.state == .aborting, let target = host.target {
            place.isReturning = isReturning(host, target, queue)
        }
        return place
    }

    /// Whether a host was told to move and its outcome is not in.
    func isMoving(_ host: DeploymentPicture.Host) -> Bool { host.isMoving(at: now) }

    /// Whether a host moves and will arrive somewhere: one that starts again what it serves is told what is next, and takes no
    /// place from others.
    func isGoing(_ host: DeploymentPicture.Host) -> Bool { isMoving(host) && !host.isStartingAgain }

    /// Whether a host has not said anything yet of an item that may move it, though it seems to serve what the item asks for:
    /// its endpoint may be another. It takes a place among those that move until it has.
    private func isUnheard(_ host: DeploymentPicture.Host) -> Bool {
        guard let item = host.item, item.order == .converge, host.unreachableSince == nil,
            let report = host.report, report.pin == nil
        else { return false }
        return report.item != item.number
    }

    /// Whether a host fetches, and so holds a slot of its site. One that cannot be heard goes on fetching, for all that is
    /// known; after a while nobody waits for it.
    func isStaging(_ host: DeploymentPicture.Host) -> Bool {
        if let since = host.unreachableSince, now >= since + PlanningTimes.dark { return false }
        if let rollout = desired.rollout, rollout.state.isForward, let target = host.target, target.isSetAside {
            return false
        }
        return isFetching(host)
    }

    /// Whether a host fetches what it was asked to have ready, or is about to, for all that is known.
    func isFetching(_ host: DeploymentPicture.Host) -> Bool {
        guard let item = host.item, item.order == .stage, !isReady(host) else { return false }
        guard let report = host.currentReport else { return !wasReady(host) }
        guard report.pin == nil else { return false }
        // One that waits for its next try has failed.
        guard report.failure == nil else { return false }
        switch report.state {
        // What it still does of an older order ends before it fetches.
        case .staging, .stoppingOld, .reverting, .removing: return true
        // What fetches always gives a reason.
        case .pending: return report.reason == nil
        // What serves is started again beside it.
        case .starting, .probing, .switching, .observing: return false
        case .staged, .verified, .failed, .reverted, .revertFailed, .removed: return false
        }
    }

    /// Whether a host's item says what is no longer so, and may be said again: one that has failed under it would take that
    /// for leave to try again, out of its turn.
    private func isStale(_ host: DeploymentPicture.Host) -> Bool {
        guard let item = host.item, let report = host.report else { return false }
        // Nobody is told to serve what is condemned: it gets another order.
        if let revision = item.revision?.reference, desired.condemned(revision, on: host.id) != nil { return false }
        // Whoever is ready may wait for long, and hears of holds meanwhile.
        let isAdoptionNews = (item.adoptsPort == true) != (desired.adoption(on: host) != nil)
        if item.order == .stage {
            return isReady(host) && (isAdoptionNews || item.holds != desired.holds(on: host.id))
        }
        guard item.order == .converge else { return false }
        guard report.state == .verified || report.state == .pending,
            item.revision == nil || report.serving?.digest == item.revision?.digest
        else { return false }
        return isAdoptionNews || item.stableFor != desired.policy.rollout.stableFor
            || item.rollbackStableFor != desired.policy.rollbackStableFor
            || item.holds != desired.holds(on: host.id)
            || !item.succeeded.elementsEqual(desired.succeeded.suffix(FleetLimits.revisionsKept))
    }

    private func listed(
        _ target: RolloutTarget,
        _ queue: HostPlace.Queue?,
        isGoing: Bool
    ) -> HostPlace.Listed {
        let category = category(of: target)
        return HostPlace.Listed(
            wave: target.wave,
            category: category,
            isExcluded: category == .excused && target.isExcluded,
            isAsked: category != .waiting || queue == nil,
            isEnding: category == .waiting && queue == nil && target.overlay == nil && isGoing
        )
    }

    private func category(of target: RolloutTarget) -> HostPlace.Category {
        if target.failure != nil { return .failed }
        switch target.overlay {
        case .unreachable: return isWaitedFor ? .waiting : .excused
        case .skipped where target.state == .verified: return .verified
        case .skipped, .ineligible, .excluded: return .excused
        case .presumedFailed: return .failed
        case nil, .deferred: break
        }
        switch target.asked {
        case .nothing: return .waiting
        case .stage: return target.state == .staged ? .staged : .staging
        case .go: return target.state == .verified ? .verified : .moving
        case .back: return .back
        }
    }

    /// Whether waves wait for hosts that cannot be reached.
    var isWaitedFor: Bool {
        guard case .wait(let span) = desired.policy.rollout.unreachable, let rollout = desired.rollout else {
            return desired.policy.rollout.unreachable == .fail
        }
        return now < rollout.startedAt + span
    }

    /// Whether an abort waits for a host: it is to go back, and has neither done so nor said that it cannot.
    private func isReturning(
        _ host: DeploymentPicture.Host,
        _ target: RolloutTarget,
        _ queue: HostPlace.Queue?
    ) -> Bool {
        guard host.unreachableSince == nil, host.isSelected, let item = host.item else { return false }
        guard target.asked == .go || target.asked == .back else { return false }
        // A rollback has an end of its own.
        if case .rollback = item.order { return false }
        guard queue == nil, let report = host.currentReport else { return true }
        return !report.state.isTerminal && report.state != .pending && report.pin == nil
    }

    /// Notes when a host's clocks run out.
    mutating func setDeadlines(_ position: Int) {
        let host = slots[position].host
        let active = activeDeadline(of: host)
        if active != slots[position].activeDeadline {
            slots[position].activeDeadline = active
            if let active { activeDeadlines.insert(.init(due: active, position: position)) }
        }
        let wall = wallDeadline(of: host)
        if wall != slots[position].wallDeadline {
            slots[position].wallDeadline = wall
            if let wall { wallDeadlines.insert(.init(due: wall, position: position)) }
        }
    }

    private func activeDeadline(of host: DeploymentPicture.Host) -> Int64? {
        guard let rollout = desired.rollout, rollout.state.isForward, let target = host.target,
            target.failure == nil, target.overlay == nil, host.unreachableSince == nil,
            let limit = target.limit(stableFor: desired.policy.rollout.stableFor)
        else { return nil }
        return (target.sinceActive + limit).milliseconds
    }

    private func wallDeadline(of host: DeploymentPicture.Host) -> Int64? {
        if let due = placeDeadline(of: host) { return due }
        guard let since = host.unreachableSince, host.item != nil else { return nil }
        let due = since + PlanningTimes.dark
        return now < due ? due.milliseconds : nil
    }

    /// Lets run out what has run out. Returns whether anything did.
    mutating func expire() -> Bool {
        var hasExpired = expireOnWall()
        let shown = desired.rollout?.clock.value(at: now).milliseconds ?? 0
        while let entry = activeDeadlines.first {
            let isMeant = slots[entry.position].activeDeadline == entry.due
            guard !isMeant || entry.due <= shown else { break }
            activeDeadlines.removeFirst()
            guard isMeant else { continue }
            slots[entry.position].activeDeadline = nil
            runOut(entry.position)
            hasExpired = true
        }
        return hasExpired
    }

    /// Looks again at hosts that have been dark or silent for long, before anything is decided: a machine made anew sees them
    /// so at once. Returns whether there are any.
    @discardableResult
    mutating func expireOnWall() -> Bool {
        var hasExpired = false
        while let entry = wallDeadlines.first {
            let isMeant = slots[entry.position].wallDeadline == entry.due
            guard !isMeant || entry.due <= now.milliseconds else { break }
            wallDeadlines.removeFirst()
            guard isMeant else { continue }
            slots[entry.position].wallDeadline = nil
            dirty.insert(entry.position)
            hasExpired = true
        }
        return hasExpired
    }

    /// A step of a host has taken too long.
    private mutating func runOut(_ position: Int) {
        guard var target = slots[position].host.target,
            let limit = target.limit(stableFor: desired.policy.rollout.stableFor)
        else { return }
        if target.asked == .stage {
            target.overlay = .excluded(reason: "the fetch made no progress for \(limit)")
        } else {
            target.failure = "it was \(target.state.words) for \(limit)"
            target.asked = .back
        }
        slots[position].host.target = target
        changedTargets.insert(position)
        dirty.insert(position)
    }
}

extension RolloutTarget {
    /// Whether it counts towards the share of hosts that may be excluded.
    var isExcluded: Bool {
        switch overlay {
        case .unreachable, .ineligible, .excluded: true
        case .presumedFailed, .skipped, .deferred, nil: false
        }
    }

    /// Whether nobody waits for what it stages.
    var isSetAside: Bool {
        switch overlay {
        case .excluded, .skipped, .ineligible: true
        case .unreachable, .presumedFailed, .deferred, nil: false
        }
    }

    /// How long it may be in the state that it is in; `nil` where nothing runs.
    func limit(stableFor: Span) -> Span? {
        switch (asked, state) {
        case (.nothing, _), (.back, _), (_, .verified), (_, .reverted), (_, .revertFailed), (_, .removing),
            (_, .removed):
            nil
        case (.stage, .staged): nil
        case (.stage, _): PlanningTimes.fetch
        case (.go, .probing): PlanningTimes.probe
        case (.go, .switching): PlanningTimes.switching
        case (.go, .observing): stableFor + PlanningTimes.observing
        case (.go, .failed), (.go, .reverting): PlanningTimes.start
        case (.go, _): PlanningTimes.start
        }
    }
}
