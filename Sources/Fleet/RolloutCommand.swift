/// What a person can say to a rollout. Pausing, aborting, cancelling and skipping carry a reason beside it.
package enum RolloutCommand: Hashable, Sendable, Codable {
    /// Nothing new is begun; what is under way on hosts ends by itself. Clocks stop.
    case pause
    /// Goes on, and accepts the exclusions so far.
    case resume
    /// Counts the present wave as done, its bake as over; `full` opens all waves that are left.
    case promote(full: Bool)
    /// Everything that has moved goes back at once, within `maxInFlight`.
    case abort
    /// Ends the rollout without haste: what has moved goes back under the standing budget.
    case cancel
    /// Starts a rollout of the written content again after one that ended without success.
    case retry
    /// Leaves one host of the list as it is, by its name.
    case skip(host: String)
}
