import Fleet
import FleetController
import FleetPlanning

/// The store as a value: the world's ``StoreImage`` itself.
final class ImageKeeper: StoreKeeper {
    private unowned let world: SimulationWorld
    var isDoomed = false

    init(world: SimulationWorld) { self.world = world }

    func begin() { world.store.term += 1 }

    func save(_ reports: [Int: HostReport], _ outcomes: [Int: [HostOutcome]]) throws {
        try mayCommit()
        for (host, report) in reports {
            world.store.hosts[host].report = report
            let seen = report.replicas.map(\.item).reduce(report.assignment.generation, max)
            world.store.hosts[host].generation = max(world.store.hosts[host].generation, seen)
        }
        for (host, facts) in outcomes {
            let known = world.store.hosts[host].outbox
            for fact in facts where fact.sequence > known { conclude(fact, host) }
            world.store.hosts[host].outbox = facts.map(\.sequence).reduce(world.store.hosts[host].outbox, max)
        }
    }

    private func conclude(_ fact: HostOutcome, _ host: Int) {
        guard case .rolledBack(let id, let receipt) = fact.kind else { return }
        let number = world.number(of: fact.deployment)
        world.store.rows[number]?.conclude(id, receipt, on: world.hosts[host].id, at: fact.at)
    }

    func picture(of number: Int) -> DeploymentPicture? {
        guard let row = world.store.rows[number], !row.isDeleted else { return nil }
        let isListed = row.rollout?.state.isTerminal == false
        return DeploymentPicture(
            uid: row.uid,
            name: row.name,
            isRemoving: row.isRemoving,
            written: row.written,
            revisions: row.revisions,
            succeeded: row.succeeded,
            holds: row.holds,
            rollbacks: row.rollbacks,
            rollout: row.rollout,
            plan: row.plan,
            isFrozen: world.store.isFrozen,
            guards: row.guards,
            endpoint: row.endpoint,
            policy: row.policy,
            selector: row.selector.text,
            hosts: world.hosts.indices.compactMap { host in
                guard let shown = self.host(host, of: row) else { return nil }
                let isOpen = shown.entry?.receipt.isTerminal == false
                return isListed || isOpen || shown.isSelected || shown.item != nil ? shown : nil
            }.sorted { $0.name < $1.name }
        )
    }

    private func host(_ host: Int, of row: StoreImage.Row) -> DeploymentPicture.Host? {
        let item = world.store.hosts[host].items[row.number]
        let target = row.targets[world.hosts[host].id]
        let entry = row.entry(of: world.hosts[host].id)
        let isOpen = entry?.receipt.isTerminal == false
        guard item != nil || target != nil || isOpen || row.selector.matches(world.store.hosts[host].labels) else {
            return nil
        }
        return world.controller.step.host(
            world.controller.entry(of: host),
            selector: row.selector,
            spread: row.policy.rollout.spread,
            item: item,
            target: target,
            entry: entry,
            uid: row.uid
        )
    }

    func resumeClock(of number: Int) throws {
        try mayCommit()
        let controller = world.controller
        guard var picture = picture(of: number),
            picture.leaveOutDowntime(before: controller.startedAt, at: controller.now)
        else {
            return
        }
        world.store.rows[number]?.plan += 1
        world.store.rows[number]?.rollout = picture.rollout
    }

    func store(_ plan: DeploymentPlan, of number: Int) throws -> StoredPlan? {
        try mayCommit()
        guard let row = world.store.rows[number], plan.number == row.plan + 1 else { return nil }
        return world.store.store(plan, of: number) { world.index(of: $0) }
    }

    func create(_ row: StoreImage.Row) throws {
        try mayCommit()
        world.store.rows[row.number] = row
    }

    func transact(
        _ number: Int,
        _ change: SpecChange,
        _ request: PlanStep.Request
    ) throws -> (plan: DeploymentPlan, stored: StoredPlan) {
        try mayCommit()
        let before = world.store.rows[number]
        world.store.rows[number]?.make(change)
        do {
            guard var picture = picture(of: number) else { throw StoreCrash() }
            if request.isFresh { picture.freshRequest = request.actor }
            picture.isUndone = request.isUndone
            var machine = DeploymentMachine(picture)
            let now = world.controller.now
            if let command = request.command {
                try machine.perform(command, by: request.actor, reason: request.reason, at: now)
            }
            var none: SiteLedger?
            let plan = machine.plan(
                at: now,
                calendar: WindowCalendar(picture.policy).openTimes(
                    from: now,
                    toTimeOfDay: world.controller.toTimeOfDay
                ),
                sites: &none,
                freshRollout: world.controller.freshRollout(of: number)
            )
            guard plan.isEmpty else { return (plan, world.store.store(plan, of: number) { world.index(of: $0) }) }
            world.store.rows[number]?.plan += 1
            return (plan, StoredPlan())
        } catch {
            world.store.rows[number] = before
            throw error
        }
    }

    func label(_ host: Int, site: Int) throws {
        try mayCommit()
        world.store.hosts[host].site = site
    }

    func revoke(_ host: Int) throws {
        try mayCommit()
        world.store.hosts[host].isRevoked = true
    }

    func cordon(_ host: Int, _ cordon: Cordon?) throws {
        try mayCommit()
        world.store.hosts[host].cordon = cordon
    }

    func thaw() throws {
        try mayCommit()
        world.store.isFrozen = false
        let directory = HostDirectory()
        for host in world.hosts.indices { directory.add(world.controller.entry(of: host)) }
        for row in world.store.alive {
            guard let picture = picture(of: row.number) else { continue }
            for id in DeploymentThaw(picture: picture, directory: directory).askedAnew {
                let host = world.index(of: id)
                guard world.store.hosts[host].items.removeValue(forKey: row.number) != nil else { continue }
                world.store.hosts[host].generation += 1
            }
            world.store.rows[row.number]?.plan += 1
        }
    }

    func backUp() -> StoreBackup { StoreBackup(image: world.store) }

    func restore(_ backup: StoreBackup) { world.store = world.store.replaced(by: backup.image) }

    private func mayCommit() throws { if isDoomed { throw StoreCrash() } }
}
