import Fleet
import FleetPlanning
import ReplicaLifecycle

/// What rollbacks promise (DESIGN §8), watched from outside.
extension FleetMonitor {
    /// Whether the store was lost a short while ago: holds and receipts of before may not be known any more.
    private var isRecovering: Bool { restoredAt.map { world.now - $0 < Span.seconds(7200) } ?? false }

    /// Once its turn has come and it has come to rest, a host serves what is condemned only where its receipt says why.
    func watchCondemned(_ record: ReplicaRecord, _ report: ReplicaReport, _ host: SimulatedHost, _ deployment: Int) {
        if case .rollback(_, .go)? = record.item?.order, record.passage == nil, report.item == record.item?.number,
            report.receipt?.isTerminal == true, let serving = record.serving, record.condemns(serving)
        {
            switch report.receipt {
            case .noTarget(.keepServing), .pinned, .failed: break
            case .done, .unaffected, .noTarget(.stop), .inProgress, .offline, nil:
                world.fail(
                    "condemned serves on",
                    "\(host.id): revision \(serving.number) of \(record.deployment), and the receipt says "
                        + "\(report.receipt.map { "\($0)" } ?? "nothing")"
                )
            }
        }
        watchReturn(record, host, deployment)
    }

    /// Nothing that was left because it is condemned is served again.
    private func watchReturn(_ record: ReplicaRecord, _ host: SimulatedHost, _ deployment: Int) {
        guard record.passage == nil, let standing = record.standing else { return }
        let condemned = record.condemns(standing)
        if !condemned {
            for digest in ground[host.index][deployment].condemned {
                ground[host.index][deployment].left[digest] = record.holds.map(\.id).sorted()
            }
            ground[host.index][deployment].condemned = []
            return
        }
        ground[host.index][deployment].condemned.insert(standing.digest)
        guard let holds = ground[host.index][deployment].left[standing.digest], record.pin == nil, !isRecovering,
            !ground[host.index][deployment].isLocal, holds == record.holds.map(\.id).sorted()
        else { return }
        world.fail(
            "ping-pong",
            "\(host.id): revision \(standing.number) of \(record.deployment) was left, and serves again"
        )
    }

    /// A host that waits for its turn does not move while somebody could tell it to go, unless it is on its way already: from
    /// what is condemned it turns round at once.
    func watchTurn(_ record: ReplicaRecord, _ host: SimulatedHost, _ deployment: Int) {
        defer { ground[host.index][deployment].isOnItsWay = record.passage != nil }
        guard !ground[host.index][deployment].isOnItsWay,
            case .rollback(let id, .wait)? = record.item?.order, record.turn != id, let passage = record.passage,
            case .rollback = passage.purpose, record.serving != nil, passage.goal.digest != record.standing?.digest,
            record.standing.map({ record.condemns($0) }) == true
        else { return }
        world.fail("moves before its turn", "\(host.id): to revision \(passage.goal.number) of \(record.deployment)")
    }

    // MARK: Plans

    /// An item carries the holds that hold on its host, and no other.
    func checkHolds(_ item: AssignmentItem, _ host: Int, _ row: StoreImage.Row) {
        let id = world.hosts[host].id
        let own = Set(row.holds.filter { $0.applies(to: id) }.map(\.id))
        guard Set(item.holds.map(\.id)) != own || item.holds.contains(where: { $0.hosts != nil }) else { return }
        world.fail("holds", "\(row.uid): \(id) is told of \(item.holds.map(\.id)), and \(own.sorted()) hold there")
    }

    func checkRollbacks(_ plan: DeploymentPlan, _ row: StoreImage.Row, _ before: StoreImage.Row) {
        // Only a person lifts a hold: a plan changes none.
        if row.holds.count < before.holds.count, !isLifting {
            world.fail("hold lifted", "\(row.uid): \(before.holds.count - row.holds.count) holds are gone after a plan")
        }
        guard !plan.entries.isEmpty else { return }
        if world.store.isFrozen {
            world.fail("frozen", "\(row.uid): \(plan.entries.count) receipts change while the controller is frozen")
        }
        for entry in plan.entries { checkEntry(entry, row, before) }
        for id in Set(plan.entries.map(\.rollback)).sorted() {
            guard let order = row.orders.first(where: { $0.rollback == id }), !order.drill else { continue }
            checkPace(plan.entries.filter { $0.rollback == id }, order, row, before)
        }
    }

