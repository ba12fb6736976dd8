import Fleet
import FleetStore

extension StoreImage.Row {
    /// What planning has to know of the rollbacks, as FleetStore answers it.
    var rollbacks: [RollbackOrder] {
        let newest = orders.last { !$0.drill }?.rollback
        return orders.filter { order in
            order.rollback == newest || holds.contains { $0.rollback == order.rollback }
                || entries[order.rollback]?.values.contains { !$0.receipt.isTerminal } == true
        }
    }

    /// A host's entry that it has not ended, else the one in the newest of them that has one.
    func entry(of host: String) -> RollbackEntry? {
        let own = rollbacks.reversed().compactMap { entries[$0.rollback]?[host] }
        return own.first { !$0.receipt.isTerminal } ?? own.first
    }

    /// Takes a rollback back: whoever has not ended with it has failed. Hosts that have begun a rehearsal return first.
    mutating func undo(_ rollback: String, at now: Instant) {
        let undone = Rollback.Undo(actor: "ada", at: now, reason: nil)
        holds.removeAll { $0.rollback == rollback }
        orders.removeAll { $0.rollback == rollback && !$0.drill }
        for index in orders.indices where orders[index].rollback == rollback { orders[index].undone = undone }
        let isRehearsal = orders.contains { $0.rollback == rollback }
        for entry in openEntries where entry.rollback == rollback && !(isRehearsal && entry.turn == .go) {
            entries[rollback]?[entry.host]?.receipt = .failed(cause: undone.words, serving: entry.from)
            entries[rollback]?[entry.host]?.receiptAt = now
        }
    }

    /// Whoever has not ended with a rollback, of all that there ever were.
    var openEntries: [RollbackEntry] {
        entries.values.flatMap(\.values).filter { !$0.receipt.isTerminal }
    }

    /// Stores a plan's entry; it bears the number of the item that its host has got.
    mutating func keep(_ entry: RollbackEntry, _ item: AssignmentItem?) {
        var entry = entry
        if let item, case .rollback(entry.rollback, _) = item.order { entry.itemNumber = item.number }
        entry.provenAt = entry.provenAt ?? entries[entry.rollback]?[entry.host]?.provenAt
        entries[entry.rollback, default: [:]][entry.host] = entry
    }

    /// A host's outcome says how it ended with a rollback.
    mutating func conclude(_ id: String, _ receipt: Receipt, on host: String, at instant: Instant) {
        guard var known = entries[id] else { return }
        var entry =
            known[host]
            ?? RollbackEntry(
                rollback: id,
                deployment: uid,
                host: host,
                name: host,
                turn: .go,
                since: instant,
                receipt: receipt,
                receiptAt: instant
            )
        if entry.receipt.outlasts(receipt) { return }
        if entry.receipt != receipt { entry.receiptAt = instant }
        entry.receipt = receipt
        switch receipt {
        case .done(let serving):
            entry.to = serving
            entry.provenAt = entry.provenAt ?? instant
        case .unaffected(let serving), .failed(_, let serving): entry.to = serving ?? entry.to
        case .noTarget, .pinned, .inProgress, .offline: break
        }
        known[host] = entry
        entries[id] = known
    }
}
