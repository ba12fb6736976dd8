import Fleet
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

/// The API socket of a container engine: HTTP/1.1 on a unix socket, one request on one connection, as Docker's Engine API
/// describes it and Podman serves it too.
struct EngineSocket: Sendable {
    /// Where Podman and Docker have theirs.
    static let usual = ["/run/podman/podman.sock", "/run/docker.sock"]

    /// The first of them that is there; the first of all where none is.
    static var found: String { usual.first { trouble(with: $0) != ENOENT } ?? usual[0] }

    /// The socket's path.
    let path: String
    let group: any EventLoopGroup

    /// Why nobody can be asked there; `nil` when it can be tried.
    static func refusal(of path: String) -> String? {
        switch trouble(with: path) {
        case 0: nil
        case ENOENT: "there is no \(path)"
        case let number: "\(HostSystem.user) may not use \(path): \(FileAccess.reason(number))"
        }
    }

    /// The system's error number; 0 for none. By what the agent may do, capabilities included: access(2) asks for its user alone.
    private static func trouble(with path: String) -> Int32 {
        faccessat(AT_FDCWD, path, R_OK | W_OK, Int32(AT_EACCESS)) == 0 ? 0 : errno
    }

    /// Asks, and waits for the whole answer. Blocks: not for an event loop.
    ///
    /// - Parameter body: JSON; nothing is sent when `nil`.
    /// - Throws: `start` when nobody answers in time, or with too much.
    func ask(
        _ method: HTTPMethod,
        _ uri: String,
        body: [UInt8]? = nil,
        within limit: TimeAmount = .seconds(60)
    ) throws(AgentError) -> HTTPAnswer {
        let loop = group.next()
        let promise = loop.makePromise(of: HTTPAnswer.self)
        let request = Self.head(method, uri, body: body)
        let connected = ClientBootstrap(group: loop)
            .connectTimeout(limit)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(
                        HTTPProbeHandler(request: request, body: body, timeout: limit, promise: promise)
                    )
                }
            }
            .connect(unixDomainSocketPath: path)
        // Without a channel no handler answers.
        connected.whenFailure { promise.fail($0) }
        do {
            return try promise.futureResult.wait()
        } catch {
            throw silence(error)
        }
    }

    /// Asks, and hands over each piece of a successful answer as it comes, until its end or until the task is cancelled; the
    /// answer's status, and of another than 200 what it says.
    ///
    /// - Throws: `start` when nobody answers, or the answer is cut; whatever `take` throws.
    func stream(
        _ method: HTTPMethod,
        _ uri: String,
        take: @escaping @Sendable (ByteBuffer) async throws -> Void
    ) async throws -> HTTPAnswer {
        let connection: NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>
        do {
            connection = try await ClientBootstrap(group: group).connect(unixDomainSocketPath: path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                }
            }
        } catch {
            throw silence(error)
        }
        let head = Self.head(method, uri, body: nil)
        return try await connection.executeThenClose { inbound, outbound in
            try await outbound.write(.head(head))
            try await outbound.write(.end(nil))
            var answer: HTTPAnswer?
            for try await part in inbound {
                switch part {
                case .head(let head):
                    if head.status.code >= 200 { answer = HTTPAnswer(status: Int(head.status.code), body: []) }
                case .body(let piece):
                    if answer?.status == 200 {
                        try await take(piece)
                    } else if answer?.body.count ?? 0 < 4096 {
                        answer?.body += piece.readableBytesView
                    }
                case .end:
                    if let answer { return answer }
                }
            }
            throw AgentError(.start, "\(path) closed the connection in the middle of an answer")
        }
    }

    private static func head(_ method: HTTPMethod, _ uri: String, body: [UInt8]?) -> HTTPRequestHead {
        var head = HTTPRequestHead(version: .http1_1, method: method, uri: uri)
        head.headers.add(name: "host", value: "localhost")
        head.headers.add(name: "connection", value: "close")
        head.headers.add(name: "user-agent", value: "muster-agent")
        if body != nil { head.headers.add(name: "content-type", value: "application/json") }
        if body != nil || method == .POST { head.headers.add(name: "content-length", value: "\(body?.count ?? 0)") }
        return head
    }

    private func silence(_ error: any Error) -> AgentError {
        let words = (error as? AgentError)?.message ?? (error as? IOError).map { FileAccess.reason($0.errnoCode) }
        return AgentError(.start, "\(path) does not answer: \(words ?? "\(error)")", cause: error)
    }
}
