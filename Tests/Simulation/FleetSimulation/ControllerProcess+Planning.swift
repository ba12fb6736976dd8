import Fleet
import FleetController
import FleetPlanning

extension ControllerProcess {
    /// More turns of planning in a row, at one moment, than anything can need.
    private static let mostTurns = 500

    // MARK: Pictures

    /// Everything that planning a deployment needs, from the store and from memory.
    func picture(of number: Int) -> DeploymentPicture? {
        do {
            return try world.keeper.picture(of: number)
        } catch {
            world.fail("store", "no picture of \(world.uids[number]): \(error)")
            return nil
        }
    }

    /// A host, as the controller has it in memory.
    func entry(of host: Int) -> HostEntry {
        let stored = world.store.hosts[host]
        let id = world.hosts[host].id
        return HostEntry(
            host: FleetHost(
                id: id,
                name: id,
                labels: stored.labels,
                machine: id,
                instance: id,
                enrolledAt: world.began,
                isRevoked: stored.isRevoked,
                cordon: stored.cordon
            ),
            assignment: nil,
            report: reports[host],
            outbox: stored.outbox,
            lastHeard: lastSign[host],
            unreachableSince: unreachable[host],
            unheardSince: unheard[host],
            hasReported: heardReports.contains(host)
        )
    }

    /// Tells every deployment that has to do with a host what is known of it now.
    func hostChanged(_ host: Int) {
        let id = world.hosts[host].id
        let entry = entry(of: host)
        let known = executor.deployments(of: id)
        for uid in known.union(executor.deployments(selecting: world.store.hosts[host].labels)).sorted() {
            guard let selector = executor.selector(of: uid), let spread = executor.spread(of: uid),
                let shown = step.host(entry, selector: selector, spread: spread, isKnown: known.contains(uid), uid: uid)
            else { continue }
            world.count()
            executor.take(.host(shown), of: uid)
            guard known.contains(uid) else { continue }
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
            guard let picture = picture(of: number), let row = world.store.rows[number] else {
                executor.forget(world.uids[number])
                continue
            }
            guard !isClockOld(picture.rollout) else {
                executor.reserve(picture, at: now)
                guard resumeClock(number) else { return }
                marks.insert(number)
                comeSoon()
                continue
            }
            world.count()
            executor.adopt(picture, selector: row.selector, at: now, toTimeOfDay: toTimeOfDay)
        }
    }

    private func isClockOld(_ rollout: Rollout?) -> Bool {
        tellTime(freshRollout: nil)
        return step.isClockOld(rollout)
    }

    /// Lets the clock of a rollout leave out the time without a controller: a transaction of its own.
    ///
    /// - Returns: whether the controller lives.
    private func resumeClock(_ number: Int) -> Bool {
        guard isClockOld(world.store.rows[number]?.rollout) else { return true }
        guard transaction({ try $0.resumeClock(of: number) }) != nil else { return false }
        if let row = world.store.rows[number] { world.monitor.clockResumed(row) }
        return survives()
    }

    /// Plans and stores whatever is due.
    func planDue() {
        for uid in executor.due(at: now) {
            guard isUp else { return }
            plan(uid)
        }
        guard isUp else { return }
        if executor.due(at: now).isEmpty, marks.isEmpty {
            turnsInARow = 0
        } else {
            turnsInARow += 1
            if turnsInARow > Self.mostTurns {
                return world.fail("plans without end", "\(executor.due(at: now)) are planned again and again")
            }
            comeSoon()
        }
        setAlarm()
    }

    private func plan(_ uid: String) {
        let number = world.number(of: uid)
        world.count()
        guard let row = world.store.rows[number],
            let plan = executor.plan(
                uid,
                at: now,
                toTimeOfDay: toTimeOfDay,
                freshRollout: freshRollout(of: number)
            ), !plan.isEmpty,
            let done = transaction({ try $0.store(plan, of: number) })
        else { return }
        guard let stored = done else {
            // Somebody else has stored one meanwhile.
            executor.failed(uid)
            marks.insert(number)
            return
        }
        world.monitor.planned(plan, before: row, changed: stored.changed)
        guard survives() else { return }
        executor.committed(uid, items: stored.items)
        send(stored.changed)
    }

    /// The id that a deployment's next rollout gets.
    func freshRollout(of number: Int) -> String {
        "r-\(number)-\(world.store.epoch).\((world.store.rows[number]?.plan ?? 0) + 1)"
    }

    func setAlarm() {
        guard let time = executor.nextWake else { return }
        let due = max(world.time(of: time, by: self), world.now + Span(milliseconds: 1))
        if let alarm, alarm <= due { return }
        alarm = due
        world.schedule(.controllerWake(life: life), at: due)
    }

    private func send(_ changed: [(Int, AssignmentItem?)]) { sendAssignments(to: Set(changed.map(\.0))) }

    /// Nothing is sent while nothing may move.
    func sendAssignments(to hosts: Set<Int>) {
        guard !world.store.isFrozen else { return }
        for host in hosts.sorted() {
            guard let entry = sessions[host] else { continue }
            world.send(.assignment(world.store.assignment(of: host)), to: host, session: entry.id)
        }
    }

    // MARK: What people do

    /// A person's transaction: a change of the store, a command, or both; planned and stored as one. Refused while nothing
    /// may move.
    ///
    /// - Returns: whether it was done.
    @discardableResult
    func transact(
        _ number: Int,
        command: RolloutCommand? = nil,
        by actor: String = "ada",
        isFresh: Bool = false,
        _ change: SpecChange = .none
    ) -> Bool {
        guard isUp, !world.store.isFrozen, resumeClock(number), let before = world.store.rows[number],
            !before.isDeleted,
            !(before.isRemoving && change.isWritten)
        else { return false }
        world.count()
        if command != nil { world.count() }
        let isUndone = if case .undo = change { true } else { false }
        let request = PlanStep.Request(
            actor: actor,
            isFresh: isFresh,
            isUndone: isUndone,
            command: command,
            reason: "because"
        )
        world.monitor.isLifting =
            switch change {
            case .lift, .undo: true
            case .none, .apply, .edit, .reselect, .hold, .rollBack, .hurry, .remove: false
            }
        defer { world.monitor.isLifting = false }
        guard let (plan, stored) = transaction({ try $0.transact(number, change, request) }) else { return false }
        marks.insert(number)
        comeSoon()
        world.monitor.accepted(number)
        if let row = world.store.rows[number] { world.monitor.edited(row, before: before, command: command) }
        guard !plan.isEmpty else { return true }
        world.monitor.planned(plan, before: before, changed: stored.changed)
        if survives() { send(stored.changed) }
        return true
    }
}
