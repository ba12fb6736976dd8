import Fleet
import FleetPlanning

/// People who go back, condemn, rehearse, and take it all back again.
extension SimulatedPeople {
    /// What people do where much is taken back. Returns `false` for what they do everywhere.
    static func takeBack(_ number: Int, _ kind: Int, in world: SimulationWorld) -> Bool {
        guard let row = world.store.rows[number] else { return true }
        let isUnderWay = row.rollout?.state.isTerminal == false
        // There is nothing to go back to before two have succeeded.
        if row.succeeded.count(where: { !row.isCondemned($0) }) < 2, world.people.dice.chance(0.7) {
            if !isUnderWay {
                apply(number, in: world)
            } else if row.rollout?.state != .paused {
                promote(number, in: world)
            }
            return row.rollout?.state != .paused
        }
        switch kind {
        case 0..<20: return isUnderWay
        case 45..<56: promote(number, in: world)
        case 64..<91: rollBack(number, in: world)
        case 91..<95:
            if world.people.dice.chance(0.5) { lift(number, in: world) } else { hurryOrUndo(number, in: world) }
        default: return false
        }
        return true
    }

    /// Somebody thinks better of a rollback that has just begun.
    static func regret(_ number: Int, in world: SimulationWorld) {
        guard let row = world.store.rows[number], let newest = row.rollbacks.last else { return }
        world.note("people regret \(newest.rollback) of \(row.uid)")
        let now = world.controller.now
        if newest.drill, world.people.dice.chance(0.7) { return apply(number, in: world) }
        switch world.people.dice.below(8) {
        case 0, 1:
            world.monitor.reach("lift")
            for hold in row.holds where hold.rollback == newest.rollback {
                world.controller.transact(number, .lift(hold: hold.id))
            }
        case 2:
            world.monitor.reach("undo")
            world.controller.transact(number, isFresh: true, .undo(rollback: newest.rollback, at: now))
        case 3: rollBack(number, in: world)
        case 4, 5: deselect(row, in: world)
        case 6 where world.scenario.rate(.restore) > 0: world.loseStore()
        default: hurryOrUndo(number, in: world)
        }
    }

    /// Hosts that are in a rollback are not selected any more.
    private static func deselect(_ row: StoreImage.Row, in world: SimulationWorld) {
        let open = row.openEntries.map { world.store.hosts[world.index(of: $0.host)].site }
        guard let site = open.min() else { return }
        world.monitor.reach("deselected in a rollback")
        reselect(row.number, site: site, in: world)
    }

    private static func promote(_ number: Int, in world: SimulationWorld) {
        world.controller.transact(number, command: .promote(full: world.people.dice.chance(0.7)))
    }

    static func rollBack(_ number: Int, in world: SimulationWorld) {
        guard let picture = world.controller.picture(of: number), !picture.isRemoving, !picture.isFrozen else { return }
        world.people.holds += 1
        let id = "back-\(world.people.holds)"
        let isOften = world.scenario.takesBack
        switch world.people.dice.below(isOften ? 8 : 10) {
        case 0: hold(picture, number, id, in: world)
        case 1: rehearse(picture, number, "drill-\(world.people.holds)", in: world)
        case 2: backTo(picture, number, id, in: world)
        case 3 where isOften: rehearse(picture, number, "drill-\(world.people.holds)", in: world)
        case 4 where isOften, 5 where isOften: backTo(picture, number, id, in: world)
        default:
            guard let wanted = picture.condemnable, picture.condemned(wanted) == nil else { return }
            let hosts = world.people.dice.chance(0.2) ? some(in: world) : nil
            command(picture, number, id, [wanted], hosts: hosts, in: world)
        }
    }

    /// To a revision that has succeeded: every later one is condemned.
    private static func backTo(
        _ picture: DeploymentPicture,
        _ number: Int,
        _ id: String,
        in world: SimulationWorld
    ) {
        let known = picture.succeeded.filter { picture.condemned($0) == nil }
        guard let target = known.randomElement(using: &world.people.dice) else { return }
        let later = LaterRevisions(succeeded: picture.succeeded, rollout: picture.rollout)
            .than(target, on: picture.hosts.compactMap(\.report)).filter { picture.condemned($0) == nil }
        guard !later.isEmpty else { return }
        command(picture, number, id, later.sorted { $0.number < $1.number }, to: target, in: world)
    }

