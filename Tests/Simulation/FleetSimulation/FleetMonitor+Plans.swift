import Fleet
import FleetPlanning

extension FleetMonitor {
    /// A person has changed a deployment.
    func edited(_ row: StoreImage.Row, before: StoreImage.Row, command: RolloutCommand?) {
        makeRoom(row.number)
        noteLimit(row)
    }

    /// Whether windows and freezes let a deployment be changed now: worked out here, in the one zone that people use.
    func isOpen(_ row: StoreImage.Row) -> Bool {
        let now = world.controller.timeOfDay
        if row.frozen.contains(where: { $0.from <= now && now < $0.until }) { return false }
        guard !row.policy.windows.isEmpty else { return true }
        let minute = Int(now.milliseconds / 60_000 % 1440)
        return row.policy.windows.contains { window in
            window.opens < window.closes
                ? minute >= window.opens && minute < window.closes
                : minute >= window.opens || minute < window.closes
        }
    }

    /// The budget that is in force now; an older, larger one still counts for an hour: what was begun under it may go on.
    func noteLimit(_ row: StoreImage.Row) {
        let hosts = world.store.hosts.indices
        // In place: a host's row is large.
        let selected = hosts.count {
            !world.store.hosts[$0].isRevoked && row.selector.matches(world.store.hosts[$0].labels)
        }
        let told = hosts.count { world.store.hosts[$0].items[row.number] != nil }
        let size = max(selected, told, row.rollout?.size ?? 0)
        let limit = max(row.policy.rollout.maxInFlight.hosts(of: size), 1)
        var limits = courses[row.number].limits
        guard limits.last?.limit != limit else { return }
        limits.append((world.now, limit))
        while limits.count > 1, world.now - limits[1].since > Span.seconds(3600) { limits.removeFirst() }
        courses[row.number].limits = limits
    }

    /// A plan is stored.
    func planned(
        _ plan: DeploymentPlan,
        before: StoreImage.Row?,
        changed: [(Int, AssignmentItem?)]
    ) {
        guard let before, let row = world.store.rows[before.number] else { return }
        makeRoom(row.number)
        world.lastPlan = world.now
        if world.isTracing { world.note(summary(plan, row)) }
        if plan.number != before.plan + 1 {
            world.fail("plan number", "\(row.uid): plan \(plan.number) is stored after \(before.plan)")
        }
        noteLimit(row)
        if let succeeded = plan.succeeded { courses[row.number].succeeded.insert(succeeded.digest) }
        checkFrozen(changed, plan, row)
        checkRollbacks(plan, row, before)
        checkTargets(plan, row)
        checkDropped(plan, row)
        if changed.contains(where: { $0.1?.order == .remove }) { checkRemovals(row) }
        follow(row, before, plan)
        for (host, item) in changed {
            noteDown(item, host, row)
            check(item, host, row, before, plan)
        }
    }

    /// A host that starts again what it served is turned round at once, whoever moves: it serves nothing. So is one that goes
    /// back when its rollback is taken back. One that is pinned moves when somebody there lets go.
    private func noteDown(_ item: AssignmentItem?, _ host: Int, _ row: StoreImage.Row) {
        guard let item, item.order == .converge,
            let said = world.controller.reports[host]?.replicas.first(where: { $0.deployment == row.uid })
        else { return }
        if said.pin != nil { ground[host][row.number].pinnedItem = item.number }
        guard let old = world.store.hosts[host].before[row.number] else { return }
        let isAnswer = said.item == old.number
        switch old.order {
        case .converge where isAnswer && said.serving == nil && !said.state.isTerminal: break
        // A rollback is over for it that has told it to go: it was moving, beside the budget, and comes home.
        case .rollback(let id, .go) where !isAnswer || !said.state.isTerminal:
            let left = row.entries[id]?[world.hosts[host].id]?.from?.digest
            guard let goal = item.revision?.digest, goal == left || goal == said.serving?.digest else { return }
        default: return
        }
        ground[host][row.number].downItem = item.number
    }

