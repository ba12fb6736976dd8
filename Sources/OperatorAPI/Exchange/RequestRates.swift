import DaemonKit
import Fleet
import Hummingbird
import Synchronization

/// Refuses operators that ask too often.
final class RequestRates: Sendable {
    private let rate: Mutex<RequestRate>
    private let time: TimeSource

    init(_ limit: RequestRate.Limit, time: TimeSource) {
        rate = Mutex(RequestRate(limit))
        self.time = time
    }

    /// - Throws: `APIError` `rateLimited`, which names the bound and says when to ask again.
    func check(_ name: String) throws {
        let now = time.elapsed()
        let (limit, wait) = rate.withLock { ($0.limit, $0.asked(by: name, at: now)) }
        guard let wait else { return }
        let seconds = max(1, (wait.milliseconds + 999) / 1000)
        var error = APIError(
            .rateLimited,
            "\(name) asks more often than \(limit.perSecond) times a second, and has used up \(limit.atOnce) at once",
            hint: "ask again in \(seconds) s; instead of asking in a loop, watch: GET …/watch"
        )
        error.headers[.retryAfter] = "\(seconds)"
        throw error
    }
}
