import Fleet

/// How often each operator may ask: so many requests a second, and so many at once after a pause (the generic cell rate
/// algorithm, ITU-T I.371). Pure.
package struct RequestRate {
    /// The bound.
    package struct Limit: Hashable, Sendable {
        /// Requests a second in the long run.
        package var perSecond: Int
        /// Requests that may come at once.
        package var atOnce: Int

        /// What a person, a pipeline and a dashboard stay below, and a loop that was forgotten does not.
        package static let usual = Limit(perSecond: 200, atOnce: 1_000)

        /// A bound.
        package init(perSecond: Int, atOnce: Int) {
            self.perSecond = perSecond
            self.atOnce = atOnce
        }
    }

    /// The most operators that are remembered; of more, those that asked least lately are forgotten.
    static let operators = 10_000

    let limit: Limit
    /// When each operator's allowance is whole again, in microseconds.
    private var whole: [String: Int64] = [:]

    init(_ limit: Limit) {
        self.limit = limit
    }

    /// Takes one request; answers how long to wait where it is one too many.
    mutating func asked(by name: String, at now: Span) -> Span? {
        let now = now.milliseconds * 1000
        let each = Int64(1_000_000 / limit.perSecond)
        let next = max(whole[name] ?? now, now) + each
        let excess = next - now - each * Int64(limit.atOnce)
        guard excess <= 0 else { return Span(milliseconds: (excess + 999) / 1000) }
        if whole.count >= Self.operators { whole = whole.filter { $0.value > now } }
        whole[name] = next
        return nil
    }
}
