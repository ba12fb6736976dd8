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

    /// Another's clock, which a sleep moves on at once.
    ///
    /// - Parameter pass: moves it on; `false` where the sleep is to last until its task is cancelled.
    static func source(elapsed: @escaping @Sendable () -> Span, pass: @escaping @Sendable (Span) -> Bool) -> TimeSource
    {
        TimeSource(
            now: { Instant(milliseconds: elapsed().milliseconds) },
            elapsed: elapsed,
            sleep: { span in
                try Task.checkCancellation()
                guard !pass(span) else { return }
                for await _ in AsyncStream.makeStream(of: Never.self).stream {}
                throw CancellationError()
            }
        )
    }
}