    private static func command(
        _ picture: DeploymentPicture,
        _ number: Int,
        _ id: String,
        _ condemned: [RevisionReference],
        to target: RevisionReference? = nil,
        hosts: [String]? = nil,
        in world: SimulationWorld
    ) {
        let now = world.controller.timeOfDay
        let holds = condemned.map { revision in
            Hold(
                id: "\(id)-\(revision.number)",
                deployment: picture.uid,
                revision: revision,
                actor: "ada",
                reason: "wrong answers",
                since: now,
                rollback: id,
                hosts: hosts
            )
        }
        let order = RollbackOrder(
            rollback: id,
            deployment: picture.uid,
            strategy: world.people.dice.chance(world.scenario.takesBack ? 0.5 : 0.3) ? .rolling : .fast,
            onFailure: world.people.dice.chance(0.25) ? .stop : .keepServing,
            at: now,
            target: target
        )
        world.note("people roll back \(picture.uid): \(order.strategy) \(condemned.map(\.number))")
        world.monitor.reach("rollback \(order.strategy.rawValue)")
        if hosts != nil { world.monitor.reach("rollback of some hosts") }
        if target != nil { world.monitor.reach("rollback to a revision") }
        if picture.holds.contains(where: { $0.rollback != nil }) { world.monitor.reach("rollback of a rollback") }
        if picture.hosts.contains(where: { $0.entry?.receipt.isTerminal == false }) {
            world.monitor.reach("rollback during a rollback")
        }
        if picture.rollout?.state.isTerminal == false { world.monitor.reach("rollback during a rollout") }
        world.controller.transact(number, .rollBack(order, holds, []))
        if world.scenario.takesBack, world.people.dice.chance(0.6) { world.people.regretted = number }
    }

    private static func hold(_ picture: DeploymentPicture, _ number: Int, _ id: String, in world: SimulationWorld) {
        guard let wanted = picture.condemnable, picture.condemned(wanted) == nil else { return }
        let hold = Hold(
            id: id,
            deployment: picture.uid,
            revision: wanted,
            actor: "ada",
            reason: "wrong answers",
            since: world.controller.timeOfDay
        )
        world.monitor.reach("hold")
        world.controller.transact(number, .hold(hold))
    }

    private static func rehearse(_ picture: DeploymentPicture, _ number: Int, _ id: String, in world: SimulationWorld) {
        let chosen = Set(some(in: world))
        let now = world.controller.timeOfDay
        let entries = picture.hosts.filter { host in
            chosen.contains(host.id) && host.isSelected && host.entry?.receipt.isTerminal != false
        }.map { host in
            RollbackEntry(
                rollback: id,
                deployment: picture.uid,
                host: host.id,
                name: host.name,
                since: now,
                receipt: .inProgress(.pending),
                receiptAt: now
            )
        }
        guard !entries.isEmpty, picture.rollout?.state.isTerminal == true else { return }
        world.monitor.reach("drill")
        let order = RollbackOrder(rollback: id, deployment: picture.uid, at: now, drill: true)
        world.controller.transact(number, .rollBack(order, [], entries))
        if world.scenario.takesBack, world.people.dice.chance(0.4) { world.people.regretted = number }
    }

    private static func some(in world: SimulationWorld) -> [String] {
        world.hosts.map(\.id).filter { _ in world.people.dice.chance(0.4) }.sorted()
    }

    /// A hold is lifted, or a whole rollback taken back.
    static func lift(_ number: Int, in world: SimulationWorld) {
        guard let holds = world.store.rows[number]?.holds, !holds.isEmpty else { return }
        let hold = holds[world.people.dice.below(holds.count)]
        if let rollback = hold.rollback, world.people.dice.chance(0.5) {
            world.monitor.reach("undo")
            world.controller.transact(number, isFresh: true, .undo(rollback: rollback, at: world.controller.now))
        } else {
            world.monitor.reach("lift")
            world.controller.transact(number, .lift(hold: hold.id))
        }
    }
}

extension SimulatedPeople {
    /// The newest rehearsal is taken back, or a rolling rollback made fast.
    private static func hurryOrUndo(_ number: Int, in world: SimulationWorld) {
        guard let order = world.store.rows[number]?.rollbacks.last else { return }
        if order.drill {
            world.monitor.reach("undo of a rehearsal")
            world.controller.transact(number, .undo(rollback: order.rollback, at: world.controller.now))
        } else if order.strategy == .rolling {
            world.monitor.reach("made fast")
            world.controller.transact(number, .hurry(rollback: order.rollback))
        }
    }

    /// A rolling rollback that has failed on too many hosts waits for a person, who lets the others go.
    static func hurry(_ row: StoreImage.Row, in world: SimulationWorld) {
        for order in row.rollbacks where order.strategy == .rolling && !order.drill {
            let entries = row.entries[order.rollback] ?? [:]
            let scope = entries.values.filter { if case .unaffected = $0.receipt { false } else { true } }
            let failed = scope.count { if case .failed = $0.receipt { true } else { false } }
            guard failed > row.policy.rollout.maxFailed.tolerated(of: scope.count),
                entries.values.contains(where: { !$0.receipt.isTerminal && $0.turn != .go })
            else {
                continue
            }
            world.note("people hurry \(order.rollback) of \(row.uid)")
            world.monitor.reach("made fast")
            world.controller.transact(row.number, .hurry(rollback: order.rollback))
        }
    }
}

extension StoreImage.Row {
    /// Whether a revision is condemned everywhere.
    func isCondemned(_ revision: RevisionReference) -> Bool {
        holds.contains { $0.hosts == nil && $0.condemns(revision) }
    }

    /// The hold that condemns a revision on a host.
    func condemned(_ revision: RevisionReference, on host: String) -> Hold? {
        holds.first { $0.condemns(revision) && $0.applies(to: host) }
    }
}
