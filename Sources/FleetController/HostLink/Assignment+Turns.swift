import Fleet
import SessionLifecycle

extension Assignment {
    /// The same as an agent understands it: one that knows no turns in a rollback goes at once.
    ///
    /// - Parameter capabilities: what the agent can, in bits of `LinkProtocol`.
    func told(to capabilities: UInt64) -> Assignment {
        guard capabilities & LinkProtocol.rollbackTurns == 0 else { return self }
        var told = self
        for (index, item) in items.enumerated() {
            if case .rollback(let id, .wait) = item.order { told.items[index].order = .rollback(id: id, turn: .go) }
        }
        return told
    }
}
