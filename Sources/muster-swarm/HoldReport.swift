/// What `hold` prints at its end: JSON on standard output, times in milliseconds.
struct HoldReport: Codable, Sendable {
    var connections: Int
    /// Sessions that ended before the swarm was told to stop.
    var lost: Int
    var reasons: [String: Int]
    /// From a lease to its Ack.
    var leases: LatencySummary
    /// Every rollback that an agent took part in, by id.
    var rollbacks: [String: RollbackReport]
}
