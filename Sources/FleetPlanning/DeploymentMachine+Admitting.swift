package import Fleet

extension DeploymentMachine {
    /// Hears for which sites a slot has come free.
    mutating func hearOfSlots(_ sites: inout SiteLedger?) {
        guard let freed = sites?.takeFreed(for: desired.uid), !freed.isEmpty else { return }
        for index in tally.sites.indices where freed.contains(tally.sites[index].name) {
            tally.stageSites.insert(index)
        }
    }

    /// Tells the ledger who fetches and who no longer does; all of it, if it has not heard of this machine.
    private mutating func tellSlots(_ sites: inout SiteLedger?) {
        defer { changedSlots = [] }
        guard isLedgerTold else {
            isLedgerTold = true
            sites?.replace(deployment: desired.uid, holders: slotHolders)
            return
        }
        for position in changedSlots {
            let host = slots[position].host
            if slots[position].place.isStaging {
                sites?.hold(site: host.site, host: host.id, deployment: desired.uid)
            } else {
                sites?.release(host: host.id, deployment: desired.uid)
            }
        }
        hearOfSlots(&sites)
    }

    /// The hosts that hold a slot as it stands, by id, with their sites: the ledger has to hear of them before any other
    /// deployment is planned. O(hosts).
    package mutating func holders(at now: Instant) -> [String: String] {
        self.now = now
        var holders: [String: String] = [:]
        for slot in slots where isStaging(slot.host) { holders[slot.host.id] = slot.host.site }
        return holders
    }

    private var slotHolders: [String: String] {
        var holders: [String: String] = [:]
        for slot in slots where slot.place.isStaging { holders[slot.host.id] = slot.host.site }
        return holders
    }

    /// Lets begin whatever may begin now. Returns whether anything did.
    mutating func admit(_ sites: inout SiteLedger?) -> Bool {
        guard sites != nil else { return false }
        tellSlots(&sites)
        // What a host has said of the same order before answers a new one at once, and may pause what would move.
        if admitStaging(&sites) {
            tellSlots(&sites)
            return true
        }
        let isOpen = calendar.isOpen(at: now)
        var hasBegun = admitBack()
        if isOpen, admitGo() { hasBegun = true }
        if admitStanding(isOpen: isOpen) { hasBegun = true }
        if isOpen, admitRehearsals() { hasBegun = true }
        if isOpen, admitRemoval() { hasBegun = true }
        tellSlots(&sites)
        return hasBegun
    }

    var inFlightLimit: Int {
        let size = desired.rollout.flatMap { $0.state.isTerminal ? nil : $0.size } ?? max(tally.selected, tally.items)
        return max(desired.policy.rollout.maxInFlight.hosts(of: size), 1)
    }

    private mutating func admitBack() -> Bool {
        var hasBegun = false
        while tally.inFlight < inFlightLimit, let position = tally.back.first {
            give(settledItem(slots[position].host), .back, to: position)
            settle(position)
            hasBegun = true
        }
        return hasBegun
    }

    private mutating func admitGo() -> Bool {
        guard let rollout = desired.rollout, rollout.state == .progressing || rollout.state == .baking,
            let revision = desired.revision(rollout.revision)
        else { return false }
        var hasBegun = false
        for wave in 0...rollout.wave {
            while let position = tally.go[wave].first {
                let isFree = isThere(slots[position].host, rollout.revision)
                guard isFree || tally.inFlight < inFlightLimit else { return hasBegun }
                give(template(.converge, revision, slots[position].host), .go, to: position)
                settle(position)
                hasBegun = true
            }
        }
        return hasBegun
    }

    private mutating func admitStanding(isOpen: Bool) -> Bool {
        var hasBegun = false
        while tally.inFlight < inFlightLimit, let site = tally.standingSites.first {
            let limit = max(desired.policy.rollout.maxInFlight.hosts(of: tally.sites[site].selected), 1)
            guard tally.sites[site].standingInFlight < limit, let seat = tally.sites[site].standingGo.first else {
                tally.standingSites.remove(site)
                continue
            }
            let position = tally.sites[site].positions[seat]
            // Nobody is disturbed where nothing serves.
            guard isOpen || slots[position].host.report?.serving == nil else {
                tally.standingSites.remove(site)
                continue
            }
            give(settledItem(slots[position].host), nil, to: position)
            settle(position)
            hasBegun = true
        }
        return hasBegun
    }

    private mutating func admitRemoval() -> Bool {
        var hasBegun = false
        while tally.removing < inFlightLimit, let position = tally.removal.first {
            give(template(.remove, nil, slots[position].host), nil, to: position)
            settle(position)
            hasBegun = true
        }
        return hasBegun
    }

