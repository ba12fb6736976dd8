import DaemonKit
import Fleet
import Synchronization

/// Time that passes only while somebody sleeps, and then at once.
final class HastyTime: Sendable {
    private let passed = Mutex(Span(milliseconds: 0))

    var source: TimeSource {
        TimeSource(
            now: { Instant(milliseconds: self.passed.withLock { $0.milliseconds }) },
            elapsed: { self.passed.withLock { $0 } },
            sleep: { span in
                await Task.yield()
                try Task.checkCancellation()
                self.passed.withLock { $0 = Span(milliseconds: $0.milliseconds + span.milliseconds) }
            }
        )
    }
}
