import Fleet

/// The rollbacks of a deployment that stand, those asked for first before the others, each with what it condemns.
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
        let known = Set(picture.rollbacks.map(\.rollback))
        var orders = holds.filter { !known.contains($0.key) }.map { id, made in
            let at = made.map(\.since).min() ?? Instant(milliseconds: 0)
            return RollbackOrder(rollback: id, deployment: picture.uid, at: at)
        }
        orders.sort { ($0.at, $0.rollback) < ($1.at, $1.rollback) }
        // In the order in which they were asked for: the time of day may step.
        orders += picture.rollbacks
        members = orders.map { Member(order: $0, holds: holds[$0.rollback] ?? []) }
        var indexes: [String: Int] = [:]
        for (index, order) in orders.enumerated() { indexes[order.rollback] = index }
        self.indexes = indexes
    }

    func index(of rollback: String) -> Int? { indexes[rollback] }

    /// The newest one that is for a host and still condemns something there; rehearsals condemn nothing.
    func newest(on host: String) -> Int? { members.lastIndex { $0.applies(to: host) } }
}
