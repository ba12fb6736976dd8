import Fleet

/// When the agents of a swarm passed what in one rollback, in milliseconds since 1970 by this machine's clock.
struct RollbackTimes: Sendable {
    private(set) var received: [Int64] = []
    private(set) var moved: [Int64] = []
    private(set) var ended: [Int64] = []
    private(set) var receipts: [String: Int] = [:]

    /// One agent has passed something, with one deployment.
    mutating func note(_ milestone: SwarmHost.Milestone, at now: Instant) {
        switch milestone {
        case .received: received.append(now.milliseconds)
        case .moved: moved.append(now.milliseconds)
        case .ended(_, let receipt):
            ended.append(now.milliseconds)
            receipts[receipt.word, default: 0] += 1
        }
    }

    /// Adds what another event loop has seen.
    mutating func merge(_ other: RollbackTimes) {
        received += other.received
        moved += other.moved
        ended += other.ended
        receipts.merge(other.receipts) { $0 + $1 }
    }
}

extension SwarmHost.Milestone {
    /// The rollback's id.
    var rollback: String {
        switch self {
        case .received(let id), .moved(let id), .ended(let id, _): id
        }
    }
}

extension Receipt {
    fileprivate var word: String {
        switch self {
        case .done: "done"
        case .unaffected: "unaffected"
        case .inProgress: "inProgress"
        case .offline: "offline"
        case .noTarget: "noTarget"
        case .pinned: "pinned"
        case .failed: "failed"
        }
    }
}
