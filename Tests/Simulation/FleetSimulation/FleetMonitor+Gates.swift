import Fleet
import FleetAgent
import FleetPlanning
import ReplicaLifecycle

/// What must have happened before something else may: the gates of DESIGN §7 and §8, watched from outside.
extension FleetMonitor {
    /// A candidate on its way up on a host, as this watch has seen it.
    struct Candidate {
        /// What it leads to.
        var goal: Digest
        /// Since when all has been green after its switch.
        var since: Instant?
        /// For how long that is wanted.
        var span = Span.seconds(0)
    }

    // MARK: Hosts

    /// An agent has read its journal and says what it takes up: never a candidate that it finds there.
    func agentStarted(_ host: SimulatedHost, _ record: ReplicaRecord, _ actions: [ReplicaAction]) {
        guard let goal = record.unproven?.goal else { return }
        for action in actions {
            switch action {
            case .adopt(_, let revision) where revision.digest == goal,
                .start(_, let revision, _) where revision.digest == goal:
                goesOn(host, record.deployment, revision.number)
            default: break
            }
        }
    }

    /// A candidate is started; one that the agent has found in its journal is not.
    func startsCandidate(_ host: SimulatedHost, _ deployment: Int, _ revision: RevisionReference) {
        guard let replica = host.replicas[deployment], let unproven = replica.unproven,
            unproven == replica.machine.record.unproven, unproven.goal == revision.digest
        else { return }
        goesOn(host, replica.machine.record.deployment, revision.number)
    }

    private func goesOn(_ host: SimulatedHost, _ deployment: String, _ revision: UInt64) {
        world.fail("candidate after a start", "\(host.id): revision \(revision) of \(deployment) is gone on with")
    }

    /// A machine has taken an event that the journal cannot take: what it looks at goes on, and nothing else is so yet.
    func heldBack(_ host: SimulatedHost, _ deployment: Int) {
        makeRoom(deployment)
        guard let machine = host.replicas[deployment]?.machine else { return }
        watchCandidate(machine.record, machine.state, host, deployment)
    }

    /// A candidate counts as verified only after all was green for as long as its item says.
    func watchCandidate(_ record: ReplicaRecord, _ state: TargetState, _ host: SimulatedHost, _ deployment: Int) {
        let known = ground[host.index][deployment].candidate
        if let passage = record.passage, case .candidate = passage.purpose {
            var candidate = known?.goal == passage.goal.digest ? known : nil
            if state != .observing {
                candidate = Candidate(goal: passage.goal.digest)
            } else if candidate?.since == nil {
                let span = record.item?.stableFor ?? .seconds(0)
                candidate = Candidate(goal: passage.goal.digest, since: world.now, span: span)
            }
            ground[host.index][deployment].candidate = candidate
            return
        }
        guard let known else { return }
        ground[host.index][deployment].candidate = nil
        guard record.passage == nil, record.standing?.digest == known.goal else { return }
        let green = known.since.map { world.now - $0 } ?? .seconds(0)
        if green < known.span {
            world.fail(
                "stableFor",
                "\(host.id): \(record.deployment) is verified after \(green) of green, not \(known.span)"
            )
        }
    }

    /// What is condemned is started only where a receipt says that it goes on; a boot and a rollback start none at all.
    func startsCondemned(_ host: SimulatedHost, _ deployment: Int, _ revision: RevisionReference) {
        guard let replica = host.replicas[deployment], replica.machine.record.condemns(revision) else { return }
        let record = replica.machine.record
        let what = "\(host.id): revision \(revision.number) of \(record.deployment) is started"
        switch record.passage?.goal.digest == revision.digest ? record.passage?.purpose : nil {
        case .rollback?, .local?: world.fail("condemned target", what)
        case .restart?, nil:
            // A hold that came after the agent's start may find it ordered already. What was overtaken by another goal is
            // stopped as soon as it is there: a rollback that was on its way back from a failure tries once more.
            guard replica.holdsFound.condemning(revision) != nil, record.passage == nil else { return }
            if !replica.hasRun, !isKept(record, revision) { world.fail("condemned after a boot", what) }
        // The order to start it may be older than the hold.
        case .candidate?, .comeback?, .revert?: break
        }
    }

