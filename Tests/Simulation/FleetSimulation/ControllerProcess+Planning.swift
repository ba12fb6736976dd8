import Fleet
import FleetController
import FleetPlanning

extension ControllerProcess {
    /// More turns of planning in a row, at one moment, than anything can need.
    private static let mostTurns = 500

    // MARK: Pictures

    /// Everything that planning a deployment needs, from the store and from memory.
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
            rollout: row.rollout,
            plan: row.plan,
            isFrozen: world.store.isFrozen,
            guards: row.guards,
            endpoint: row.endpoint,
            policy: row.policy,
            selector: row.selector.text,
            hosts: world.hosts.compactMap { host in
                guard let shown = self.host(of: row, host), isListed || shown.isSelected || shown.item != nil else {
                    return nil
                }
                return shown
            }.sorted { $0.name < $1.name }
        )
    }

    /// One host as a deployment sees it; `nil` when the deployment has nothing to do with it.
    func host(of row: StoreImage.Row, _ host: SimulatedHost, isKnown: Bool = false) -> DeploymentPicture.Host? {
        let stored = world.store.hosts[host.index]
        let isWanted = row.selector.matches(stored.labels) && !stored.isRevoked
        let item = stored.items[row.number]
        let target = row.targets[host.id]
        guard isWanted || item != nil || target != nil || isKnown else { return nil }
        return DeploymentPicture.Host(
            id: host.id,
            name: host.id,
            isSelected: isWanted,
            unreachableSince: unreachable[host.index],
            site: "s-\(stored.site)",
            target: target,
            item: item,
            report: reports[host.index]?.replicas.first { $0.deployment == row.uid }
        )
    }

    /// Tells every deployment that has to do with a host what is known of it now.
    func hostChanged(_ host: Int) {
        let stored = world.store.hosts[host]
        let id = world.hosts[host].id
        let known = executor.deployments(of: id)
        for uid in known.union(executor.deployments(selecting: stored.labels)).sorted() {
            guard let row = world.store.rows[world.number(of: uid)],
                let shown = self.host(of: row, world.hosts[host], isKnown: known.contains(uid))
            else { continue }
            world.count()
            executor.take(.host(shown), of: uid)
            world.count()
            executor.take(.reachability(host: id, unreachableSince: shown.unreachableSince), of: uid)
        }
        comeSoon()
    }

    // MARK: Plans

    /// Reads again what others have changed.
    func takeUpMarks() {
        let numbers = marks.sorted()
        marks = []
        for number in numbers {
            executor.drop(world.uids[number])
            guard resumeClock(number) else { return }
            guard let picture = picture(of: number), let row = world.store.rows[number] else {
                executor.forget(world.uids[number])
                continue
            }
            world.count()
            executor.adopt(picture, selector: row.selector, at: world.now)
        }
    }

    /// Lets the clock of a rollout leave out the time without a controller: a transaction of its own.
    ///
    /// - Returns: whether the controller lives.
    private func resumeClock(_ number: Int) -> Bool {
        guard var picture = picture(of: number), picture.leaveOutDowntime(before: startedAt) else { return true }
        guard commits() else { return false }
        world.store.rows[number]?.plan += 1
        world.store.rows[number]?.rollout = picture.rollout
        if let row = world.store.rows[number] { world.monitor.clockResumed(row) }
        return survives()
    }

    /// Plans and stores whatever is due.
    func planDue() {
        for uid in executor.due(at: world.now) {
            guard isUp else { return }
            plan(uid)
        }
        guard isUp else { return }
        if executor.due(at: world.now).isEmpty, marks.isEmpty {
            turnsInARow = 0
        } else {
            turnsInARow += 1
            if turnsInARow > Self.mostTurns {
                return world.fail("plans without end", "\(executor.due(at: world.now)) are planned again and again")
            }
            comeSoon()
        }
        setAlarm()
    }

    private func plan(_ uid: String) {
        let number = world.number(of: uid)
        world.count()
        guard let row = world.store.rows[number],
            let plan = executor.plan(uid, at: world.now, freshRollout: "r-\(number)-\(row.plan + 1)"), !plan.isEmpty
        else { return }
        guard plan.number == row.plan + 1 else {
            // Somebody else has stored one meanwhile.
            executor.failed(uid)
            marks.insert(number)
            return
        }
        guard commits() else { return }
        let changed = world.store.store(plan, of: number) { world.index(of: $0) }
        world.monitor.planned(plan, before: row, changed: changed)
        guard survives() else { return }
        var items: [String: AssignmentItem] = [:]
        for (host, item) in changed { items[world.hosts[host].id] = item }
        executor.committed(uid, items: items)
        send(changed)
    }

    func setAlarm() {
        guard let time = executor.nextWake else { return }
        let due = max(time, world.now + Span(milliseconds: 1))
        if let alarm, alarm <= due { return }
        alarm = due
        world.schedule(.controllerWake(life: life), at: due)
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
    @discardableResult
    func transact(
        _ number: Int,
        command: RolloutCommand? = nil,
        by actor: String = "ada",
        isFresh: Bool = false,
        _ change: (inout StoreImage.Row) -> Void = { _ in }
    ) -> Bool {
        guard isUp, resumeClock(number), commits(), let before = world.store.rows[number], !before.isDeleted else {
            return false
        }
        var row = before
        change(&row)
        world.store.rows[number] = row
        guard var picture = picture(of: number) else { return false }
        if isFresh { picture.freshRequest = actor }
        world.count()
        var machine = DeploymentMachine(picture)
        if let command {
            world.count()
            do {
                try machine.perform(command, by: actor, reason: "because", at: world.now)
            } catch {
                world.store.rows[number] = before
                return false
            }
        }
        world.monitor.edited(row, before: before, command: command)
        var none: SiteLedger?
        let plan = machine.plan(
            at: world.now,
            calendar: WindowCalendar(picture.policy).openTimes(from: world.now),
            sites: &none,
            freshRollout: "r-\(number)-\(row.plan + 1)"
        )
        defer {
            marks.insert(number)
            comeSoon()
        }
        guard !plan.isEmpty else {
            world.store.rows[number]?.plan += 1
            return true
        }
        let changed = world.store.store(plan, of: number) { world.index(of: $0) }
        world.monitor.planned(plan, before: before, changed: changed)
        if survives() { send(changed) }
        return true
    }
}
