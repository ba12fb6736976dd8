import Fleet
import FleetPlanning

extension ControllerProcess {
    /// More plans of one deployment in a row than anything can need.
    private static let mostPlans = 200

    /// Everything that planning a deployment needs, from the store and from memory.
    func picture(of number: Int) -> DeploymentPicture? {
        guard let row = world.store.rows[number], !row.isDeleted else { return nil }
        return DeploymentPicture(
            uid: row.uid,
            name: row.name,
            isRemoving: row.isRemoving,
            written: row.written,
            revisions: row.revisions,
            succeeded: row.succeeded,
            holds: row.holds,
            rollout: row.rollout,
            freshRequest: row.freshRequest,
            plan: row.plan,
            guards: row.guards,
            endpoint: row.endpoint,
            policy: row.policy,
            selector: "site in (\(row.sites.sorted().map { "s-\($0)" }.joined(separator: ", ")))",
            hosts: world.hosts.compactMap { host(of: row, $0) }.sorted { $0.name < $1.name }
        )
    }

    func host(of row: StoreImage.Row, _ host: SimulatedHost) -> DeploymentPicture.Host? {
        let stored = world.store.hosts[host.index]
        let isWanted = row.sites.contains(stored.site) && !stored.isRevoked
        let item = stored.items[row.number]
        guard isWanted || item != nil else { return nil }
        return DeploymentPicture.Host(
            id: host.id,
            name: host.id,
            isSelected: isWanted,
            unreachableSince: unreachable[host.index],
            site: "s-\(stored.site)",
            target: row.targets[host.id],
            item: item,
            report: reports[host.index]?.replicas.first { $0.deployment == row.uid }
        )
    }

    /// Plans one deployment until nothing is left to decide now.
    func plan(_ number: Int) {
        if machines[number] == nil { open(number) }
        var plans = 0
        while isUp, var machine = machines.removeValue(forKey: number), let row = world.store.rows[number] {
            var sites: SiteLedger? = ledger
            ledger = SiteLedger(limit: ledger.limit)
            world.count()
            let plan = machine.plan(
                at: world.now,
                calendar: row.calendar,
                sites: &sites,
                freshRollout: "r-\(number)-\(row.plan + 1)"
            )
            if let sites { ledger = sites }
            guard !plan.isEmpty else {
                machines[number] = machine
                return wake(number, at: plan.wakeAt)
            }
            guard let changed = store(plan, of: number, picture: machine.picture) else { return }
            for (host, item) in changed { if let item { machine.assigned(item, to: world.hosts[host].id) } }
            if !plan.isRemoved { machines[number] = machine }
            send(changed)
            plans += 1
            if plans > Self.mostPlans {
                return world.fail("plans without end", "\(row.uid) is planned again and again: \(plan)")
            }
        }
    }

    private func open(_ number: Int) {
        guard let picture = picture(of: number) else { return }
        world.count()
        machines[number] = DeploymentMachine(picture)
    }

    func wake(_ number: Int, at time: Instant?) {
        wakes[number] = time
        guard let time else { return }
        let due = max(time, world.now + Span(milliseconds: 1))
        if let alarm, alarm <= due { return }
        alarm = due
        world.schedule(.controllerWake(life: life), at: due)
    }

    /// Stores a plan; `nil` when the controller died over it.
    private func store(_ plan: DeploymentPlan, of number: Int, picture: DeploymentPicture) -> [(Int, AssignmentItem?)]?
    {
        guard commits() else { return nil }
        let before = world.store.rows[number]
        let changed = world.store.store(plan, of: number) { world.index(of: $0) }
        world.monitor.planned(plan, before: before, changed: changed)
        return survives() ? changed : nil
    }

    private func send(_ changed: [(Int, AssignmentItem?)]) {
        for host in Set(changed.map(\.0)).sorted() {
            guard let entry = sessions[host] else { continue }
            world.send(.assignment(world.store.assignment(of: host)), to: host, session: entry.id)
        }
    }

    // MARK: What people do

    /// A person's transaction: a change of the store, a command, or both; planned and stored as one.
    ///
    /// - Returns: whether it was done.
    func transact(
        _ number: Int,
        command: RolloutCommand? = nil,
        by actor: String = "ada",
        _ change: (inout StoreImage.Row) -> Void = { _ in }
    ) -> Bool {
        guard isUp, commits(), var row = world.store.rows[number], !row.isDeleted else { return false }
        let before = row
        change(&row)
        world.store.rows[number] = row
        world.monitor.edited(row, before: before)
        defer {
            machines[number] = nil
            dirty.insert(number)
            comeSoon()
        }
        guard let picture = picture(of: number) else { return true }
        world.count()
        var machine = DeploymentMachine(picture)
        if let command {
            world.count()
            do {
                try machine.perform(command, by: actor, reason: "because", at: world.now)
            } catch {
                return false
            }
        }
        var none: SiteLedger?
        let plan = machine.plan(
            at: world.now,
            calendar: row.calendar,
            sites: &none,
            freshRollout: "r-\(number)-\(row.plan + 1)"
        )
        guard !plan.isEmpty else { return true }
        let changed = world.store.store(plan, of: number) { world.index(of: $0) }
        world.monitor.planned(plan, before: before, changed: changed, command: command)
        if survives() { send(changed) }
        return true
    }
}