    private func isKept(_ record: ReplicaRecord, _ revision: RevisionReference) -> Bool {
        if record.pin != nil || record.kept == revision.digest { return true }
        switch record.settlement?.receipt {
        case .noTarget(.keepServing), .pinned: return true
        case .failed(_, let serving): return serving?.digest == revision.digest
        case .done, .unaffected, .inProgress, .offline, .noTarget(.stop), nil: return false
        }
    }

    // MARK: The link

    /// Facts are stored, after a newest one that was stored before.
    func stored(_ facts: [HostOutcome], of host: Int, after known: UInt64) {
        var known = known
        for fact in facts where fact.sequence > known {
            storedFacts[host].insert(unnumbered(fact))
            if fact.sequence > known + 1, restoredAt == nil {
                world.fail("lost fact", "\(world.hosts[host].id): fact \(fact.sequence) is stored after \(known)")
            }
            known = fact.sequence
        }
    }

    /// The agent hears that facts are stored.
    func acknowledged(_ host: SimulatedHost, _ through: UInt64) {
        if through > world.store.hosts[host.index].outbox, restoredAt == nil {
            world.fail("acknowledged, not stored", "\(host.id): facts through \(through)")
        }
        released(host, through)
        acknowledgedFacts[host.index] = max(acknowledgedFacts[host.index], through)
    }

    /// Facts leave the outbox only when they are stored.
    private func released(_ host: SimulatedHost, _ through: UInt64) {
        let state = host.disk.state
        guard restoredAt == nil, state.isNumbered, through <= state.lastOutcome else { return }
        for fact in state.outbox where fact.sequence <= through && !storedFacts[host.index].contains(unnumbered(fact)) {
            return world.fail("fact never stored", "\(host.id): \(fact.kind) of \(fact.deployment)")
        }
    }

    /// A fact without its number, which an agent may give anew until the controller has been heard.
    private func unnumbered(_ fact: HostOutcome) -> HostOutcome {
        var fact = fact
        fact.sequence = 0
        return fact
    }

    /// At the end no fact waits any more.
    func checkOutbox(_ host: SimulatedHost) {
        guard host.session != nil, restoredAt == nil,
            let fact = host.disk.state.outbox.first(where: { host.wall - $0.at > Span.seconds(1200) })
        else { return }
        world.fail("fact never sent", "\(host.id): \(fact.kind) of \(fact.deployment), number \(fact.sequence)")
    }

    // MARK: Plans

    /// What a rollout must not do, whatever it is that it does.
    func checkGates(_ rollout: Rollout, _ old: Rollout?, _ row: StoreImage.Row) {
        if world.store.isFrozen, rollout.state.isForward, rollout.state != .paused {
            world.fail("frozen", "\(row.uid): the controller is frozen, and the rollout is \(rollout.state)")
        }
        let hasAdvanced = rollout.state == .succeeded || rollout.wave > old?.wave ?? 0
        if hasAdvanced, old?.state == .baking, rollout.promoted < (old?.wave ?? 0), row.guards != .pass {
            world.fail("guard", "\(row.uid): the rollout goes on, and a guard says \(row.guards)")
        }
        guard rollout.state.isForward, !world.store.isFrozen, !row.isRemoving else { return }
        if case .fail = row.guards, rollout.state != .preflight {
            world.fail("guard", "\(row.uid): a guard fails, and the rollout is \(rollout.state)")
        }
        if rollout.state != .paused, rollout.state != .preflight { checkExclusions(rollout, row) }
    }

