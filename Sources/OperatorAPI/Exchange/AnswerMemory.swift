import Fleet
import FleetStore
import HummingbirdCore

/// What was answered to requests that bear an `idempotency-key`, so that one that is sent again is not carried out again.
/// It lasts for a day, within bounds, and not longer than the process; what was carried out is known longer (`RequestMark`).
/// Pure.
struct AnswerMemory {
    /// Whose key it is. One that comes with another token, or with a token whose role is another now, is a new request:
    /// whether its sender may ask is checked before anything is answered.
    struct Name: Hashable {
        /// The hash of the bearer token.
        var token: Digest
        /// What the token may do.
        var role: OperatorRole
        var key: String

        /// The name under which the store keeps what was carried out.
        var digest: Digest { Digest(of: "\(token) \(role.rawValue) \(key)".utf8) }
    }

    /// What to do with a request.
    enum OnAsked {
        /// It is new: carry it out, and say what came of it.
        case run
        /// It was answered so.
        case replay(RouteAnswer)
        /// It was carried out; its answer held a secret, and is not kept.
        case wasSecret
        /// The same request is being carried out.
        case isRunning
        /// The key was sent with another request.
        case isOther
    }

    private enum State {
        case running
        case answered(RouteAnswer)
        case answeredInSecret
    }

    private struct Entry {
        var request: Digest
        var state = State.running
        var answeredAt = Span(milliseconds: 0)
        var bytes = 0
    }

    /// How long an answer is remembered.
    static let lifetime = RequestMark.lifetime
    /// The most answers, and the most bytes of them together; beyond that the oldest go.
    static let limit = (answers: 10_000, bytes: 32 << 20)

    private var entries: [Name: Entry] = [:]
    /// What was answered, the oldest first.
    private var order: [Name] = []
    private var bytes = 0

    /// A request came; `request` tells it from others.
    mutating func asked(_ name: Name, _ request: Digest, at now: Span) -> OnAsked {
        forget(at: now)
        guard let entry = entries[name] else {
            entries[name] = Entry(request: request)
            return .run
        }
        guard entry.request == request else { return .isOther }
        switch entry.state {
        case .running: return .isRunning
        case .answered(let answer): return .replay(answer)
        case .answeredInSecret: return .wasSecret
        }
    }

    /// What came of a request that was to be carried out; `nil` when it changed nothing and may be tried again.
    mutating func answered(_ name: Name, _ answer: RouteAnswer?, at now: Span) {
        guard var entry = entries[name], case .running = entry.state else { return }
        guard let answer else {
            entries[name] = nil
            return
        }
        entry.state = answer.isSecret ? .answeredInSecret : .answered(answer)
        entry.answeredAt = now
        entry.bytes = answer.isSecret ? 0 : answer.body.contentLength ?? 0
        entries[name] = entry
        order.append(name)
        bytes += entry.bytes
        forget(at: now)
    }

    private mutating func forget(at now: Span) {
        var gone = 0
        for name in order {
            guard let entry = entries[name] else { break }
            let isOld = now.milliseconds - entry.answeredAt.milliseconds > Self.lifetime.milliseconds
            guard isOld || order.count - gone > Self.limit.answers || bytes > Self.limit.bytes else { break }
            bytes -= entry.bytes
            entries[name] = nil
            gone += 1
        }
        order.removeFirst(gone)
    }
}
