import Fleet
import FleetClient

/// Decides which errors a command that follows something sits out: a controller that restarts, a rollout that is about
/// to begin.
struct Patience {
    /// How long an unreachable controller is waited for.
    static let unreachable = Span.seconds(60)
    /// How long a rollout may take to begin.
    static let notYet = Span.seconds(10)

    private var since: Instant?

    /// A call was answered.
    mutating func reset() {
        since = nil
    }

    /// Whether to try again.
    mutating func allows(_ error: ClientError, at now: Instant) -> Bool {
        let limit: Span
        switch error.code {
        case .unreachable: limit = Self.unreachable
        case .refused where error.problem?.status == 503 || error.problem?.status == 429: limit = Self.unreachable
        case .refused where error.problem?.status == 404: limit = Self.notYet
        case .refused, .untrusted, .unexpectedAnswer, .file, .configuration: return false
        }
        let start = since ?? now
        since = start
        return now - start < limit
    }
}
