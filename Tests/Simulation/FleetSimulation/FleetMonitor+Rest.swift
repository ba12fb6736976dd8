import Fleet
import FleetPlanning
import ReplicaLifecycle

extension FleetMonitor {
    /// From time to time: hosts that are dark for long count no more; what status says is looked at.
    func audit() {
        for host in world.hosts {
            noteReturn(of: host.index)
            checkStatus(host)
        }
        for row in world.store.alive {
            makeRoom(row.number)
            noteLimit(row)
            checkPresumed(row)
            checkAbort(row)
            checkLoose(row)
        }
    }

    /// Who is dark for long after it was told to move counts as failed.
    private func checkPresumed(_ row: StoreImage.Row) {
        let controller = world.controller
        guard let rollout = row.rollout, rollout.state.isForward, controller.isUp, !world.store.isFrozen else { return }
        for target in row.targets.values where target.asked == .go && target.state != .verified {
            guard target.failure == nil, target.overlay == nil,
                let since = controller.unreachable[world.index(of: target.host)],
                controller.now - max(since, controller.amnesty, target.since) > Span.seconds(660)
            else { continue }
            world.fail("presumed failed", "\(row.uid): \(target.host) is dark since \(since), and counts as moving")
        }
    }

    /// What status says is what the host runs, or it is marked stale.
    private func checkStatus(_ host: SimulatedHost) {
        let controller = world.controller
        guard controller.isUp, let dark = world.darkSince[host.index],
            controller.now > controller.amnesty + Span.seconds(120)
        else { return }
        if world.now - dark > Span.seconds(180), controller.unreachable[host.index] == nil, !world.renews(host.index),
            controller.reports[host.index] != nil,
            // It greeted, and was gone before the answer.
            controller.now - controller.lastSign[host.index] > Span.seconds(120)
        {
            world.fail("stale", "\(host.id) has been dark since \(dark - world.began), and status does not say so")
        }
    }

    // MARK: Rest

    /// A host of which nothing is wanted any more goes back to what served before (DESIGN §1), whatever else has that
    /// content.
    func noteHome(_ record: ReplicaRecord, _ host: SimulatedHost, _ deployment: Int) {
        let known = ground[host.index][deployment]
        if let item = record.item, item.order == .converge, item.revision == nil {
            if let goal = record.passage?.goal.digest, goal == known.previous {
                ground[host.index][deployment].home = goal
            }
        } else if let item = record.item, item.order == .converge, item.revision?.digest == known.home {
            // It is asked for in its own right now.
            ground[host.index][deployment].home = nil
        }
        if record.passage == nil, let standing = record.standing, standing.digest != known.home {
            // Nor does it leave what it serves where something newer was refused or failed.
            let settlement = record.settlement
            let isLeft = settlement?.item == record.item?.number && settlement?.state == .reverted
            ground[host.index][deployment].home =
                isLeft && settlement?.goal?.digest != standing.digest ? standing.digest : nil
        }
        ground[host.index][deployment].previous = record.previous?.digest
    }

    /// Whether nothing is under way any more.
    func isAtRest() -> Bool { restless().isEmpty }

    /// What is under way or waits for somebody; empty when nothing is.
    func restless() -> String {
        guard world.controller.isUp else { return "the controller is down" }
        if world.store.isFrozen { return "the controller is frozen" }
        for row in world.store.alive {
            if let rollout = row.rollout, !rollout.state.isTerminal {
                let waiting = row.targets.values.filter { $0.state != .verified }.sorted { $0.host < $1.host }.prefix(4)
                return
                    "\(row.uid): rollout \(rollout.id) is \(rollout.state) since \(rollout.since - world.began): \(rollout.reason): \(waiting.map { "\($0.host) w\($0.wave) \($0.asked) \($0.state) \($0.overlay.map { "\($0)" } ?? "")" })"
            }
            if row.isRemoving, world.hosts.allSatisfy({ !$0.isGone }) { return "\(row.uid) is being removed" }
            for host in world.hosts where !host.isGone {
                if let why = unsettled(row, host) { return "\(row.uid) on \(host.id): \(why)" }
            }
        }
        return ""
    }

    /// What a host is still doing about a deployment, or should.
    private func unsettled(_ row: StoreImage.Row, _ host: SimulatedHost) -> String? {
        guard host.isAgentUp else { return "its agent is down" }
        let item = world.store.hosts[host.index].items[row.number]
        guard let machine = host.replicas[row.number]?.machine else {
            return item == nil ? nil : "it has not heard of its item"
        }
        if let item, machine.record.item?.number != item.number { return "it has not got item \(item.number)" }
        // What the controller has forgotten goes on as it was, and is shown.
        if item == nil, restoredAt != nil { return nil }
        let state = machine.state
        guard state.isTerminal || state == .pending else { return "it is \(state); \(others(row))" }
        if let entry = row.entry(of: host.id), !entry.receipt.isTerminal {
            return "it has not ended rollback \(entry.rollback): \(entry.turn?.rawValue ?? "-") \(entry.receipt)"
        }
        return wrong(row, host)
    }

