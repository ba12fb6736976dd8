package import Fleet

/// Desired + observed + now → plan, for one deployment: DESIGN §8. Its owner keeps it and tells it what changes.
///
/// ```
/// rollout:  preflight ──somebody can be reached──▶ progressing ⇄ baking ──the last wave──▶ succeeded
///           preflight, progressing, baking ⇄ paused
///           any of these ──failures, a guard, a person──▶ aborting ──everyone back──▶ aborted
///           any that is not terminal ──newer content──▶ superseded · ──rollback, removal, a person──▶ cancelled
/// target:   nothing ──a slot of its site──▶ stage ──its wave, its turn──▶ go ──failed, skipped, aborted──▶ back
/// ```
///
/// It is made of rules for one host (observing, deciding) and of aggregates that each change of a host keeps up, so that
/// a step costs what has changed and not what there is. Equal pictures make equal machines: a machine that was told of
/// every change plans what one made anew from its picture would.
package struct DeploymentMachine: Sendable {
    struct Slot: Sendable {
        var host: DeploymentPicture.Host
        /// Its site, and its place among the hosts of that site.
        var site = 0
        var seat = 0
        var place = HostPlace()
        /// When its clocks run out: on the rollout's clock, on the wall's. Milliseconds.
        var activeDeadline: Int64?
        var wallDeadline: Int64?
    }

    /// What is the same for all hosts; the picture without them.
    var desired: DeploymentPicture
    /// By position, in the order of names.
    var slots: [Slot] = []
    var positions: [String: Int] = [:]
    var tally = FleetTally(hosts: 0, waves: 0, sites: [])
    var dirty = PositionSet(capacity: 0)
    var activeDeadlines = DeadlineHeap()
    var wallDeadlines = DeadlineHeap()
    /// Whether hosts have come or gone, or sites changed.
    var isStructureOld = false
    /// Whether hosts have gone, so that positions mean other hosts.
    var arePositionsOld = false
    /// Why a wrong digest was reported, in this step.
    var digestTrouble: String?
    /// Whether a host was verified in this step.
    var hasProven = false
    /// Hosts that began or ended fetching since the ledger was told.
    var changedSlots: Set<Int> = []
    /// Whether the ledger has heard of this machine.
    var isLedgerTold = false
    /// Whether this step admits hosts.
    var isAdmitting = false
    /// The rollbacks that stand. They change with the desired state only, and so does the machine.
    let rollbacks: StandingRollbacks
    /// By position, the waves of a rolling rollback that begins in this step.
    var plannedWaves: [Int: Int] = [:]
    /// Whether the waves of rollbacks that begin are planned.
    private var areWavesPlanned = false
    /// Whether a person wants the hosts that failed to try again.
    var isRetried = false
    /// Whether it may be changed now, when that was last asked.
    var wasOpen = true
    /// Whether waves waited for hosts that cannot be reached when it was last asked.
    var waitedFor = false

    // What has changed since the last plan.
    var changedTargets: Set<Int> = []
    var changedItems: [Int: AssignmentItem?] = [:]
    var changedEntries: [Int: RollbackEntry?] = [:]
    /// Entries that ended because a newer rollback took their place.
    var closedEntries: [RollbackEntry] = []
    var storedRollout: Rollout?
    var succeeded: RevisionReference?
    var now = Instant(milliseconds: 0)
    var calendar = OpenTimes.always

    /// Everything from a picture. O(hosts).
    package init(_ picture: DeploymentPicture) {
        desired = picture
        desired.hosts = []
        storedRollout = picture.rollout
        rollbacks = StandingRollbacks(picture)
        slots = picture.hosts.sorted { ($0.name, $0.id) < ($1.name, $1.id) }.map { Slot(host: $0) }
        restructure()
    }

    /// The picture that it stands at. O(hosts).
    package var picture: DeploymentPicture {
        var picture = desired
        picture.hosts = slots.map(\.host)
        return picture
    }

    /// The deployment's uid.
    package var uid: String { desired.uid }

    /// The rollout as it stands.
    package var rollout: Rollout? { desired.rollout }

    /// Takes in what has changed; ``plan(at:calendar:sites:freshRollout:)`` draws the conclusions.
    package mutating func take(_ event: PlanningEvent) {
        switch event {
        case .host(let host): take(host)
        case .gone(let id):
            if arePositionsOld { restructure() }
            guard let position = positions[id] else { return }
            slots[position].host.isSelected = false
            slots[position].host.ineligible = nil
            if slots[position].host.target == nil, slots[position].host.entry?.receipt.isTerminal != false {
                slots.remove(at: position)
                isStructureOld = true
                arePositionsOld = true
            } else {
                look(at: position)
            }
        case .report(let id, let report):
            change(id) { $0.report = report }
        case .reachability(let id, let since):
            change(id) { $0.unreachableSince = since }
        case .guards(let verdict): desired.guards = verdict
        }
    }

    /// The store has given an item its number.
    package mutating func assigned(_ item: AssignmentItem, to host: String) {
        change(host) { host in
            host.item = item
            if case .rollback(let id, _) = item.order, host.entry?.rollback == id {
                host.entry?.itemNumber = item.number
            }
        }
    }

    private mutating func change(_ id: String, _ body: (inout DeploymentPicture.Host) -> Void) {
        if arePositionsOld { restructure() }
        guard let position = positions[id] else { return }
        body(&slots[position].host)
        look(at: position)
    }

    /// Many hosts may come in a row: the aggregates are built anew once, and then every host is looked at.
    private mutating func look(at position: Int) {
        if !isStructureOld { dirty.insert(position) }
    }

    private mutating func take(_ host: DeploymentPicture.Host) {
        if arePositionsOld { restructure() }
        var host = host
        guard let position = positions[host.id] else {
            positions[host.id] = slots.count
            slots.append(Slot(host: host))
            isStructureOld = true
            return
        }
        let known = slots[position].host
        host.item = known.item
        host.report = known.report
        host.target = known.target
        host.entry = known.entry
        host.unreachableSince = known.unreachableSince
        slots[position].host = host
        if host.site != known.site || host.name != known.name { isStructureOld = true }
        look(at: position)
    }

    /// Builds the aggregates anew.
    mutating func restructure() {
        isStructureOld = false
        arePositionsOld = false
        isLedgerTold = false
        changedSlots = []
        slots.sort { ($0.host.name, $0.host.id) < ($1.host.name, $1.host.id) }
        positions = [:]
        var sites: [(name: String, positions: [Int])] = []
        var siteIndexes: [String: Int] = [:]
        for name in Set(slots.map(\.host.site)).sorted() {
            siteIndexes[name] = sites.count
            sites.append((name, []))
        }
        for position in slots.indices {
            positions[slots[position].host.id] = position
            let site = siteIndexes[slots[position].host.site] ?? 0
            slots[position].site = site
            slots[position].seat = sites[site].positions.count
            sites[site].positions.append(position)
        }
        tally = FleetTally(
            hosts: slots.count,
            waves: desired.rollout?.waveEnds.count ?? 0,
            rollbacks: rollbacks.members.count,
            sites: sites
        )
        dirty = PositionSet(capacity: slots.count)
        activeDeadlines = DeadlineHeap()
        wallDeadlines = DeadlineHeap()
        for position in slots.indices {
            slots[position].place = HostPlace()
            slots[position].activeDeadline = nil
            slots[position].wallDeadline = nil
            tally.add(slots[position].place, at: position, site: slots[position].site, seat: slots[position].seat)
            dirty.insert(position)
        }
    }

    /// Every host is looked at again: what is the same for all has changed.
    mutating func lookAtAll() {
        for position in slots.indices { dirty.insert(position) }
    }
}

