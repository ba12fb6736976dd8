import DaemonKit
import Fleet

/// The time that machines are told: it begins as the time of day and then passes evenly, whatever is done to the clock.
struct SteadyTime: Sendable {
    /// Clocks that differ by less show the same time, in milliseconds: a report must not change with every look at it.
    private static let tolerance: Int64 = 1000

    private let time: TimeSource
    private let origin: Instant
    private let began: Span
    private var shift = Span(milliseconds: 0)

    /// Begins now.
    init(_ time: TimeSource) {
        self.time = time
        origin = time.now()
        began = time.elapsed()
    }

    /// The time to give to machines.
    var now: Instant {
        origin + Span(milliseconds: time.elapsed().milliseconds - began.milliseconds)
    }

    /// What leads from it to the time of day.
    mutating func toTimeOfDay() -> Span {
        let difference = time.now() - now
        if (difference.milliseconds - shift.milliseconds).magnitude > Self.tolerance { shift = difference }
        return shift
    }
}