    /// A fast rollback lets half of its hosts go at a time; a rolling one so many as may move, wave by wave.
    private func checkPace(
        _ news: [RollbackEntry],
        _ order: RollbackOrder,
        _ row: StoreImage.Row,
        _ before: StoreImage.Row
    ) {
        let told = news.filter { entry in
            entry.turn == .go && entry.since == world.controller.now && !entry.receipt.isTerminal
        }
        let (scope, open, going) = standing(order, row)
        let isPaused = order.strategy == .rolling && hasFailed(order, scope, row)
        if isPaused { reach("rollback paused") }
        guard !told.isEmpty else { return }
        let most =
            order.strategy == .fast
            ? (scope + 1) / 2 : row.policy.rollout.maxInFlight.hosts(of: scope)
        let named = Set(told.map(\.host))
        if going.count > max(most, 1), going.contains(where: { named.contains($0.host) }) {
            world.fail("pace", "\(row.uid): \(going.count) of \(scope) hosts go back at a time, \(most) may")
        }
        checkReturners(open, named, row, before)
        guard order.strategy == .rolling else { return }
        if isPaused { world.fail("pace", "\(row.uid): \(told[0].host) goes back, and too many have failed") }
        let earlier = open.filter { !named.contains($0.host) }.map(\.wave).min() ?? .max
        if let early = told.first(where: { $0.wave > earlier }) {
            world.fail("pace", "\(row.uid): \(early.host) of wave \(early.wave) goes before wave \(earlier) is done")
        }
        if told.contains(where: { $0.wave > 0 }) { reach("later wave of a rollback") }
    }

    /// How many hosts a rollback concerns, who of them has not ended, and who of those holds a place among those that go.
    private func standing(
        _ order: RollbackOrder,
        _ row: StoreImage.Row
    ) -> (scope: Int, open: [RollbackEntry], going: [RollbackEntry]) {
        let now = world.controller.now
        let dark = world.controller.outOfReach
        let entries = row.entries[order.rollback]?.values.map { $0 } ?? []
        let scope = entries.filter { entry in
            let index = world.index(of: entry.host)
            if case .unaffected = entry.receipt {
                // A fact of it may be stored before the planner has heard the host say it.
                let said = world.controller.reports[index]?.replicas.first { $0.deployment == row.uid }
                return entry.itemNumber.map { said?.item != $0 } ?? false
            }
            return entry.receipt.isTerminal || dark[index] == nil
        }
        let open = scope.filter { !$0.receipt.isTerminal }
        let going = open.filter { entry in
            // An older controller's clock was ahead: nobody waits for that.
            guard entry.turn == .go, entry.since <= world.controller.now else { return false }
            let report = world.controller.reports[world.index(of: entry.host)]
            let replica = report?.replicas.first { $0.deployment == row.uid }
            guard let replica, replica.item == entry.itemNumber else {
                return now - entry.since < Span.seconds(10)
            }
            switch entry.receipt {
            case .inProgress(.pending), .inProgress(.staging):
                return replica.failure == nil && now - entry.since < Span.seconds(120)
            case .inProgress, .offline, .done, .unaffected, .noTarget, .pinned, .failed: return true
            }
        }
        return (scope.count, open, going)
    }

    /// Whether a rollback has failed on more hosts than may fail.
    private func hasFailed(_ order: RollbackOrder, _ scope: Int, _ row: StoreImage.Row) -> Bool {
        let failed = (row.entries[order.rollback] ?? [:]).values.count { entry in
            guard case .failed = entry.receipt, row.entry(of: entry.host)?.rollback == order.rollback else {
                return false
            }
            let stored = world.store.hosts[world.index(of: entry.host)]
            return row.selector.matches(stored.labels) && !stored.isRevoked
        }
        return failed > row.policy.rollout.maxFailed.tolerated(of: scope)
    }

    /// Whether somebody waits and nobody goes: a rollback waits for no window and no slot, only for too many failures.
    func isIdle(_ order: RollbackOrder, _ row: StoreImage.Row) -> Bool {
        guard row.entries[order.rollback]?.values.contains(where: { !$0.receipt.isTerminal }) == true else {
            return false
        }
        let (scope, open, going) = standing(order, row)
        let first = open.map(\.wave).min()
        guard going.isEmpty, open.contains(where: { $0.turn != .go && $0.wave == first }) else { return false }
        return order.strategy == .fast || !hasFailed(order, scope, row)
    }

    /// Whoever was away and is back takes the next place.
    private func checkReturners(
        _ open: [RollbackEntry],
        _ told: Set<String>,
        _ row: StoreImage.Row,
        _ before: StoreImage.Row
    ) {
        let returners = open.filter { $0.turn != .go && $0.receipt == .offline }
        guard let returner = returners.first else { return }
        let wave = open.filter { told.contains($0.host) }.map(\.wave).max() ?? 0
        let others = told.filter { before.entries[returner.rollback]?[$0]?.receipt != .offline }
        guard returner.wave <= wave, let other = others.min() else { return }
        world.fail("returners", "\(row.uid): \(other) goes back before \(returner.host), which was away")
    }
}
