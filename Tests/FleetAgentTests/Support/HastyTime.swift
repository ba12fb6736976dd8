import DaemonKit
import Fleet
import Synchronization

/// Time that passes only while somebody sleeps, and then as soon as the test lets it.
final class HastyTime: Sendable {
    private let passed = Mutex(Span(milliseconds: 0))
    private let mayPass: @Sendable (Span) -> Bool

    /// - Parameter mayPass: whether so long a sleep may end now; asked until it may.
    init(mayPass: @escaping @Sendable (Span) -> Bool) {
        self.mayPass = mayPass
    }

    var source: TimeSource {
        TimeSource(
            now: { Instant(milliseconds: self.passed.withLock { $0.milliseconds }) },
            elapsed: { self.passed.withLock { $0 } },
            sleep: { span in
                repeat {
                    await Task.yield()
                    try Task.checkCancellation()
                } while !self.mayPass(span)
                self.passed.withLock { $0 = Span(milliseconds: $0.milliseconds + span.milliseconds) }
            }
        )
    }
}
