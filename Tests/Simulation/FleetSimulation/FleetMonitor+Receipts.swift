import Fleet
import FleetPlanning
import ReplicaLifecycle

/// What each host is told in a rollback or a rehearsal, and what its receipt says (DESIGN §8), watched from outside.
extension FleetMonitor {
    /// An entry is new, or says something else.
    func checkEntry(_ entry: RollbackEntry, _ row: StoreImage.Row, _ before: StoreImage.Row) {
        let known = before.entries[entry.rollback]?[entry.host]
        let order = (row.orders + before.orders).first { $0.rollback == entry.rollback }
        if known?.receipt.kind != entry.receipt.kind { reach("receipt \(entry.receipt.kind.rawValue)") }
        if known?.turn != entry.turn, let turn = entry.turn { reach("turn \(turn.rawValue)") }
        if order?.drill ?? entry.rollback.hasPrefix("drill") {
            checkRehearsal(entry, known, row)
        } else if entry.receipt.isTerminal {
            checkReceipt(entry, order, row)
        } else {
            checkTold(entry, row)
        }
        guard !entry.receipt.isTerminal else { return }
        let others = row.entries.values.compactMap { $0[entry.host] }.filter { !$0.receipt.isTerminal }
        if others.count > 1 {
            let ids = others.map(\.rollback).sorted()
            world.fail("one rollback", "\(row.uid): \(entry.host) has not ended \(ids.joined(separator: " and "))")
        }
    }

    /// Whoever is in a rollback is told to get ready at once, before its turn comes, in windows and out of them.
    private func checkTold(_ entry: RollbackEntry, _ row: StoreImage.Row) {
        if !isHeldOpen(entry, row) {
            world.fail("told in vain", "\(row.uid): \(entry.host) is in \(entry.rollback), which is over for it")
        }
        let item = world.store.hosts[world.index(of: entry.host)].items[row.number]
        if entry.turn != nil, case .rollback(entry.rollback, entry.turn)? = item?.order { return }
        world.fail(
            "not told",
            "\(row.uid): \(entry.host) is in \(entry.rollback), \(entry.receipt), its turn \(entry.turn?.rawValue ?? "unsaid"), "
                + "and has \(item.map { "\($0.order)" } ?? "nothing") to do"
        )
    }

    /// A host's last receipt says what is so.
    private func checkReceipt(_ entry: RollbackEntry, _ order: RollbackOrder?, _ row: StoreImage.Row) {
        let host = world.index(of: entry.host)
        let own = row.holds.filter { $0.rollback == entry.rollback && $0.applies(to: entry.host) }
        func untrue(_ why: String) { world.fail("receipt", "\(row.uid): \(entry.host) of \(entry.rollback): \(why)") }
        switch entry.receipt {
        case .done(let serving):
            if entry.to?.digest != serving.digest { return untrue("done, and went to \(name(entry.to))") }
            if own.condemning(serving) != nil { return untrue("done, and serves what it condemns") }
            // Whoever was on its way from an older one is back there, and is brought to the target as any host that lacks it.
            if let target = order?.target, target.number < serving.number, target.digest != serving.digest,
                row.condemned(target, on: entry.host) == nil
            {
                return untrue("done on revision \(serving.number), and was to go to \(target.number)")
            }
            if ground[host][row.number].verified[serving.digest] == nil {
                return untrue("done, and has never proven revision \(serving.number)")
            }
        case .unaffected(let serving):
            guard let serving, own.condemning(serving) != nil else { break }
            return untrue("unaffected, and serves revision \(serving.number)")
        case .failed(_, let serving):
            guard entry.to?.digest != serving?.digest else { break }
            return untrue("failed on \(name(serving)), not \(name(entry.to))")
        case .pinned:
            let report = world.controller.reports[host]?.replicas.first { $0.deployment == row.uid }
            if report?.pin == nil { return untrue("pinned, and its host says nothing of that") }
        case .inProgress, .offline, .noTarget: break
        }
        guard let from = entry.from, ground[host][row.number].verified[from.digest] == nil,
            !world.hosts[host].proven[row.number].contains(from.digest), !ground[host][row.number].isFresh
        else { return }
        untrue("it was asked on revision \(from.number), and has never served it")
    }

    private func name(_ revision: RevisionReference?) -> String {
        revision.map { "revision \($0.number)" } ?? "nothing"
    }

    // MARK: Rehearsals

