import DaemonKit
import Fleet
import Synchronization

/// Makes event streams, at most so many at once.
final class EventStreams: Sendable {
    /// The most streams at once.
    let limit: Int
    /// Where those that are up to date read.
    let feed: EventFeed
    private let beat: Span
    private let time: TimeSource
    private let taken = Mutex(0)

    /// - Parameter beat: a stream without news says so often that it is alive, and so finds out when its reader is gone.
    init(limit: Int, feed: EventFeed, beat: Span, time: TimeSource) {
        self.limit = limit
        self.feed = feed
        self.beat = beat
        self.time = time
    }

    /// A stream of what changes after a revision.
    ///
    /// - Throws: `APIError` `overloaded` when all are taken.
    func open(from revision: UInt64) throws -> EventStream {
        let isFree = taken.withLock { taken in
            guard taken < limit else { return false }
            taken += 1
            return true
        }
        guard isFree else {
            throw APIError(.overloaded, "\(limit) watches are open, which is the most", hint: "end one, or ask again")
        }
        return EventStream(from: revision, feed: feed, beat: beat, time: time) { [self] in
            taken.withLock { $0 -= 1 }
        }
    }
}
