import DaemonKit
import Fleet
import Synchronization
import Testing

@testable import FleetAgent

/// Deadlines while somebody sets the clock.
@Suite struct SteadyTimeTests {
    private final class Clocks: Sendable {
        let wall = Mutex<Int64>(1_000_000)
        let elapsed = Mutex<Int64>(50)

        var source: TimeSource {
            TimeSource(
                now: { Instant(milliseconds: self.wall.withLock { $0 }) },
                elapsed: { Span(milliseconds: self.elapsed.withLock { $0 }) },
                sleep: { _ in }
            )
        }

        func pass(_ milliseconds: Int64, wall step: Int64) {
            elapsed.withLock { $0 += milliseconds }
            wall.withLock { $0 += step }
        }
    }

    @Test func itPassesEvenlyAndShowsTheTimeOfDay() {
        let clocks = Clocks()
        var time = SteadyTime(clocks.source)
        #expect(time.now == Instant(milliseconds: 1_000_000))
        clocks.pass(500, wall: 700)
        #expect(time.now == Instant(milliseconds: 1_000_500))
        #expect(time.toTimeOfDay() == Span(milliseconds: 0), "a little drift changes no report")
        clocks.pass(1000, wall: -3_600_000)
        #expect(time.now == Instant(milliseconds: 1_001_500))
        #expect(time.now + time.toTimeOfDay() == clocks.source.now())
    }
}
