import DaemonKit
import Fleet
import Logging
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct DaemonTests {
    struct Failure: Error {}

    final class Events: Sendable {
        private let events = Mutex<[String]>([])
        var all: [String] { events.withLock { $0 } }
        func append(_ event: String) { events.withLock { $0.append(event) } }
    }

    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    static func waiting(_ name: String, _ events: Events) -> DaemonPart {
        DaemonPart(name: name) {
            try await GracefulShutdown.requested()
            events.append("\(name) stopped")
        }
    }

    /// Waits on a stream that nobody feeds: it ends with the task's cancellation.
    static func untilCancelled() async {
        let (never, keepOpen) = AsyncStream.makeStream(of: Void.self)
        for await _ in never {}
        keepOpen.finish()
    }

    @Test func stopsThePartsInReverse() async {
        let events = Events()
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let last = DaemonPart(name: "c") {
            start.finish()
            try await GracefulShutdown.requested()
            events.append("c stopped")
        }
        let daemon = Daemon(parts: [Self.waiting("a", events), Self.waiting("b", events), last], logger: Self.logger)
        async let code = daemon.run()
        for await _ in started {}
        await daemon.stop()
        #expect(await code == 0)
        #expect(events.all == ["c stopped", "b stopped", "a stopped"])
    }

    @Test func aPartThatFailsStopsTheOthersGracefully() async {
        let events = Events()
        let failing = DaemonPart(name: "failing") { throw Failure() }
        let daemon = Daemon(parts: [Self.waiting("a", events), failing], logger: Self.logger)
        #expect(await daemon.run() == 1)
        #expect(events.all == ["a stopped"])
    }

    @Test func aPartThatEndsStopsTheOthersGracefully() async {
        let events = Events()
        let daemon = Daemon(parts: [Self.waiting("a", events), DaemonPart(name: "done") {}], logger: Self.logger)
        #expect(await daemon.run() == 0)
        #expect(events.all == ["a stopped"])
    }

    @Test func whatRunsAtTheDeadlineIsCancelled() async {
        let events = Events()
        let deaf = DaemonPart(name: "deaf") {
            await Self.untilCancelled()
            events.append("cancelled")
            try Task.checkCancellation()
        }
        let ending = DaemonPart(name: "ending") {}
        let daemon = Daemon(parts: [deaf, ending], deadline: Span(milliseconds: 10), logger: Self.logger)
        #expect(await daemon.run() == 0)
        #expect(events.all == ["cancelled"])
    }

    @Test func aRequestReachesAnOperation() async {
        let events = Events()
        let (stopped, stop) = AsyncStream.makeStream(of: Void.self)
        let part = DaemonPart(name: "a") {
            await GracefulShutdown.during {
                for await _ in stopped {}
            } onRequest: {
                events.append("asked")
                stop.finish()
            }
        }
        let cancelled = DaemonPart(name: "b") {
            await GracefulShutdown.cancelling { await Self.untilCancelled() }
            events.append("b cancelled")
        }
        let daemon = Daemon(parts: [part, cancelled, DaemonPart(name: "done") {}], logger: Self.logger)
        #expect(await daemon.run() == 0)
        #expect(events.all == ["b cancelled", "asked"])
    }
}