extension DeploymentMachine {
    /// Decides everything that can be decided now, and returns what changes by it. The cost grows with what changed.
    ///
    /// - Parameters:
    ///   - now: the time of day; it may step.
    ///   - calendar: when the deployment may be changed.
    ///   - sites: slots for fetching; with `nil` nothing new is admitted: no host is asked to stage or to move.
    ///   - freshRollout: the id of the rollout that this step may start.
    package mutating func plan(
        at now: Instant,
        calendar: OpenTimes,
        sites: inout SiteLedger?,
        freshRollout: String
    ) -> DeploymentPlan {
        if isStructureOld { restructure() }
        self.now = now
        self.calendar = calendar
        isAdmitting = sites != nil
        hearOfSlots(&sites)
        let overtaken = endOrStart(freshRollout)
        if !areWavesPlanned {
            areWavesPlanned = true
            planWaves()
        }
        if waitedFor != isWaitedFor {
            waitedFor = isWaitedFor
            lookAtAll()
        }
        if wasOpen != calendar.isOpen(at: now) {
            wasOpen.toggle()
            lookAtAll()
        }
        setClock()
        expireOnWall()
        repeat {
            repeat { lookAtDirty() } while advance()
            setClock()
            plannedWaves = [:]
            // What has run out comes first: it may pause what would begin.
        } while expire() || admitRollbacks() || admit(&sites)
        bringUpToDate()
        lookAtDirty()
        setClock()
        return finished(overtaken)
    }

