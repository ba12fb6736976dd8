package import Fleet

/// Whose turn it is in a rollback (DESIGN §8): while an item says `wait` everything is got ready and nothing moves.
///
/// A host goes all the same, and once and for all in that rollback, when
/// * it has been without a session for `ReplicaTimes.turn`: nobody could tell it to go;
/// * nothing answers on it, so that there is nothing to be taken out of service;
/// * it is on its way to what is condemned: it goes back at once, which is no new switch.
extension ReplicaStateMachine {
    /// There is a session with the controller.
    package mutating func sessionBegan(at now: Instant) -> [ReplicaAction] {
        lostSince = nil
        return flush(now)
    }

    /// There is no session with the controller. Until `sessionBegan` this is so from the machine's beginning on.
    ///
    /// - Parameter since: when the controller was last heard.
    package mutating func sessionLost(since: Instant, at now: Instant) -> [ReplicaAction] {
        if lostSince == nil { lostSince = since }
        turnMayBeDue(now)
        return flush(now)
    }

    /// When a host that waits for its turn goes by itself.
    var turnDue: Instant? {
        guard let lostSince, isWaitingForTurn else { return nil }
        return lostSince + ReplicaTimes.turn
    }

    /// Goes by itself when it is time to.
    mutating func turnMayBeDue(_ now: Instant) {
        guard let due = turnDue, now >= due else { return }
        takeTurn()
        pursue(now)
    }

    /// Takes the turn where nothing answers.
    mutating func takeTurnOfTheIdle() {
        guard isWaitingForTurn, underway == nil, answering == nil, life.process == nil else { return }
        takeTurn()
    }

    /// Whether the newest item is a rollback that has not ended and whose turn has not come.
    var isWaitingForTurn: Bool {
        guard let item = record.item, item.isRollback, record.settlement?.item != item.number else { return false }
        return !record.hasTurn(item)
    }

    private mutating func takeTurn() {
        guard case .rollback(let id, _)? = record.item?.order else { return }
        record.turn = id
        // Somebody may have put right what stood in the way.
        if staging?.retry != nil { staging = nil }
    }
}

extension ReplicaRecord {
    /// Whether a rollback may move what serves: it says so, or its turn has come before.
    func hasTurn(_ item: AssignmentItem) -> Bool {
        guard case .rollback(let id, let wanted) = item.order else { return false }
        return wanted == .go || turn == id
    }

    /// Remembers that its turn has come: a rollback that said `go` does not take it back.
    mutating func noteTurn(_ item: AssignmentItem) {
        if case .rollback(let id, .go) = item.order { turn = id }
    }
}
