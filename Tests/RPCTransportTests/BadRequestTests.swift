import NIOCore
import RPCTransport
import Testing

/// A request that a gRPC client would not send, and what must answer it.
struct BadRequest: Sendable, CustomTestStringConvertible {
    let name: String
    var method = "POST"
    var path = "/test.Echo/Unary"
    var headers: RPCMetadata = ["content-type": "application/grpc", "te": "trailers"]
    var body: [UInt8] = []
    /// The HTTP status, and the gRPC status if the answer has one.
    let status: Int
    var code: RPCStatus.Code?
    var violation: String?

    var testDescription: String { name }

    private static func message(_ payload: [UInt8], flag: UInt8 = 0) -> [UInt8] {
        [flag, 0, 0, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)] + payload
    }

    static let all = [
        BadRequest(
            name: "wrong content type",
            headers: ["content-type": "text/plain"],
            status: 415,
            violation: "contentType"
        ),
        BadRequest(name: "no content type", headers: [:], status: 415, violation: "contentType"),
        BadRequest(
            name: "almost the content type",
            headers: ["content-type": "application/grpcx"],
            status: 415,
            violation: "contentType"
        ),
        BadRequest(name: "gRPC by GET", method: "GET", status: 405, violation: "method"),
        BadRequest(name: "DELETE", method: "DELETE", headers: [:], status: 405, violation: "method"),
        BadRequest(name: "no such path", method: "GET", path: "/nothing", headers: [:], status: 404),
        BadRequest(name: "no such method", path: "/test.Echo/Nope", status: 200, code: .unimplemented),
        BadRequest(
            name: "deadline 0",
            headers: ["content-type": "application/grpc", "grpc-timeout": "0S"],
            status: 200,
            code: .deadlineExceeded,
            violation: "deadline"
        ),
        BadRequest(
            name: "deadline that is no time",
            headers: ["content-type": "application/grpc", "grpc-timeout": "soon"],
            status: 200,
            code: .internal,
            violation: "timeout"
        ),
        BadRequest(
            name: "cut message",
            body: Array(message([1, 2, 3]).dropLast()),
            status: 200,
            code: .internal,
            violation: "framing"
        ),
        BadRequest(name: "cut prefix", body: [0, 0], status: 200, code: .internal, violation: "framing"),
        BadRequest(
            name: "compressed message",
            body: message([1, 2, 3], flag: 1),
            status: 200,
            code: .unimplemented,
            violation: "framing"
        ),
        BadRequest(
            name: "unknown flags",
            body: message([1, 2, 3], flag: 9),
            status: 200,
            code: .internal,
            violation: "framing"
        ),
        BadRequest(
            name: "message too large",
            body: [0, 0x7f, 0xff, 0xff, 0xff, 1, 2],
            status: 200,
            code: .resourceExhausted,
            violation: "messageTooLarge"
        ),
        BadRequest(name: "two messages", body: message([1]) + message([2]), status: 200, code: .internal),
        BadRequest(name: "no message", status: 200, code: .internal),
    ]
}

@Suite("Requests that no gRPC client would send", .timeLimit(.minutes(1)))
struct BadRequestTests {
    /// Notes the answer.
    private final class Answer: RPCClientStreamHandler {
        let promise: EventLoopPromise<(RPCResponseHead?, RPCMetadata)>
        private var head: RPCResponseHead?

        init(_ promise: EventLoopPromise<(RPCResponseHead?, RPCMetadata)>) {
            self.promise = promise
        }

        func receivedHead(_ head: RPCResponseHead) { self.head = head }
        func received(message: ByteBuffer) {}
        func finished(_ status: RPCStatus, trailers: RPCMetadata) { promise.succeed((head, trailers)) }
    }

    @Test(arguments: BadRequest.all)
    func isAnswered(_ request: BadRequest) async throws {
        try await withServer { server in
            let connection = try await server.connect()
            let promise = connection.eventLoop.makePromise(of: (RPCResponseHead?, RPCMetadata).self)
            connection.eventLoop.execute {
                let stream = connection.openHTTP(
                    method: request.method,
                    path: request.path,
                    headers: request.headers,
                    handler: Answer(promise)
                )
                stream.send(message: ByteBuffer(bytes: request.body))
                stream.finishSending()
            }
            let (head, trailers) = try await promise.futureResult.get()
            #expect(head?.status == request.status)
            let code = (trailers["grpc-status"] ?? head?.headers["grpc-status"]).flatMap { Int($0) }
            #expect(code == request.code?.rawValue)
            if let violation = request.violation { #expect(server.server.metrics.violations == [violation: 1]) }
            // The connection is as good as before.
            let message = ByteBuffer(string: "still here")
            #expect(try await connection.unary(path: "/test.Echo/Unary", message: message) == message)
            connection.close()
        }
    }
}
