package import Fleet
import StoreDriver

extension FleetWriter {
    /// Says what hosts should do about one deployment.
    ///
    /// The items' numbers are given here: an item that says the same as the host's present one changes nothing; any
    /// other gets a number above all that the host ever had, and raises the host's generation. Revisions must be stored
    /// before. No revision of the store, no audit: assignments follow from desired state.
    ///
    /// - Parameters:
    ///   - items: by host id; hosts that are not mentioned keep what they have.
    ///   - dropped: the ids of hosts whose item is taken away: they go on serving and report it.
    ///   - uid: the deployment.
    /// - Throws: ``FleetStoreError`` `notFound` (the deployment, a host).
    @discardableResult
    package func assign(
        _ items: [String: AssignmentItem],
        dropping dropped: Set<String> = [],
        deployment uid: String
    ) throws -> AssignedItems {
        guard try transaction.row("SELECT 1 FROM deployment WHERE uid = ?", [.text(uid)]) != nil else {
            throw FleetStoreError.notFound(.deployment, uid)
        }
        var assigned = AssignedItems(numbers: [:], changed: [])
        for (host, item) in items.sorted(by: { $0.key < $1.key }) {
            precondition(item.deployment == uid, "an item of \(item.deployment) was assigned for \(uid)")
            var item = item
            item.revision?.bytes = []
            if let old = try reader.storedItem(of: uid, on: host), item.saysTheSame(as: old) {
                assigned.numbers[host] = old.number
                continue
            }
            item.number = try nextGeneration(of: host)
            try transaction.execute(
                """
                INSERT INTO assignment_item (host, deployment, item) VALUES (?, ?, ?)
                ON CONFLICT (host, deployment) DO UPDATE SET item = excluded.item
                """,
                [.text(host), .text(uid), try .json(item)]
            )
            assigned.numbers[host] = item.number
            assigned.changed.append(host)
        }
        for host in dropped.subtracting(items.keys).sorted() {
            let gone = try transaction.execute(
                "DELETE FROM assignment_item WHERE host = ? AND deployment = ?",
                [.text(host), .text(uid)]
            )
            guard gone > 0 else { continue }
            _ = try nextGeneration(of: host)
            assigned.changed.append(host)
        }
        assigned.changed.sort()
        return assigned
    }

    /// The host's next generation. That the host is there is asked only where this is its first.
    private func nextGeneration(of host: String) throws -> UInt64 {
        let raised = try transaction.row(
            "UPDATE assignment SET generation = generation + 1 WHERE host = ? RETURNING generation",
            [.text(host)]
        )
        if let raised { return try raised.number("generation") }
        guard try transaction.row("SELECT 1 FROM host WHERE id = ?", [.text(host)]) != nil else {
            throw FleetStoreError.notFound(.host, host)
        }
        try transaction.execute("INSERT INTO assignment (host, generation) VALUES (?, 1)", [.text(host)])
        return 1
    }
}