    /// More than a fifth of the list left out: a person has to look.
    private func checkExclusions(_ rollout: Rollout, _ row: StoreImage.Row) {
        let isPatient = if case .wait = row.policy.rollout.unreachable { true } else { false }
        let out = row.targets.values.count { target in
            guard target.failure == nil, target.state != .verified else { return false }
            return switch target.overlay {
            case .unreachable: !isPatient && row.policy.rollout.unreachable != .fail
            case .excluded, .ineligible: true
            case .presumedFailed, .deferred, .skipped, nil: false
            }
        }
        if out > rollout.acceptedExclusions, out * 5 > rollout.size, out < rollout.size {
            world.fail("excluded", "\(row.uid): \(out) of \(rollout.size) are left out, and it is \(rollout.state)")
        }
    }

    /// An abort does not wait for hosts that are dark: they follow on return.
    func checkAbort(_ row: StoreImage.Row) {
        let controller = world.controller
        let dark = controller.outOfReach
        let waits = row.targets.values.contains { target in
            let host = world.index(of: target.host)
            guard target.asked == .go || target.asked == .back, dark[host] == nil,
                let item = world.store.hosts[host].items[row.number]
            else { return false }
            let report = controller.reports[host]?.replicas.first { $0.deployment == row.uid }
            return report?.item != item.number || report?.state.isTerminal != true
        }
        guard controller.isUp, !world.store.isFrozen, let rollout = row.rollout, rollout.state == .aborting, !waits
        else {
            courses[row.number].idleSince = nil
            return
        }
        let since = courses[row.number].idleSince ?? world.now
        courses[row.number].idleSince = since
        if world.now - since >= Span.seconds(1200) {
            world.fail(
                "abort",
                "\(row.uid): rollout \(rollout.id) is being aborted, and waits for nobody: \(rollout.reason)"
            )
        }
    }

    /// An abort has asked back everybody who can be reached.
    func checkAborted(_ rollout: Rollout, _ row: StoreImage.Row) {
        let isWanted = row.succeeded.contains { $0.digest == rollout.revision.digest }
        for target in row.targets.values where !isWanted && (target.asked == .go || target.asked == .back) {
            let host = world.index(of: target.host)
            let stored = world.store.hosts[host]
            guard world.controller.outOfReach[host] == nil, row.selector.matches(stored.labels), !stored.isRevoked,
                let item = stored.items[row.number], item.order == .converge,
                item.revision?.digest == rollout.revision.digest
            else { continue }
            world.fail(
                "aborted",
                "\(row.uid): \(target.host) still has the order to go, and rollout \(rollout.id) is aborted"
            )
        }
    }

    /// A host that was proven is no failure.
    func checkTargets(_ plan: DeploymentPlan, _ row: StoreImage.Row) {
        for target in plan.targets where target.state == .verified && target.failure != nil {
            world.fail("proven failure", "\(row.uid): \(target.host) is verified, and counts as failed")
        }
    }

    /// A host is forgotten when it has said that nothing is left there.
    func checkDropped(_ plan: DeploymentPlan, _ row: StoreImage.Row) {
        for name in plan.dropped {
            let report = world.controller.reports[world.index(of: name)]
            let said = report?.replicas.first { $0.deployment == row.uid }
            guard let said, said.state != .removed else { continue }
            world.fail("dropped", "\(row.uid): \(name) is forgotten, and says that it is \(said.state)")
        }
    }

    /// Nothing is ordered while the controller is frozen.
    func checkFrozen(_ changed: [(Int, AssignmentItem?)], _ plan: DeploymentPlan, _ row: StoreImage.Row) {
        guard world.store.isFrozen, !changed.isEmpty || plan.isNewRollout else { return }
        world.fail("frozen", "\(row.uid): \(changed.count) hosts get orders while the controller is frozen")
    }

