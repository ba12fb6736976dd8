import Foundation
import Hummingbird
import NIOCore

/// What a route answers.
struct RouteAnswer: Sendable {
    var status: HTTPResponse.Status = .ok
    var headers = HTTPFields()
    var body = ResponseBody()
    /// Whether it holds a secret that is shown once: then nobody keeps it.
    var isSecret = false

    /// No body.
    static func empty(_ status: HTTPResponse.Status) -> RouteAnswer { RouteAnswer(status: status) }

    /// The same value always has the same bytes: keys are sorted.
    static func json(
        _ value: some Encodable,
        status: HTTPResponse.Status = .ok,
        type: String = "application/json"
    ) throws -> RouteAnswer {
        let bytes = try encoder().encode(value)
        return RouteAnswer(
            status: status,
            headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }

    /// RFC 9457.
    static func problem(_ error: APIError) -> RouteAnswer {
        var answer: RouteAnswer
        do {
            answer = try json(error.document, status: error.kind.status, type: "application/problem+json")
        } catch {
            answer = RouteAnswer(status: .internalServerError)
        }
        for field in error.headers { answer.headers.append(field) }
        return answer
    }

    /// The same with a secret in it.
    static func secret(_ value: some Encodable) throws -> RouteAnswer {
        var answer = try json(value)
        answer.isSecret = true
        return answer
    }

    static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
