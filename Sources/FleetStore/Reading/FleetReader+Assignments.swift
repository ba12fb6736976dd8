package import Fleet
import StoreDriver

extension FleetReader {
    /// Everything that a host should run, in the order of the deployments' uids; no items and generation 0 when
    /// nothing was ever assigned.
    package func assignment(of host: String) throws -> Assignment {
        let generation = try transaction.row("SELECT generation FROM assignment WHERE host = ?", [.text(host)])
        let rows = try transaction.rows(
            "SELECT * FROM assignment_item WHERE host = ? ORDER BY deployment",
            [.text(host)]
        )
        return Assignment(
            version: AssignmentVersion(
                epoch: try controller().epoch,
                generation: try generation?.number("generation") ?? 0
            ),
            items: try items(rows)
        )
    }

    /// What each host should do about one deployment, by host id.
    package func items(of deployment: String) throws -> [String: AssignmentItem] {
        let rows = try transaction.rows("SELECT * FROM assignment_item WHERE deployment = ?", [.text(deployment)])
        let items = try items(rows)
        return try zip(rows, items).reduce(into: Dictionary(minimumCapacity: rows.count)) { result, pair in
            result[try pair.0.text("host")] = pair.1
        }
    }

    /// The rows of `assignment_item` with what they refer to, in the same order.
    private func items(_ rows: [StoreRow]) throws -> [AssignmentItem] {
        struct Place: Hashable {
            var deployment: String
            var revision: UInt64
        }
        var terms: [Int64: AssignmentTerms] = [:]
        var revisions: [Place: Revision] = [:]
        return try rows.map { row in
            let deployment = try row.text("deployment")
            let id = try row.integer("terms")
            let known = try terms[id] ?? self.terms(id)
            terms[id] = known
            var revision: Revision?
            if let number = try row.numberOrNull("revision") {
                let place = Place(deployment: deployment, revision: number)
                revision = try revisions[place] ?? sharedRevision(number, of: deployment, called: known.name)
                revisions[place] = revision
            }
            return known.item(
                of: deployment,
                number: try row.number("number"),
                order: try row.order(),
                revision: revision
            )
        }
    }

    /// What items share, by the number of its row.
    func terms(_ id: Int64) throws -> AssignmentTerms {
        guard
            let row = try transaction.row("SELECT digest, terms FROM assignment_terms WHERE id = ?", [.integer(id)])
        else { throw FleetStoreError.notFound(.deployment, "assignment terms \(id)") }
        guard let digest = Digest(bytes: try row.blob("digest")) else { return try row.json("terms") }
        return try shared.terms(digest) { try row.json("terms") }
    }

    private func sharedRevision(_ number: UInt64, of deployment: String, called name: String) throws -> Revision {
        func missing() -> FleetStoreError { FleetStoreError.notFound(.deployment, "\(name), revision \(number)") }
        guard
            let row = try transaction.row(
                "SELECT revision, digest, written FROM revision WHERE deployment = ? AND revision = ?",
                [.text(deployment), .number(number)]
            )
        else { throw missing() }
        return try shared.revision(try row.revisionReference()) {
            guard let revision = try revision(number, of: deployment) else { throw missing() }
            return revision
        }
    }
}
