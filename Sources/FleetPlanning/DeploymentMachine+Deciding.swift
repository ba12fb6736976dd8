import Fleet

extension DeploymentMachine {
    /// What is to be done about one host.
    enum Decision {
        /// Nothing: it has what it should have, or nobody can do anything.
        case rest
        /// Its turn has to come.
        case queue(HostPlace.Queue)
        /// Its item changes at once.
        case assign(AssignmentItem, RolloutTarget.Asked?)
        /// It has acknowledged its removal.
        case drop
    }

    /// What is to be done about one host; from the host and what is the same for all.
    func decision(on host: DeploymentPicture.Host) -> Decision {
        guard !desired.isFrozen else { return .rest }
        guard host.isSelected, !desired.isRemoving else { return removal(of: host) }
        if let decision = rollbackDecision(on: host) { return decision }
        guard let rollout = desired.rollout, !rollout.state.isTerminal, let target = host.target else {
            return standing(host)
        }
        if rollout.state == .aborting {
            switch target.asked {
            case .go, .back: return wayBack(host)
            case .nothing, .stage: return standing(host)
            }
        }
        return candidate(host, target, rollout)
    }

    // MARK: Removal

    private func removal(of host: DeploymentPicture.Host) -> Decision {
        guard let item = host.item else { return .rest }
        guard item.order == .remove else { return .queue(.removal) }
        return host.currentReport?.state == .removed ? .drop : .rest
    }

    // MARK: The rollout

    private func candidate(
        _ host: DeploymentPicture.Host,
        _ target: RolloutTarget,
        _ rollout: Rollout
    ) -> Decision {
        if case .skipped = target.overlay {
            return target.asked == .nothing || target.state == .verified ? .rest : wayBack(host)
        }
        switch target.asked {
        case .back: return wayBack(host)
        case .go: return .rest
        case .nothing:
            guard target.failure == nil, host.unreachableSince == nil, isFree(target) else { return .rest }
            // What an older rollout began there ends first: nobody counts a host that moves and stages.
            guard !isGoing(host) || host.isHeldUp else { return .rest }
            if let obsolete = endedFetch(of: host, target, rollout) { return obsolete }
            return .queue(isThere(host, rollout.revision) ? .go(wave: target.wave) : .stage(wave: target.wave))
        case .stage:
            guard target.failure == nil, host.unreachableSince == nil, isFree(target), target.state == .staged else {
                return .rest
            }
            return .queue(.go(wave: target.wave))
        }
    }

    /// A host that fetches what an older rollout asked for, and whose turn has not come, makes ready what it serves instead:
    /// that gives its slot back and moves nothing.
    private func endedFetch(
        of host: DeploymentPicture.Host,
        _ target: RolloutTarget,
        _ rollout: Rollout
    ) -> Decision? {
        guard let item = host.item, item.revision?.digest != rollout.revision.digest, isFetching(host) else {
            return nil
        }
        // In its slot it fetches the candidate as soon as it may.
        guard target.wave > rollout.wave + 1 || rollout.state == .paused, let serving = servingItem(host),
            item.revision?.digest != serving.revision?.digest
        else { return nil }
        return decided(serving, nil, host)
    }

    /// An item that has a host make ready what it serves: it ends whatever else it makes ready, and moves nothing. `nil` where
    /// it serves nothing, or what nobody may be told to serve.
    func servingItem(_ host: DeploymentPicture.Host) -> AssignmentItem? {
        guard let serving = host.report?.serving, desired.condemned(serving, on: host.id) == nil,
            let revision = desired.revision(serving)
        else { return nil }
        return template(.stage, revision, host)
    }

    private func isFree(_ target: RolloutTarget) -> Bool {
        switch target.overlay {
        case nil, .deferred: true
        case .unreachable, .presumedFailed, .skipped, .ineligible, .excluded: false
        }
    }

    /// Whether a host serves a revision already, at the endpoint that is wanted.
    func isThere(_ host: DeploymentPicture.Host, _ revision: RevisionReference) -> Bool {
        host.report?.serving?.digest == revision.digest && host.report?.endpoint == desired.endpoint
    }

    /// From a rollout's revision back to what is settled: at once in mid-transition, else when its turn comes.
    private func wayBack(_ host: DeploymentPicture.Host) -> Decision {
        let item = settledItem(host)
        if let old = host.item, old.leadsWhere(item) { return .rest }
        guard host.unreachableSince == nil else { return .rest }
        // Where nothing is settled, one that serves nothing may still go back to what it served.
        let isHome = desired.settled(on: host.id).map { isThere(host, $0) } ?? false
        return isHome || isMoving(host) ? decided(item, .back, host) : .queue(.back)
    }

    // MARK: Outside a rollout