    private mutating func finished(_ overtaken: Rollout?) -> DeploymentPlan {
        var plan = DeploymentPlan(number: desired.plan)
        if let overtaken {
            plan.overtaken = overtaken
            storedRollout = nil
        }
        if desired.rollout != storedRollout {
            plan.rollout = desired.rollout
            plan.isNewRollout = storedRollout?.id != desired.rollout?.id
        }
        plan.targets = changedTargets.sorted().compactMap { slots[$0].host.target }
        plan.succeeded = succeeded
        for (position, old) in changedItems {
            let host = slots[position].host
            if let item = host.item {
                if let old, old.saysTheSame(as: item) { continue }
                plan.items[host.id] = item
                // The entry bears the item's number.
                if let entry = host.entry, hasItem(of: entry, host) { changedEntries[position] = .some(nil) }
            } else if old != nil {
                plan.dropped.insert(host.id)
            }
        }
        plan.entries = closedEntries
        for (position, old) in changedEntries.sorted(by: { $0.key < $1.key }) {
            if let entry = slots[position].host.entry, entry != old { plan.entries.append(entry) }
        }
        plan.isRemoved = desired.isRemoving && !desired.isFrozen && tally.items == 0
        storedRollout = desired.rollout
        changedTargets = []
        changedItems = [:]
        changedEntries = [:]
        closedEntries = []
        succeeded = nil
        if !plan.isEmpty {
            desired.plan += 1
            plan.number = desired.plan
        }
        plan.wakeAt = wakeAt
        return plan
    }

    /// When something changes by itself next.
    private var wakeAt: Instant? {
        var times: [Instant?] = [wallDeadlines.first.map { Instant(milliseconds: $0.due) }]
        if !tally.stale.isEmpty { times.append(now) }
        if let rollout = desired.rollout, !rollout.state.isTerminal {
            let clock = rollout.clock
            times.append(activeDeadlines.first.flatMap { clock.instant(of: Span(milliseconds: $0.due)) })
            if rollout.state == .progressing {
                times.append(clock.instant(of: rollout.provenAt + PlanningTimes.stalled))
            }
            if let from = rollout.bakedFrom { times.append(clock.instant(of: from + desired.policy.rollout.bake)) }
            if case .wait(let span) = desired.policy.rollout.unreachable, rollout.startedAt + span > now {
                times.append(rollout.startedAt + span)
            }
        }
        if hasWork { times.append(calendar.nextChange(after: now)) }
        return times.compactMap { $0 }.min()
    }

    private var hasWork: Bool { desired.rollout?.state.isTerminal == false || tally.queued > 0 }
}

extension Span {
    static func + (left: Span, right: Span) -> Span { Span(milliseconds: left.milliseconds + right.milliseconds) }
}
