import DaemonKit
import Fleet
import Hummingbird
import NIOCore
import Synchronization

/// Carries a request that bears an `idempotency-key` out once, however often it is sent. Its answers are in memory; after an
/// answer is lost, the store still knows what was carried out.
final class IdempotentAnswers: Sendable {
    static let header = HTTPFields.Key("idempotency-key")
    static let replayed = HTTPFields.Key("idempotency-replayed")
    /// The longest key, in bytes.
    static let limit = 255

    private let memory = Mutex(AnswerMemory())
    private let time: TimeSource

    init(time: TimeSource) {
        self.time = time
    }

    /// The key of a request that changes something; `nil` where there is none, or where it would say nothing.
    ///
    /// - Throws: `APIError` `invalid` for one that is too long or not visible ASCII.
    static func key(of method: HTTPRequest.Method, _ headers: HTTPFields) throws -> String? {
        guard let header, let key = headers[header], method == .post || method == .delete else { return nil }
        guard (1...limit).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw APIError(
                .invalid,
                "the idempotency-key has \(key.utf8.count) bytes, or something else than visible ASCII",
                hint: "send a random word of 1 to \(limit) characters, such as a UUID"
            )
        }
        return key
    }

    /// A request begins; answers what it was answered before. Otherwise it is to be carried out, and `end` is called.
    ///
    /// - Parameter request: tells it from others.
    /// - Throws: `APIError` while the same request is being carried out, when the key was sent with another one, or when
    ///   the answer held a secret.
    func begin(_ name: AnswerMemory.Name, _ request: Digest) throws -> RouteAnswer? {
        let now = time.elapsed()
        switch memory.withLock({ $0.asked(name, request, at: now) }) {
        case .run: return nil
        case .replay(var answer):
            if let replayed = Self.replayed { answer.headers[replayed] = "true" }
            return answer
        case .wasSecret:
            throw APIError(
                .conflict,
                "the answer to the request with the idempotency-key '\(name.key)' is not given again: the request was "
                    + "carried out, and its answer held a token, which is shown once and not kept",
                hint: "revoke what it made, and make another with a new key: muster operator token list, "
                    + "muster host token list",
                code: .answerNotKept
            )
        case .isRunning:
            throw APIError(
                .conflict,
                "the request with the idempotency-key '\(name.key)' is still being carried out",
                hint: "send it again in a moment: the answer will be the same",
                code: .keyInUse
            )
        case .isOther: throw Self.isOther(name)
        }
    }

    /// Why a request is not carried out whose key the store knows.
    ///
    /// - Parameter stored: what was carried out with the key.
    static func refusal(_ name: AnswerMemory.Name, _ request: Digest, stored: Digest) -> APIError {
        guard request == stored else { return isOther(name) }
        return APIError(
            .conflict,
            "the request with the idempotency-key '\(name.key)' was carried out: what it changed is stored, and its answer "
                + "is not kept",
            hint: "look at what it changed: muster audit; what is missing there is a new request, with a new key",
            code: .answerNotKept
        )
    }

    private static func isOther(_ name: AnswerMemory.Name) -> APIError {
        APIError(
            .invalid,
            "the idempotency-key '\(name.key)' was sent with another request; nothing was changed",
            hint: "give every request a key of its own",
            code: .keyReused
        )
    }

    /// What came of a request that was to be carried out; `nil` for a failure. Only success is remembered.
    func end(_ name: AnswerMemory.Name, _ answer: RouteAnswer?) {
        let now = time.elapsed()
        let kept = answer.flatMap { $0.status.kind == .successful ? $0 : nil }
        memory.withLock { $0.answered(name, kept, at: now) }
    }
}
