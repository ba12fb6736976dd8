/// Why nothing moves, what this store has forgotten, and what a thaw would begin.
package struct FrozenView: Sendable, Codable {
    /// Since when.
    package var since: Instant
    /// What showed that the store is an old backup.
    package var reason: String
    /// What hosts report and this store does not have, in the order of hosts and deployments.
    package var forgotten: [ForgottenView]
    /// What would move, within each deployment's budgets.
    package var moves: [PlanHost]
    /// The names of hosts that have not reported since the start: what they serve is not known, so a thaw asks them first.
    package var silent: [String]

    /// Why nothing moves.
    package init(
        since: Instant,
        reason: String,
        forgotten: [ForgottenView],
        moves: [PlanHost],
        silent: [String]
    ) {
        self.since = since
        self.reason = reason
        self.forgotten = forgotten
        self.moves = moves
        self.silent = silent
    }
}