    private func standing(_ host: DeploymentPicture.Host) -> Decision {
        // A host outside the list waits for the rollout's end where there is nothing older to give it.
        guard let settled = desired.settled(on: host.id), let revision = desired.revision(settled) else {
            guard let old = host.item, old.revision != nil || old.order != .converge else { return .rest }
            guard !isMoving(host) else { return decided(settledItem(host), nil, host) }
            return host.unreachableSince == nil ? .queue(.standingGo) : .rest
        }
        let item = template(.converge, revision, host)
        if let old = host.item, old.leadsWhere(item) {
            return isGranted(host) ? decided(item, nil, host) : .rest
        }
        if isThere(host, settled) { return decided(item, nil, host) }
        guard host.unreachableSince == nil else { return .rest }
        if isKeptOut(host) || hasFailed(host, settled) || isLeft(host, settled) { return leftAlone(host, settled) }
        // It moves where nobody wants it any more: it turns round. Where only its endpoint is another, it ends first.
        if isMoving(host) {
            guard !mustArrive(host, settled) else { return .rest }
            return host.item?.revision?.digest == revision.digest ? .rest : decided(item, nil, host)
        }
        // It has the files, and only its endpoint is another: `stage` would name the new one, and look as if it were there.
        if host.report?.serving?.digest == settled.digest { return .queue(.standingGo) }
        if let old = host.item, old.order == .stage, old.revision?.digest == revision.digest,
            old.endpoint == desired.endpoint
        {
            if isGranted(host) { return decided(template(.stage, revision, host), nil, host) }
            return isReady(host) ? .queue(.standingGo) : .rest
        }
        return .queue(.standingStage)
    }

    /// Whether a host has refused what its item asks for, and may take the port over since: that may be all that it lacked.
    func isGranted(_ host: DeploymentPicture.Host) -> Bool {
        guard let item = host.item, item.adoptsPort != true, desired.adoption(on: host) != nil else { return false }
        return host.currentReport?.failure?.kind == .refused
    }

    /// Whether nothing new begins on a host: it is cordoned, has nothing to end, and serves nothing that is condemned.
    private func isKeptOut(_ host: DeploymentPicture.Host) -> Bool {
        guard host.cordon != nil, !isMoving(host) else { return false }
        return host.report?.serving.flatMap { desired.condemned($0, on: host.id) } == nil
    }

    /// Whether a host goes back in a rollback that was taken back, and would come neither there nor home if it turned round:
    /// it arrives first, and then goes on in its turn. Rollbacks have no budget, and what they began must not become moves.
    private func mustArrive(_ host: DeploymentPicture.Host, _ settled: RevisionReference) -> Bool {
        guard case .rollback? = host.item?.order else { return false }
        return host.entry?.from?.digest != settled.digest && host.report?.serving?.digest != settled.digest
    }

    /// A host that stays where it is keeps no order to make ready what a rollout wanted that is over, and hears what is
    /// condemned now: it is told to make ready what it serves, which moves nothing.
    private func leftAlone(_ host: DeploymentPicture.Host, _ settled: RevisionReference) -> Decision {
        guard let item = host.item, let serving = servingItem(host) else { return .rest }
        let isUninformed: Bool
        switch item.order {
        case .stage:
            guard item.revision?.digest == serving.revision?.digest else {
                return item.revision?.digest == settled.digest ? .rest : decided(serving, nil, host)
            }
            isUninformed = item.holds != serving.holds
        // What one that could not go back says of it is all that keeps it from being asked again.
        case .rollback: isUninformed = isLeft(host, settled) && item.holds != serving.holds
        // One that failed under it would take another for leave to try again.
        case .converge, .remove: return .rest
        }
        return isUninformed ? decided(serving, nil, host) : .rest
    }

    /// Whether a host has tried a revision and gone back.
    func hasFailed(_ host: DeploymentPicture.Host, _ revision: RevisionReference) -> Bool {
        desired.hasFailed(host, revision, at: now)
    }

    /// Whether a host is where a rollback took it from what is settled, and its hold was lifted.
    func isLeft(_ host: DeploymentPicture.Host, _ settled: RevisionReference) -> Bool {
        desired.isLeft(host, settled, rollbacks)
    }

    /// Whether a host has staged what its item names.
    func isReady(_ host: DeploymentPicture.Host) -> Bool {
        guard let report = host.currentReport, report.goal?.digest == host.item?.revision?.digest else { return false }
        return report.state == .staged || report.state == .verified
    }

    /// Whether a host had staged what its item names before it was told again, with other holds.
    func wasReady(_ host: DeploymentPicture.Host) -> Bool {
        guard let item = host.item, item.order == .stage, let report = host.report, report.item < item.number else {
            return false
        }
        return report.state == .staged && report.goal?.digest == item.revision?.digest
    }

    // MARK: Items

    /// What a host is to have outside a rollout.
    func settledItem(_ host: DeploymentPicture.Host) -> AssignmentItem {
        template(.converge, desired.settled(on: host.id).flatMap { desired.revision($0) }, host)
    }

    func template(
        _ order: AssignmentItem.Order,
        _ revision: Revision?,
        _ host: DeploymentPicture.Host
    ) -> AssignmentItem {
        AssignmentItem(
            deployment: desired.uid,
            name: desired.name,
            number: 0,
            order: order,
            revision: revision,
            endpoint: desired.endpoint,
            adoptsPort: desired.adoption(on: host) == nil ? nil : true,
            stableFor: desired.policy.rollout.stableFor,
            rollbackStableFor: desired.policy.rollbackStableFor,
            succeeded: Array(desired.succeeded.suffix(FleetLimits.revisionsKept)),
            holds: desired.holds(on: host.id)
        )
    }

    func decided(
        _ item: AssignmentItem,
        _ asked: RolloutTarget.Asked?,
        _ host: DeploymentPicture.Host
    ) -> Decision {
        if let old = host.item, old.saysTheSame(as: item) { return .rest }
        return .assign(item, asked)
    }
}

extension AssignmentItem {
    /// Whether it asks a host for what another item asks, whatever else they say.
    func leadsWhere(_ other: AssignmentItem) -> Bool {
        order == other.order && revision?.digest == other.revision?.digest && endpoint == other.endpoint
    }
}
