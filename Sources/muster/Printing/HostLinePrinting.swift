import Fleet
import FleetClient

extension HostLine {
    /// The cells of the table's columns: the same as of a `HostView`.
    func cells(isFrozen: Bool, now: Instant) -> [TextTable.Cell] {
        let status = HostStatus(
            isRevoked: revoked == true,
            isConnected: connected,
            isFrozen: isFrozen,
            isQuarantined: quarantined == true,
            isCordoned: cordoned == true,
            hasWarnings: warnings > 0
        )
        return [
            .init(name), status.cell, .init(Measure.labels(labels)),
            .init(replicas.map { "\(serving ?? 0)/\($0)" } ?? ""), .init(Measure.age(of: lastSeen, now: now)),
        ]
    }
}