    /// Whether a host has said that it could not go back.
    private func isExcused(_ entry: RollbackEntry) -> Bool {
        switch entry.receipt {
        case .noTarget, .failed, .pinned: true
        case .done, .unaffected, .inProgress, .offline: false
        }
    }

    /// What other hosts say, of those that are not where they should be.
    private func others(_ row: StoreImage.Row) -> String {
        let told = world.hosts.compactMap { host -> String? in
            guard let item = world.store.hosts[host.index].items[row.number] else { return nil }
            let report = world.controller.reports[host.index]?.replicas.first { $0.deployment == row.uid }
            guard report?.item != item.number || report?.state != .verified else { return nil }
            let dark = world.controller.unreachable[host.index] != nil ? " dark" : ""
            return
                "\(host.id)\(dark) \(item.order) \(item.number): \(report?.item ?? 0) \(report?.state.rawValue ?? "-")"
        }
        return "others: \(told.joined(separator: ", "))"
    }

    /// Whether a host does not serve what it should, and nobody has said why.
    private func wrong(_ row: StoreImage.Row, _ host: SimulatedHost) -> String? {
        guard let machine = host.replicas[row.number]?.machine, !row.isRemoving else { return nil }
        let isWanted =
            row.selector.matches(world.store.hosts[host.index].labels) && !world.store.hosts[host.index].isRevoked
        let serving = machine.record.serving
        guard isWanted else {
            let told = world.hosts.filter { world.store.hosts[$0.index].items[row.number]?.order == .remove }
            let names = told.map { "\($0.id)\($0.isGone ? " (gone)" : "")" }.joined(separator: " ")
            return serving.map { "it is not selected, and serves revision \($0.number); told to remove: \(names)" }
        }
        let settled = row.succeeded.last { row.condemned($0, on: host.id) == nil }
        let report = machine.report()
        if serving?.digest == settled?.digest { return nil }
        if let settled {
            // It has tried, and says that it failed; or the version is bad on this host.
            if world.flaw(settled.digest, on: host) != nil || world.behaviour(settled.digest).isUnsteady { return nil }
            if report.state == .reverted || report.state == .revertFailed { return nil }
            if report.receipt != nil, serving != nil { return nil }
            if let entry = row.entry(of: host.id) {
                if isExcused(entry) { return nil }
                // Its hold was lifted: that moves nothing.
                if case .done(let there) = entry.receipt, there.digest == serving?.digest,
                    entry.from?.digest == settled.digest
                {
                    return nil
                }
            }
            if row.rollout?.revision.digest == settled.digest, row.targets[host.id]?.failure != nil { return nil }
            return
                "it serves revision \(serving.map { "\($0.number)" } ?? "nothing"), and revision \(settled.number) is wanted; it says \(report.state): \(report.reason ?? "")"
        }
        // Nothing is wanted: what served before may go on, and what is condemned where nothing better was there. Not what
        // the newest rollout has taken back, unless it is what had served before it.
        guard let serving, row.condemned(serving, on: host.id) == nil, row.rollout?.revision.digest == serving.digest,
            restoredAt == nil, ground[host.index][row.number].kept != serving.digest,
            ground[host.index][row.number].home != serving.digest,
            report.state != .revertFailed, report.state != .reverted
        else { return nil }
        return "it serves revision \(serving.number), whose rollout is \(row.rollout?.state.rawValue ?? "not there")"
    }

    /// At the end: the fleet is what specs and holds say.
    func finish() {
        reach("at rest")
        for row in world.store.alive { checkAfterRollbacks(row) }
        for host in world.hosts where !host.isGone {
            checkOutbox(host)
            for deployment in host.processes.indices {
                let row = world.store.rows[deployment]
                if row == nil || row?.isDeleted == true, !host.processes[deployment].isEmpty, restoredAt == nil {
                    world.fail("runs on", "\(host.id): something of \(world.uids[deployment]) runs, which was deleted")
                }
            }
            guard let report = world.controller.reports[host.index] else { continue }
            for replica in report.replicas {
                let number = world.number(of: replica.deployment)
                guard let real = host.replicas[number]?.machine.record.serving?.digest else { continue }
                if replica.serving?.digest != real, world.controller.unreachable[host.index] == nil,
                    !world.behaviour(real).isUnsteady
                {
                    world.fail(
                        "status",
                        "\(host.id): status says that it serves revision \(replica.serving?.number ?? 0) of \(replica.deployment), and it does not"
                    )
                }
            }
        }
    }
}
