import Fleet
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

/// Asks a model server on this host, one request on one connection (HTTP/1.1, RFC 9112).
///
/// NIOHTTP1 alone: AsyncHTTPClient would cost the agent 12 MB of binary and 6 MB of memory.
struct HTTPProbe: Sendable {
    /// The longest body that is read, in bytes.
    static let bodyLimit = 4 << 20

    /// The address that replicas bind.
    let address: String
    let group: any EventLoopGroup

    /// The same at a container's own address; at this one when `nil`.
    func at(_ own: IPv4Address?) -> HTTPProbe {
        own.map { HTTPProbe(address: $0.description, group: group) } ?? self
    }

    /// Asks, and waits for the whole answer; no longer when the task is cancelled.
    ///
    /// - Parameter body: JSON to post; `nil` asks with GET.
    /// - Throws: what the connection says; `AgentError` with `start` when the answer is late or too long.
    /// - Parameter other: another address; the one that replicas bind when `nil`.
    func ask(at other: String? = nil, port: UInt16, path: String, body: [UInt8]? = nil, timeout: TimeAmount)
        async throws -> HTTPAnswer
    {
        let address = other ?? address
        let loop = group.next()
        let promise = loop.makePromise(of: HTTPAnswer.self)
        var head = HTTPRequestHead(version: .http1_1, method: body == nil ? .GET : .POST, uri: path)
        head.headers.add(name: "host", value: address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)")
        head.headers.add(name: "connection", value: "close")
        head.headers.add(name: "user-agent", value: "muster-agent")
        if let body {
            head.headers.add(name: "content-type", value: "application/json")
            head.headers.add(name: "content-length", value: "\(body.count)")
        }
        let request = head
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(
                        HTTPProbeHandler(request: request, body: body, timeout: timeout, promise: promise)
                    )
                }
            }
        let connected = bootstrap.connect(host: address, port: Int(port))
        // Without a channel no handler answers.
        connected.whenFailure { promise.fail($0) }
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            // A channel that is closed before it is active says nothing to its handlers.
            promise.fail(CancellationError())
            connected.whenSuccess { $0.close(promise: nil) }
        }
    }

    /// Whether nobody listens there.
    static func isRefusal(_ error: any Error) -> Bool {
        if let failed = error as? NIOConnectionError {
            return !failed.connectionErrors.isEmpty && failed.connectionErrors.allSatisfy { isRefusal($0.error) }
        }
        return (error as? IOError)?.errnoCode == ECONNREFUSED
    }

    /// The system's words where it has some: NIO's own tell every address that was tried.
    static func words(for error: any Error) -> String {
        if let failed = (error as? NIOConnectionError)?.connectionErrors.first?.error as? IOError {
            return FileAccess.reason(failed.errnoCode)
        }
        if let failed = error as? IOError { return FileAccess.reason(failed.errnoCode) }
        return "\(error)"
    }
}
