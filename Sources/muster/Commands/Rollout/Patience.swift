import Fleet
import FleetClient

/// Decides which errors a command that follows something sits out: a controller that restarts, a rollout that is about
/// to begin. Pure.
struct Patience {
    /// What to do after an error.
    enum Verdict: Equatable {
        case tryAgain
        /// Nobody has answered for so long.
        case gone(Span)
        /// What was followed is not there any more.
        case deleted
        /// Waiting would not help.
        case fail
    }

    /// How long an unreachable controller is waited for, from its last answer.
    static let unreachable = Span.seconds(60)
    /// How long a rollout may take to begin.
    static let notYet = Span.seconds(10)

    private var since: Instant
    private var wasAnswered = false

    /// Patience from the beginning of the wait.
    init(at now: Instant) {
        since = now
    }

    /// A call was answered.
    mutating func answered(at now: Instant) {
        since = now
        wasAnswered = true
    }

    /// What to do after an error.
    func verdict(on error: ClientError, at now: Instant) -> Verdict {
        let waited = now - since
        switch (error.code, error.problem?.status) {
        case (.unreachable, _), (.refused, 503), (.refused, 429):
            return waited < Self.unreachable ? .tryAgain : .gone(waited)
        case (.refused, 404):
            if wasAnswered { return .deleted }
            return waited < Self.notYet ? .tryAgain : .fail
        case (.refused, _), (.untrusted, _), (.unexpectedAnswer, _), (.file, _), (.configuration, _):
            return .fail
        }
    }
}
