/// What both ends of the link agree on before anything else: DESIGN §6, Hello/Welcome.
package enum LinkProtocol {
    /// The oldest version that this program speaks.
    package static let oldest: UInt32 = 1
    /// The newest version that this program speaks.
    package static let newest: UInt32 = 1
    /// The capability bits of this program: bit 1, the recreate chain; bit 2, side by side; bit 3, the order to
    /// stage; bit 4, what is done on hosts; bit 5, rollbacks that wait for their turn; bit 6, logs; bit 7,
    /// inspection; bit 8, support bundles; bit 9, to take an endpoint's port over.
    package static let capabilities: UInt64 =
        1 << 1 | 1 << 2 | 1 << 3 | localActions | rollbackTurns | requests | portTakeover
    /// What a controller needs to store what was done on a host: an older one ends the session over it.
    package static let localActions: UInt64 = 1 << 4
    /// What an agent needs to wait for its turn in a rollback: an older one is told to go at once.
    package static let rollbackTurns: UInt64 = 1 << 5
    /// What an agent needs to answer a request for logs: an older one is not asked.
    package static let logs: UInt64 = 1 << 6
    /// What an agent needs to answer a request for inspection.
    package static let inspection: UInt64 = 1 << 7
    /// What an agent needs to answer a request for a support bundle.
    package static let supportBundles: UInt64 = 1 << 8
    /// What an agent needs to take an endpoint's port over from another program: an older one refuses it, and its host says so.
    package static let portTakeover: UInt64 = 1 << 9
    /// What an agent needs to answer requests of any kind.
    package static let requests: UInt64 = logs | inspection | supportBundles

    /// The newest version that both speak; `nil` when there is none.
    package static func agreed(oldest: UInt32, newest: UInt32) -> UInt32? {
        let version = min(newest, Self.newest)
        return version >= max(oldest, Self.oldest) ? version : nil
    }
}
