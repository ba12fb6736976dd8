package import Fleet
import StoreDriver

extension FleetReader {
    /// Everything that a host should run, in the order of the deployments' uids; no items and generation 0 when
    /// nothing was ever assigned.
    package func assignment(of host: String) throws -> Assignment {
        let generation = try transaction.row("SELECT generation FROM assignment WHERE host = ?", [.text(host)])
        let items = try transaction.rows(
            "SELECT item FROM assignment_item WHERE host = ? ORDER BY deployment",
            [.text(host)]
        ).map { try $0.json("item", as: AssignmentItem.self) }
        return Assignment(
            version: AssignmentVersion(
                epoch: try controller().epoch,
                generation: try generation?.number("generation") ?? 0
            ),
            items: try items.map { item in
                guard let number = item.revision?.number else { return item }
                return try completed(item, with: try revision(number, of: item.deployment))
            }
        )
    }

    /// What each host should do about one deployment, by host id.
    package func items(of deployment: String) throws -> [String: AssignmentItem] {
        let revisions = Dictionary(try revisions(of: deployment).map { ($0.number, $0) }) { first, _ in first }
        let rows = try transaction.rows(
            "SELECT host, item FROM assignment_item WHERE deployment = ?",
            [.text(deployment)]
        )
        return try rows.reduce(into: [:]) { items, row in
            let item = try row.json("item", as: AssignmentItem.self)
            let revision = item.revision.flatMap { revisions[$0.number] }
            items[try row.text("host")] = try completed(item, with: revision)
        }
    }

    /// One item as it is kept: its revision without the bytes, which are in the table of revisions.
    func storedItem(of deployment: String, on host: String) throws -> AssignmentItem? {
        try transaction.row(
            "SELECT item FROM assignment_item WHERE host = ? AND deployment = ?",
            [.text(host), .text(deployment)]
        ).map { try $0.json("item") }
    }

    private func completed(_ item: AssignmentItem, with revision: Revision?) throws -> AssignmentItem {
        guard let reference = item.revision?.reference else { return item }
        guard let revision else {
            throw FleetStoreError.notFound(.deployment, "\(item.name), revision \(reference.number)")
        }
        var item = item
        item.revision = revision
        return item
    }
}
