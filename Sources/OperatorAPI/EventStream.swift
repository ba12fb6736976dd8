import DaemonKit
import Fleet
import FleetStore
import Hummingbird

/// Server-sent events (WHATWG HTML, "Server-sent events") of every change after a revision: in order, without gaps.
///
/// It goes at its reader's pace and ends when a shutdown is asked for. It gives its place back when nobody holds it.
final class EventStream: Sendable {
    private enum Turn: Sendable {
        case event(WatchEvent, rest: FleetWatch.Iterator)
        case beat
        case end
    }

    private let revision: UInt64
    private let feed: EventFeed
    private let beat: Span
    private let time: TimeSource
    private let onRelease: @Sendable () -> Void

    init(
        from revision: UInt64,
        feed: EventFeed,
        beat: Span,
        time: TimeSource,
        onRelease: @escaping @Sendable () -> Void
    ) {
        self.revision = revision
        self.feed = feed
        self.beat = beat
        self.time = time
        self.onRelease = onRelease
    }

    deinit { onRelease() }

    /// Writes events to the end.
    ///
    /// - Throws: what the store or the connection throws; the reader then sees a stream that broke off.
    @concurrent func write(to writer: inout any ResponseBodyWriter) async throws {
        // The first bytes tell the reader that its place was taken.
        try await writer.write(ByteBuffer(string: ": watching\n\n"))
        var place = revision
        while true {
            switch await feed.next(after: place) {
            case .write(let changes):
                for change in changes {
                    try await writer.write(change.text)
                    place = change.revision
                }
            case .beat: try await writer.write(Self.alive)
            case .readStore:
                guard let next = try await catchUp(from: place, &writer) else { return try await writer.finish(nil) }
                place = next
            case .end: return try await writer.finish(nil)
            }
        }
    }

    /// Writes what the store has until the feed has what follows. Returns from where; `nil` at the stream's end.
    @concurrent private func catchUp(
        from revision: UInt64,
        _ writer: inout any ResponseBodyWriter
    ) async throws -> UInt64? {
        var place = feed.watch(from: revision).makeAsyncIterator()
        var told = revision
        while !feed.follows(told) {
            switch try await turn(from: place) {
            case .event(let event, let rest):
                place = rest
                told = event.revision
                try await writer.write(try feed.text(of: event))
            case .beat: try await writer.write(Self.alive)
            case .end: return nil
            }
        }
        return told
    }

    /// Waits for the next change, but not longer than a beat. The place is a value: what is given up loses nothing.
    private func turn(from place: FleetWatch.Iterator) async throws -> Turn {
        try await GracefulShutdown.cancelling { [time, beat] in
            try await withThrowingTaskGroup(of: Turn.self) { group in
                group.addTask {
                    var rest = place
                    guard let event = try await rest.next() else { return .end }
                    return .event(event, rest: rest)
                }
                group.addTask {
                    do {
                        try await time.sleep(beat)
                        return .beat
                    } catch {
                        return .end
                    }
                }
                defer { group.cancelAll() }
                return try await group.next() ?? .end
            }
        }
    }

    private static let alive = ByteBuffer(string: ": alive\n\n")
}