    private mutating func admitStaging(_ sites: inout SiteLedger?) -> Bool {
        var hasBegun = false
        while let site = tally.stageSites.first {
            guard var position = nextToStage(at: site) else {
                tally.stageSites.remove(site)
                continue
            }
            let host = slots[position].host
            if sites?.take(site: host.site, host: host.id, deployment: desired.uid) != true {
                if sites?.isOver(at: host.site) == true {
                    if endUnwanted(at: site) { hasBegun = true }
                    tally.stageSites.remove(site)
                    continue
                }
                guard let holder = holderToStage(at: site) else {
                    tally.stageSites.remove(site)
                    continue
                }
                position = holder
            }
            stage(position)
            hasBegun = true
        }
        return hasBegun
    }

    /// A host of a site that may stage now and has a slot already: it fetches there what nobody wants any more.
    private func holderToStage(at site: Int) -> Int? {
        let entry = tally.sites[site]
        guard entry.held > 0 else { return nil }
        let wave = desired.rollout.flatMap { $0.state.isForward && $0.state != .paused ? $0.wave + 1 : nil } ?? -1
        return entry.positions.first { position in
            // One that has not been heard of may have none.
            guard slots[position].place.isStaging, slots[position].host.report?.state == .staging else { return false }
            return switch slots[position].place.queue {
            case .stage(let own): own <= wave
            case .standingStage: true
            case .go, .back, .standingGo, .removal, .rollback, .drill, nil: false
            }
        }
    }

    /// Where more fetch than may, those that fetch what nobody wants any more make ready what they serve instead: that gives
    /// their slots back, and moves nothing. Returns whether there are any.
    private mutating func endUnwanted(at site: Int) -> Bool {
        var hasEnded = false
        for position in tally.sites[site].positions where slots[position].place.isStaging {
            let host = slots[position].host
            let wanted: RevisionReference?
            switch slots[position].place.queue {
            case .stage: wanted = desired.rollout?.revision
            case .standingStage: wanted = desired.settled(on: host.id)
            case .go, .back, .standingGo, .removal, .rollback, .drill, nil: continue
            }
            guard let fetched = host.item?.revision?.digest, fetched != wanted?.digest,
                let serving = servingItem(host), fetched != serving.revision?.digest
            else { continue }
            give(serving, nil, to: position)
            settle(position)
            hasEnded = true
        }
        return hasEnded
    }

    /// The host of a site whose turn to stage is next: lower waves first, one wave ahead, then those outside a rollout.
    private func nextToStage(at site: Int) -> Int? {
        let entry = tally.sites[site]
        if let rollout = desired.rollout, rollout.state.isForward, rollout.state != .paused {
            for wave in 0...(rollout.wave + 1) {
                if let seat = entry.stage[wave]?.first { return entry.positions[seat] }
            }
        }
        return entry.standingStage.first.map { entry.positions[$0] }
    }

    private mutating func stage(_ position: Int) {
        let isListed = if case .stage = slots[position].place.queue { true } else { false }
        let host = slots[position].host
        let reference = isListed ? desired.rollout?.revision : desired.settled(on: host.id)
        guard let reference, let revision = desired.revision(reference) else {
            settle(position)
            return
        }
        give(template(.stage, revision, host), isListed ? .stage : nil, to: position)
        changedSlots.insert(position)
        settle(position)
    }

    // MARK: Items

    /// Brings items up to date that ask for what they asked, so many at a time.
    mutating func bringUpToDate() {
        var left = PlanningTimes.refreshBatch
        while left > 0, let position = tally.stale.first {
            left -= 1
            if let item = slots[position].host.item {
                var next = template(item.order, item.revision, slots[position].host)
                next.endpoint = item.endpoint
                give(next, nil, to: position)
            }
            settle(position)
        }
    }

    /// A host's item changes.
    mutating func give(_ item: AssignmentItem, _ asked: RolloutTarget.Asked?, to position: Int) {
        note(position)
        // What says the same gets no number of its own: the host is not asked again, and what it has said holds.
        var item = item
        if let old = slots[position].host.item, old.saysTheSame(as: item) { item.number = old.number }
        slots[position].host.item = item
        noteTurn(item, position)
        var asked = asked
        if case .rollback = item.order, desired.rollout?.state.isTerminal == false,
            slots[position].host.target?.asked == .stage
        {
            // It takes the place of the order to stage, and what was made ready may be gone afterwards.
            asked = .nothing
        }
        guard let asked, var target = slots[position].host.target, target.asked != asked else { return }
        target.asked = asked
        target.state = .pending
        target.since = now
        target.sinceActive = desired.rollout?.clock.value(at: now) ?? target.sinceActive
        target.fetched = 0
        slots[position].host.target = target
        changedTargets.insert(position)
    }

    /// Keeps what a host had before this step.
    mutating func note(_ position: Int) {
        guard changedItems[position] == nil else { return }
        changedItems[position] = .some(slots[position].host.item)
    }

    /// Counts a host anew at once, so that the next one is not admitted in its place.
    mutating func settle(_ position: Int) {
        dirty.insert(position)
        lookAtDirty()
    }
}
