/// How a host stands, in one word.
struct HostStatus {
    var isRevoked: Bool
    var isConnected: Bool
    var isFrozen: Bool
    var isQuarantined: Bool
    var hasWarnings: Bool

    /// The word; the gravest there is.
    var cell: TextTable.Cell {
        if isRevoked { return .init("revoked", .bad) }
        if !isConnected { return .init(isQuarantined ? "quarantined" : "unreachable", .bad) }
        if isFrozen { return .init("connected, frozen", .bad) }
        if isQuarantined { return .init("quarantined", .bad) }
        return hasWarnings ? .init("connected, warnings", .busy) : .init("connected", .good)
    }
}