    /// The brake of removals, when more are ordered: at most so many hosts as may move have been told and have not done it.
    func checkRemovals(_ row: StoreImage.Row) {
        let most = courses[row.number].limits.map(\.limit).max() ?? 1
        let under = world.hosts.filter { host in
            guard let item = world.store.hosts[host.index].items[row.number], item.order == .remove else {
                return false
            }
            if let dark = world.controller.unreachable[host.index], world.controller.now - dark > Span.seconds(570) {
                return false
            }
            let report = world.controller.reports[host.index]?.replicas.first { $0.deployment == row.uid }
            return report?.item != item.number || report?.state != .removed
        }
        guard under.count > most else { return }
        exemptLost()
        let known = under.count { host in
            let item = world.store.hosts[host.index].items[row.number]?.number ?? 0
            return item > ground[host.index][row.number].givenUp
        }
        guard known > most else { return }
        world.fail("removals", "\(row.uid): \(known) hosts are being removed, at most \(most) may")
    }

    /// Outside a rollout too a host that serves is moved only while the window is open. One that an abort takes back is not
    /// kept waiting.
    func checkStanding(_ item: AssignmentItem, _ host: Int, _ row: StoreImage.Row) {
        let name = world.hosts[host].id
        guard item.order == .converge, !isOpen(row), row.targets[name]?.asked != .back,
            let goal = item.revision?.digest, let old = world.store.hosts[host].before[row.number],
            old.order == .stage, old.revision?.digest == goal,
            let said = world.controller.reports[host]?.replicas.first(where: { $0.deployment == row.uid }),
            said.item == old.number, let serving = said.serving, serving.digest != goal
        else { return }
        world.fail("window", "\(row.uid): \(name) is told to leave what it serves while the window is closed")
    }

    /// Nothing new begins on a host that is cordoned: it stays, ends what it was told, or comes home.
    func checkCordon(_ item: AssignmentItem, _ host: Int, _ row: StoreImage.Row) {
        guard world.store.hosts[host].cordon != nil, item.order == .converge || item.order == .stage,
            let goal = item.revision?.digest
        else { return }
        let name = world.hosts[host].id
        let said = world.controller.reports[host]?.replicas.first { $0.deployment == row.uid }
        let old = world.store.hosts[host].before[row.number]
        if said?.serving?.digest == goal || row.targets[name]?.asked == .back { return }
        // What is condemned it leaves all the same.
        if let serving = said?.serving, row.condemned(serving, on: name) != nil { return }
        // It comes home from a rehearsal.
        if let entry = row.entry(of: name), entry.turn == .go, entry.from?.digest == goal { return }
        // It hears the same again.
        if let old, old.order == item.order, old.revision?.digest == goal, old.endpoint == item.endpoint { return }
        // It moves, for all that is known, and turns round.
        if let old, old.order != .stage, old.order != .remove,
            said?.item != old.number || said?.state.isTerminal != true
        {
            return
        }
        world.fail(
            "cordon",
            "\(row.uid): \(name) is cordoned, serves \(said?.serving?.number ?? 0), had "
                + "\(old.map { "\($0.order) \($0.revision?.number ?? 0)" } ?? "nothing"), said \(said?.state.rawValue ?? "-") "
                + "of it, and is told to \(item.order) revision \(item.revision?.number ?? 0)"
        )
    }

    /// A host moves to the candidate only when it has said that it is ready to.
    func checkReady(_ host: Int, _ row: StoreImage.Row, _ reference: RevisionReference) {
        let report = world.controller.reports[host]?.replicas.first { $0.deployment == row.uid }
        if report?.serving?.digest == reference.digest { return }
        let old = world.store.hosts[host].before[row.number]
        guard
            old?.order != .stage || report?.item != old?.number || report?.goal?.digest != reference.digest
                || report?.state != .staged && report?.state != .verified
        else { return }
        world.fail(
            "go before ready",
            "\(row.uid): \(world.hosts[host].id) is told to go, and says \(report?.state.rawValue ?? "nothing")"
        )
    }
}

extension ReplicaRecord {
    /// A candidate under way: what it leads to, and for which item.
    struct Unproven: Hashable {
        var goal: Digest
        var item: UInt64?
    }

    var unproven: Unproven? {
        guard let passage, case .candidate = passage.purpose else { return nil }
        return Unproven(goal: passage.goal.digest, item: item?.number)
    }
}
