import Fleet
import FleetPlanning

/// People who go back, condemn, rehearse, and take it all back again.
extension SimulatedPeople {
    static func rollBack(_ number: Int, in world: SimulationWorld) {
        guard let picture = world.controller.picture(of: number), !picture.isRemoving, !picture.isFrozen else { return }
        world.people.holds += 1
        let id = "back-\(world.people.holds)"
        switch world.people.dice.below(10) {
        case 0: hold(picture, number, id, in: world)
        case 1: rehearse(picture, number, id, in: world)
        case 2: backTo(picture, number, id, in: world)
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
        let all = picture.succeeded + [picture.condemnable].compactMap { $0 }
        let later = Set(all.filter { $0.number > target.number && $0.written != target.written })
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
        let now = world.controller.now
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
            strategy: world.people.dice.chance(0.3) ? .rolling : .fast,
            onFailure: world.people.dice.chance(0.25) ? .stop : .keepServing,
            at: now,
            target: target
        )
        world.note("people roll back \(picture.uid): \(order.strategy) \(condemned.map(\.number))")
        world.monitor.reach("rollback \(order.strategy.rawValue)")
        world.controller.transact(number, .rollBack(order, holds, []))
    }

    private static func hold(_ picture: DeploymentPicture, _ number: Int, _ id: String, in world: SimulationWorld) {
        guard let wanted = picture.condemnable, picture.condemned(wanted) == nil else { return }
        let hold = Hold(
            id: id,
            deployment: picture.uid,
            revision: wanted,
            actor: "ada",
            reason: "wrong answers",
            since: world.controller.now
        )
        world.monitor.reach("hold")
        world.controller.transact(number, .hold(hold))
    }

    private static func rehearse(_ picture: DeploymentPicture, _ number: Int, _ id: String, in world: SimulationWorld) {
        let chosen = Set(some(in: world))
        let now = world.controller.now
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
            world.controller.transact(number, isFresh: true, .undo(rollback: rollback))
        } else {
            world.controller.transact(number, .lift(hold: hold.id))
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