    /// A rehearsal begins while the deployment may be changed and no rollout is under way, and ends where it began.
    private func checkRehearsal(_ entry: RollbackEntry, _ known: RollbackEntry?, _ row: StoreImage.Row) {
        if entry.turn == .go, known?.turn != .go {
            reach("rehearsal begun")
            if !isOpen(row) {
                world.fail("rehearsal", "\(row.uid): \(entry.host) rehearses while the window is closed")
            }
            if let rollout = row.rollout, !rollout.state.isTerminal {
                world.fail("rehearsal", "\(row.uid): \(entry.host) rehearses in the middle of rollout \(rollout.id)")
            }
        }
        guard case .done(let serving) = entry.receipt, known?.receipt != entry.receipt else { return }
        reach("rehearsal done")
        let host = world.index(of: entry.host)
        let report = world.controller.reports[host]?.replicas.first { $0.deployment == row.uid }
        let way = entry.to.flatMap { ground[host][row.number].verified[$0.digest] }
        if entry.from?.digest != serving.digest || entry.provenAt == nil || way == nil
            || report?.goal?.digest != serving.digest
        {
            world.fail(
                "rehearsal",
                "\(row.uid): \(entry.host) left \(name(entry.from)) for \(name(entry.to)), and ends on \(serving.number)"
            )
        }
    }

    // MARK: Ends

    /// No entry stays open whose hold is lifted, whose host the deployment no longer selects, or that is undone; and no
    /// rollback waits for nobody.
    func checkLoose(_ row: StoreImage.Row) {
        let open = row.openEntries
        let known = loose
        loose = known.filter { !$0.key.hasPrefix("\(row.uid) ") }
        guard world.controller.isUp, !world.store.isFrozen, !open.isEmpty else { return }
        func note(_ key: String, _ patience: Span, _ rule: String, _ what: String) {
            let since = known["\(row.uid) \(key)"] ?? world.now
            loose["\(row.uid) \(key)"] = since
            if world.now - since > patience { world.fail(rule, "\(row.uid): \(what)") }
        }
        for entry in open where !isHeldOpen(entry, row) {
            let what = "\(entry.host) in \(entry.rollback): \(entry.receipt)"
            note("\(entry.host) \(entry.rollback)", .seconds(900), "open for ever", what)
        }
        for order in row.orders where !order.drill && isIdle(order, row) {
            note(order.rollback, .seconds(500), "idle rollback", "hosts wait in \(order.rollback), and nobody goes")
        }
    }

    private func isHeldOpen(_ entry: RollbackEntry, _ row: StoreImage.Row) -> Bool {
        let stored = world.store.hosts[world.index(of: entry.host)]
        guard row.selector.matches(stored.labels), !stored.isRevoked, !row.isRemoving,
            let order = row.orders.first(where: { $0.rollback == entry.rollback })
        else { return false }
        return order.drill || row.holds.contains { $0.rollback == entry.rollback && $0.applies(to: entry.host) }
    }

    /// At the end nobody has anything to do in a rollback any more, and every host knows what is condemned on it.
    func checkAfterRollbacks(_ row: StoreImage.Row) {
        for entry in row.openEntries where !world.hosts[world.index(of: entry.host)].isGone {
            world.fail("open for ever", "\(row.uid): \(entry.host) in \(entry.rollback): \(entry.receipt)")
        }
        for host in world.hosts where !host.isGone && host.session != nil {
            guard let machine = host.replicas[row.number]?.machine,
                let item = world.store.hosts[host.index].items[row.number], item.order != .remove
            else { continue }
            // Where nothing is to serve, its removal may wait for a window.
            let isSelected = row.selector.matches(world.store.hosts[host.index].labels)
            if row.isRemoving || !isSelected, item.revision == nil { continue }
            // What it is told to serve is condemned, and its next order waits for a window.
            if let told = item.revision?.reference, row.condemned(told, on: host.id) != nil, !isOpen(row) { continue }
            // One that has failed would take another item for leave to try again: it hears of them with its next order.
            if machine.state == .reverted || machine.state == .revertFailed { continue }
            let known = Set(machine.record.holds.map(\.id))
            let own = Set(row.holds.filter { $0.applies(to: host.id) }.map(\.id))
            guard known != own else { continue }
            world.fail("holds", "\(row.uid): \(host.id) knows of \(known.sorted()), and \(own.sorted()) hold there")
        }
    }
}
