package import Fleet
import Glibc

/// Where owners take time from; tests hand them another.
package struct TimeSource: Sendable {
    /// The time of day, which may jump.
    package var now: @Sendable () -> Instant
    /// Time since some fixed point, which never jumps and counts while the machine sleeps: for measuring and for deadlines.
    package var elapsed: @Sendable () -> Span
    /// Waits so long; throws `CancellationError` as soon as the task is cancelled.
    package var sleep: @Sendable (Span) async throws -> Void

    /// A source made of its three parts.
    package init(
        now: @escaping @Sendable () -> Instant,
        elapsed: @escaping @Sendable () -> Span,
        sleep: @escaping @Sendable (Span) async throws -> Void
    ) {
        self.now = now
        self.elapsed = elapsed
        self.sleep = sleep
    }

    /// The machine's clocks.
    package static let system = TimeSource(
        now: { Instant(milliseconds: milliseconds(CLOCK_REALTIME)) },
        elapsed: { Span(milliseconds: milliseconds(CLOCK_BOOTTIME)) },
        sleep: { try await Task.sleep(for: .milliseconds($0.milliseconds), clock: .continuous) }
    )

    private static func milliseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