    private func summary(_ plan: DeploymentPlan, _ row: StoreImage.Row) -> String {
        let rollout = row.rollout.map {
            "\($0.id) rev \($0.revision.number) \($0.state) wave \($0.wave) of \($0.waveEnds) [\($0.reason)]"
        }
        let items = plan.items.sorted { $0.key < $1.key }.map { host, item in
            "\(host):\(item.order) \(item.revision.map { "rev \($0.number)" } ?? "nothing") :\(item.endpoint?.port ?? 0)"
        }
        let targets = plan.targets.map {
            "\($0.host):w\($0.wave) \($0.asked) \($0.state) \($0.overlay.map { "\($0)" } ?? "") \($0.failure ?? "")"
        }
        return
            "plan \(plan.number) of \(row.uid): \(rollout ?? "no rollout"); items \(items); targets \(targets.prefix(30)); dropped \(plan.dropped.sorted())"
    }

    // MARK: The rollout

    private func follow(_ row: StoreImage.Row, _ before: StoreImage.Row, _ plan: DeploymentPlan) {
        guard let rollout = row.rollout else { return }
        noteExcused(rollout, row, before, plan)
        if plan.isNewRollout { checkList(rollout, row, before, plan) }
        checkClock(rollout, row)
        if let end = courses[row.number].ended[rollout.id], end != rollout.state {
            world.fail("ended", "\(row.uid): rollout \(rollout.id) is \(rollout.state) after it was \(end)")
        }
        if rollout.state.isTerminal, courses[row.number].ended[rollout.id] == nil {
            courses[row.number].ended[rollout.id] = rollout.state
            reach("rollout \(rollout.state.rawValue)")
            if rollout.state == .succeeded { checkSuccess(rollout, row) }
            if rollout.state == .aborted { checkAborted(rollout, row) }
        }
        if let cause = rollout.pause?.cause, before.rollout?.pause?.cause != cause { reach("paused \(cause.rawValue)") }
        if rollout.pause == nil, rollout.state == .paused { world.fail("pause", "\(row.uid): paused without a cause") }
        checkFailures(rollout, row)
        let old = before.rollout.flatMap { $0.id == rollout.id ? $0 : nil }
        checkGates(rollout, old, row)
        let wasBaking = Self.isBaking(old)
        let hasAdvanced = rollout.wave > old?.wave ?? 0
        if rollout.state == .baking || hasAdvanced, !wasBaking { checkWave(rollout, row) }
        if hasAdvanced {
            reach("wave")
            checkBake(rollout, row, wasBaking: wasBaking)
        }
        if Self.isBaking(rollout), !wasBaking || hasAdvanced {
            courses[row.number].bakedFrom = courses[row.number].active.value(at: world.now)
        }
    }

    /// Whether a wave is done and watched, or was when it was paused.
    private static func isBaking(_ rollout: Rollout?) -> Bool {
        rollout?.state == .baking || rollout?.pause?.from == .baking
    }

    /// Who is left out: a wave that is done went on without those who were left out then, or are since.
    private func noteExcused(
        _ rollout: Rollout,
        _ row: StoreImage.Row,
        _ before: StoreImage.Row,
        _ plan: DeploymentPlan
    ) {
        for target in plan.targets where Self.isSetAside(target) {
            let host = world.index(of: target.host)
            if world.hosts[host].replicas[row.number]?.isFetching == true {
                ground[host][row.number].isFetchGivenUp = true
            }
        }
        let isDone = Self.isBaking(rollout) && !(before.rollout?.id == rollout.id && Self.isBaking(before.rollout))
        for target in isDone ? Array(row.targets.values) : plan.targets {
            let host = world.index(of: target.host)
            if target.overlay != nil || target.failure != nil {
                ground[host][row.number].excusedFrom = rollout.id
            } else if isDone {
                ground[host][row.number].excusedFrom = nil
            }
        }
    }

