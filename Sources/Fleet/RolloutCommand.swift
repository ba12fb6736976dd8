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

extension RolloutCommand {
    /// The word for it on the command line, in paths and in the audit.
    package var verb: String {
        switch self {
        case .pause: "pause"
        case .resume: "resume"
        case .promote: "promote"
        case .abort: "abort"
        case .cancel: "cancel"
        case .retry: "retry"
        case .skip: "skip"
        }
    }

    /// Whether somebody has to say why.
    package var needsReason: Bool {
        switch self {
        case .pause, .abort, .cancel, .skip: true
        case .resume, .promote, .retry: false
        }
    }
}
