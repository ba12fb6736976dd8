import Fleet

/// The rollbacks of a deployment that stand, oldest first, each with what it condemns.
struct StandingRollbacks: Sendable {
    /// One rollback.
    struct Member: Sendable {
        var order: RollbackOrder
        /// The holds that it made and that nobody has lifted.
        var holds: [Hold]

        /// Whether it is for a host.
        func applies(to host: String) -> Bool { holds.contains { $0.applies(to: host) } }

        /// Whether it condemns a revision on a host.
        func condemns(_ revision: RevisionReference, on host: String) -> Bool {
            holds.contains { $0.condemns(revision) && $0.applies(to: host) }
        }
    }

    let members: [Member]
    private let indexes: [String: Int]

    init(_ picture: DeploymentPicture) {
        var holds: [String: [Hold]] = [:]
        for hold in picture.holds { if let id = hold.rollback { holds[id, default: []].append(hold) } }
        var orders = picture.rollbacks
        let known = Set(orders.map(\.rollback))
        for (id, made) in holds where !known.contains(id) {
            let at = made.map(\.since).min() ?? Instant(milliseconds: 0)
            orders.append(RollbackOrder(rollback: id, deployment: picture.uid, at: at))
        }
        orders.sort { ($0.at, $0.rollback) < ($1.at, $1.rollback) }
        members = orders.map { Member(order: $0, holds: holds[$0.rollback] ?? []) }
        var indexes: [String: Int] = [:]
        for (index, order) in orders.enumerated() { indexes[order.rollback] = index }
        self.indexes = indexes
    }

    func index(of rollback: String) -> Int? { indexes[rollback] }

    /// The newest one that is for a host and still condemns something there; rehearsals condemn nothing.
    func newest(on host: String) -> Int? { members.lastIndex { $0.applies(to: host) } }
}