    private func checkList(_ rollout: Rollout, _ row: StoreImage.Row, _ before: StoreImage.Row, _ plan: DeploymentPlan)
    {
        reach("rollout begun")
        courses[row.number].rollout = rollout.id
        courses[row.number].active = ActiveClock()
        if let old = before.rollout, !old.state.isTerminal {
            guard let overtaken = plan.overtaken, overtaken.state.isTerminal else {
                return world.fail("one rollout", "\(row.uid): \(rollout.id) begins while \(old.id) is \(old.state)")
            }
            courses[row.number].ended[old.id] = overtaken.state
            reach("rollout \(overtaken.state.rawValue)")
        }
        guard row.targets.count == rollout.size else {
            return world.fail("categories", "\(row.uid): \(row.targets.count) targets in a list of \(rollout.size)")
        }
        var counts = Array(repeating: 0, count: rollout.waveEnds.count)
        for target in row.targets.values where target.wave < counts.count { counts[target.wave] += 1 }
        let sizes = zip([0] + rollout.waveEnds, rollout.waveEnds).map { $1 - $0 }
        guard counts != sizes else { return }
        // Where nobody of the first wave can take it (dark, or pinned on the host) one host of a later wave is its first.
        let first = row.targets.values.filter { $0.wave == 0 && $0.overlay == nil }
        let isBrought = first.count == 1 && counts.first == (sizes.first ?? 0) + 1
        if !isBrought || counts.reduce(0, +) != rollout.size {
            world.fail("categories", "\(row.uid): waves of \(counts) hosts, not \(sizes)")
        }
    }

    /// Time counts only while Muster could act.
    private func checkClock(_ rollout: Rollout, _ row: StoreImage.Row) {
        let isActive = (rollout.state == .progressing || rollout.state == .baking)
        let watched = courses[row.number].active.value(at: world.now).milliseconds
        let shown = rollout.clock.value(at: world.controller.now).milliseconds
        if shown > watched + 1000, rollout.id == courses[row.number].rollout {
            world.fail("clock", "\(row.uid): the rollout's clock shows \(shown) ms, and only \(watched) ms could count")
        }
        courses[row.number].active.set(running: isActive && isOpen(row), at: world.now)
    }

    /// Nobody can act.
    func controllerDied() {
        for deployment in courses.indices { courses[deployment].active.set(running: false, at: world.now) }
    }

    /// A rollout's clock goes on after a time without a controller.
    func clockResumed(_ row: StoreImage.Row) {
        makeRoom(row.number)
        world.lastPlan = world.now
        if let rollout = row.rollout { checkClock(rollout, row) }
    }

    private func checkSuccess(_ rollout: Rollout, _ row: StoreImage.Row) {
        var verified = 0
        for target in row.targets.values {
            let host = world.index(of: target.host)
            let isVerified = ground[host][row.number].verified[rollout.revision.digest] != nil
            if isVerified { verified += 1 }
            // One that comes back while the last wave is watched follows when it can.
            if !isVerified, target.overlay == nil, target.failure == nil, isSelected(host, row),
                target.wave > rollout.promoted, ground[host][row.number].excusedFrom != rollout.id
            {
                world.fail(
                    "succeeded unproven",
                    "\(row.uid): \(target.host) was never verified on revision \(rollout.revision.number)"
                )
            }
        }
        if verified == 0 {
            world.fail("succeeded unproven", "\(row.uid): nobody was verified on revision \(rollout.revision.number)")
        }
    }

    private func isSelected(_ host: Int, _ row: StoreImage.Row) -> Bool {
        row.selector.matches(world.store.hosts[host].labels) && !world.store.hosts[host].isRevoked
    }

    /// After a failure that the policy does not allow nothing goes forward.
    private func checkFailures(_ rollout: Rollout, _ row: StoreImage.Row) {
        guard rollout.state.isForward, !world.store.isFrozen, !row.isRemoving else { return }
        let failed = row.targets.values.filter { $0.failure != nil }
        let first = failed.first { $0.wave == 0 }
        let tolerated = row.policy.rollout.maxFailed.tolerated(of: rollout.size)
        if let first {
            return world.fail(
                "first wave",
                "\(row.uid): \(first.host) of the first wave failed, and the rollout is \(rollout.state)"
            )
        }
        if failed.count > tolerated {
            world.fail(
                "maxFailed",
                "\(row.uid): \(failed.count) hosts failed, at most \(tolerated) may, and the rollout is \(rollout.state)"
            )
        }
    }

    /// A wave is done when everybody of it, and of those before it, is proven, or does not count.
    private func checkWave(_ rollout: Rollout, _ row: StoreImage.Row) {
        let wave = rollout.state == .baking ? rollout.wave : rollout.wave - 1
        guard wave > rollout.promoted else { return }
        for target in row.targets.values where target.wave <= wave && target.wave > rollout.promoted {
            let host = world.index(of: target.host)
            guard ground[host][row.number].verified[rollout.revision.digest] == nil, target.overlay == nil,
                target.failure == nil, isSelected(host, row)
            else { continue }
            world.fail(
                "wave",
                "\(row.uid): wave \(wave + 1) is called done, and \(target.host) of wave \(target.wave + 1) was never verified"
            )
        }
    }

