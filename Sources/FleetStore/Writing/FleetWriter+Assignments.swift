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
        var assigned = AssignedItems(numbers: [:], changed: [])
        var last: (terms: AssignmentTerms, id: Int64)?
        for (host, item) in items.sorted(by: { $0.key < $1.key }) {
            precondition(item.deployment == uid, "an item of \(item.deployment) was assigned for \(uid)")
            let terms = AssignmentTerms(of: item)
            // Items of one plan share their terms, so that a comparison finds the same arrays.
            let id = if let last, last.terms == terms { last.id } else { try idOf(terms, of: uid) }
            last = (terms, id)
            if let number = try number(ofSame: item, terms, id, on: host) {
                assigned.numbers[host] = number
                continue
            }
            let number = try nextGeneration(of: host)
            try save(item, number, id, on: host)
            assigned.numbers[host] = number
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

    /// The number of the host's present item, if that says the same.
    private func number(
        ofSame item: AssignmentItem,
        _ terms: AssignmentTerms,
        _ id: Int64,
        on host: String
    ) throws -> UInt64? {
        guard
            let row = try transaction.row(
                "SELECT number, asked, hold, revision, terms FROM assignment_item WHERE host = ? AND deployment = ?",
                [.text(host), .text(item.deployment)]
            ),
            try row.numberOrNull("revision") == item.revision?.number, try row.order() == item.order
        else { return nil }
        // The same terms can stand twice: an item of step 1 has a row of its own.
        let old = try row.integer("terms")
        guard try old == id || reader.terms(old) == terms else { return nil }
        return try row.number("number")
    }

    private func save(_ item: AssignmentItem, _ number: UInt64, _ terms: Int64, on host: String) throws {
        try transaction.execute(
            """
            INSERT INTO assignment_item (host, deployment, number, asked, hold, revision, terms)
            VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (host, deployment) DO UPDATE
            SET number = excluded.number, asked = excluded.asked, hold = excluded.hold, revision = excluded.revision,
                terms = excluded.terms
            """,
            [.text(host), .text(item.deployment), .number(number)] + item.order.columns
                + [.number(orNull: item.revision?.number), .integer(terms)]
        )
    }

    /// The id of these terms. With new ones those that no host has any more are forgotten.
    private func idOf(_ terms: AssignmentTerms, of uid: String) throws -> Int64 {
        let digest = StoreValue.blob(terms.digest.bytes)
        if let row = try transaction.row(
            "SELECT id FROM assignment_terms WHERE deployment = ? AND digest = ?",
            [.text(uid), digest]
        ) {
            return try row.integer("id")
        }
        guard try transaction.row("SELECT 1 FROM deployment WHERE uid = ?", [.text(uid)]) != nil else {
            throw FleetStoreError.notFound(.deployment, uid)
        }
        try transaction.execute(
            """
            DELETE FROM assignment_terms WHERE deployment = ?1 AND NOT EXISTS
                (SELECT 1 FROM assignment_item item WHERE item.deployment = ?1 AND item.terms = assignment_terms.id)
            """,
            [.text(uid)]
        )
        let row = try transaction.row(
            "INSERT INTO assignment_terms (deployment, digest, terms) VALUES (?, ?, ?) RETURNING id",
            [.text(uid), digest, try .json(terms)]
        )
        return try row?.integer("id") ?? 0
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
