import DaemonKit
import Fleet
import Hummingbird
import NIOCore
import Synchronization
import Testing

@testable import OperatorAPI

/// When an answer is given again, and when it is made anew.
@Suite struct RecentAnswersTests {
    /// A clock that is set by hand, and answers that number themselves.
    private final class Bed: Sendable {
        private let clock = Mutex(Int64(1_000))
        private let made = Mutex(0)

        var time: TimeSource {
            var time = TimeSource.system
            time.elapsed = { [self] in Span(milliseconds: clock.withLock { $0 }) }
            return time
        }

        func pass(_ milliseconds: Int64) { clock.withLock { $0 += milliseconds } }

        /// Which answer a request gets.
        func ask(
            _ recent: RecentAnswers,
            _ target: String = "/a",
            writes: UInt64 = 1,
            status: HTTPResponse.Status = .ok,
            bytes: Int = 1
        ) -> Int? {
            let (question, known) = recent.asked(target, writes: writes)
            if let known { return known.headers[.contentType].flatMap { Int($0) } }
            let number = made.withLock { made in
                made += 1
                return made
            }
            let answer = RouteAnswer(
                status: status,
                headers: [.contentType: "\(number)"],
                body: ResponseBody(byteBuffer: ByteBuffer(repeating: 0, count: bytes))
            )
            recent.answered(question, answer)
            return number
        }
    }

    @Test func oneThatIsYoungIsGivenAgain() {
        let bed = Bed()
        let recent = RecentAnswers(age: Span(milliseconds: 250), time: bed.time)
        #expect(bed.ask(recent) == 1)
        #expect(bed.ask(recent, "/b") == 2)
        bed.pass(249)
        #expect(bed.ask(recent) == 1)
        bed.pass(1)
        #expect(bed.ask(recent) == 3)
        #expect(bed.ask(recent, writes: 2) == 4, "something was written")
        #expect(bed.ask(recent, writes: 2) == 4)
        recent.storeChanged()
        #expect(bed.ask(recent, writes: 2) == 5, "a watcher was told of a change")
    }

    @Test func refusalsAndLongAnswersAreMadeAnew() {
        let bed = Bed()
        let recent = RecentAnswers(age: Span(milliseconds: 250), time: bed.time)
        #expect(bed.ask(recent, status: .notFound) == 1)
        #expect(bed.ask(recent, status: .notFound) == 2)
        #expect(bed.ask(recent, bytes: RecentAnswers.limit.bytes + 1) == 3)
        #expect(bed.ask(recent, bytes: RecentAnswers.limit.bytes) == 4)
        #expect(bed.ask(recent) == 4)
        for number in 0..<RecentAnswers.limit.answers { _ = bed.ask(recent, "/\(number)", bytes: 0) }
        #expect(bed.ask(recent) != 4, "only so many are kept")
    }

    @Test func whatIsBegunBeforeAChangeIsNotKept() {
        let bed = Bed()
        let recent = RecentAnswers(age: Span(milliseconds: 250), time: bed.time)
        let (question, _) = recent.asked("/a", writes: 1)
        recent.storeChanged()
        recent.answered(question, RouteAnswer(headers: [.contentType: "old"]))
        #expect(bed.ask(recent) == 1)
    }
}
