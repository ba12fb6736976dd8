import Fleet
import NIOCore
import Synchronization
import Testing

@testable import FleetController

/// The controller's end of one answer, without a host.
@Suite struct HostAnswerFeedTests {
    /// How an answer may end.
    enum End: CaseIterable, Sendable {
        case unread, readInPart, readToTheEnd, failed, failedUnread
    }

    /// How often something was told.
    private final class Tally: Sendable {
        let count = Mutex(0)
    }

    /// Takes an answer as far as it comes; `told` is called when it is over.
    private static func take(_ feed: HostAnswerFeed, to end: End, told: @escaping @Sendable () -> Void) async throws {
        // As `HostRequests` does it: what is told of the end knows the feed.
        let answer = feed.begin {
            _ = feed.id
            told()
        }
        _ = feed.take(ByteBuffer(string: "one"))
        switch end {
        case .unread: return
        case .readInPart: for try await _ in answer { return }
        case .readToTheEnd:
            feed.end()
            for try await _ in answer {}
        case .failed:
            feed.end(feed.lost)
            await #expect(throws: ControllerError.self) { for try await _ in answer {} }
        case .failedUnread: withExtendedLifetime(answer) { feed.end(feed.lost) }
        }
    }

    @Test(arguments: End.allCases)
    func nothingHoldsAFeedThatIsOver(end: End) async throws {
        weak var held: HostAnswerFeed?
        let told = Tally()
        do {
            let ada = OperatorIdentity(name: "ada", role: .admin)
            let feed = HostAnswerFeed(id: "r", hostID: "h", host: "lyon-1", what: "look", asker: ada)
            held = feed
            try await Self.take(feed, to: end) { told.count.withLock { $0 += 1 } }
        }
        #expect(told.count.withLock { $0 } == 1, "the end is told once")
        #expect(held == nil, "each call would pin its feed and its host's session for ever")
    }
}