    /// A wave is watched for as long as the policy says before the next one begins.
    private func checkBake(_ rollout: Rollout, _ row: StoreImage.Row, wasBaking: Bool) {
        let bake = row.policy.rollout.bake
        guard rollout.promoted < rollout.wave - 1 else { return }
        // What a rollout that came out of a backup has been watched for is not known here.
        guard !wasBaking || courses[row.number].bakedFrom != nil else { return }
        let active = courses[row.number].active.value(at: world.now)
        let since = courses[row.number].bakedFrom ?? active
        let baked = Span(milliseconds: wasBaking ? active.milliseconds - since.milliseconds : 0)
        if baked.milliseconds + 1000 < bake.milliseconds {
            world.fail("bake", "\(row.uid): wave \(rollout.wave + 1) begins after \(baked) of watching, not \(bake)")
        }
    }

    // MARK: Items

    private func check(
        _ item: AssignmentItem?,
        _ host: Int,
        _ row: StoreImage.Row,
        _ before: StoreImage.Row,
        _ plan: DeploymentPlan
    ) {
        guard let item else { return }
        checkHolds(item, host, row)
        checkCordon(item, host, row)
        reach("item \(Self.word(item.order))")
        guard let reference = item.revision?.reference else { return }
        if let hold = row.condemned(reference, on: world.hosts[host].id) {
            world.fail(
                "condemned",
                "\(row.uid): \(world.hosts[host].id) is told to \(item.order) revision \(reference.number), held by \(hold.id)"
            )
        }
        checkStanding(item, host, row)
        guard let rollout = row.rollout, rollout.revision.digest == reference.digest, rollout.state != .succeeded,
            !row.succeeded.contains(where: { $0.digest == reference.digest })
        else { return }
        checkCandidate(item, host, row, rollout, before)
    }

    /// The candidate goes where and when the rollout says, and nowhere else.
    private func checkCandidate(
        _ item: AssignmentItem,
        _ host: Int,
        _ row: StoreImage.Row,
        _ rollout: Rollout,
        _ before: StoreImage.Row
    ) {
        let name = world.hosts[host].id
        let old = world.store.hosts[host].before[row.number]
        // Only its surroundings have changed: it was told so before.
        if let old, old.revision?.digest == item.revision?.digest, old.order == item.order { return }
        // To make ready what it serves fetches nothing and moves nothing: its content was written again, or it is left there.
        let said = world.controller.reports[host]?.replicas.first { $0.deployment == row.uid }
        if item.order == .stage, said?.serving?.digest == item.revision?.digest { return }
        guard let target = row.targets[name] else {
            return world.fail(
                "late joiner",
                "\(row.uid): \(name) is not in the list, and is told to \(item.order) the candidate"
            )
        }
        if !rollout.state.isForward {
            return world.fail(
                "candidate after the end",
                "\(row.uid): \(name) is told to \(item.order) the candidate of a rollout that is \(rollout.state)"
            )
        }
        // What is found out in a step may pause it after hosts were told to make ready.
        let wasPaused = before.rollout?.id == rollout.id && before.rollout?.state == .paused
        if rollout.state == .paused, wasPaused || item.order != .stage {
            return world.fail(
                "paused",
                "\(row.uid): \(name) is told to \(item.order) the candidate while the rollout is paused"
            )
        }
        let most = item.order == .stage ? rollout.wave + 1 : rollout.wave
        if target.wave > most {
            world.fail(
                "wave too early",
                "\(row.uid): \(name) of wave \(target.wave + 1) is told to \(item.order) in wave \(rollout.wave + 1)"
            )
        }
        if item.order == .converge { checkReady(host, row, rollout.revision) }
        if item.order == .converge, said?.serving != nil, !isOpen(row) {
            world.fail("window", "\(row.uid): \(name) is told to go while the window is closed")
        }
    }

    private static func word(_ order: AssignmentItem.Order) -> String {
        switch order {
        case .converge: "converge"
        case .stage: "stage"
        case .rollback: "rollback"
        case .remove: "remove"
        }
    }
}
