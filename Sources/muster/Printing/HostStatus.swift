/// How a host stands, in one word.
struct HostStatus {
    var isRevoked: Bool
    var isConnected: Bool
    var isFrozen: Bool
    var isQuarantined: Bool
    var isCordoned: Bool
    var hasWarnings: Bool

    /// The word; the gravest there is.
    var cell: TextTable.Cell {
        if isRevoked { return .init("revoked", .bad) }
        if !isConnected, isQuarantined { return .init("quarantined", .bad) }
        if !isConnected { return .init(isCordoned ? "unreachable, cordoned" : "unreachable", .bad) }
        if isFrozen { return .init("connected, frozen", .bad) }
        if isQuarantined { return .init("quarantined", .bad) }
        if isCordoned { return .init("connected, cordoned", .busy) }
        return hasWarnings ? .init("connected, warnings", .busy) : .init("connected", .good)
    }
}
