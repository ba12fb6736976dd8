import HTTP2Session
import NIOCore
import NIOSSL

/// The rules of one connection to a server. Confined to its event loop; `RPCClientConnection` is its face.
final class RPCClientSession {
    var onGoaway: (() -> Void)?
    let closed: EventLoopFuture<Void>
    private(set) var peer: RPCPeer

    let link: HTTP2Link
    let configuration: RPCClientConfiguration
    private let authority: String
    private let closedPromise: EventLoopPromise<Void>
    private var ready: EventLoopPromise<RPCClientConnection>?
    private var isGoingAway = false
    private var isDisconnected = false
    private var keepalive: RepeatedTask?
    private var pingSentAt: NIODeadline?

    private static let keepalivePing: UInt64 = 0x6d75_7374_6572_0003

    /// - Parameter ready: fulfilled when the server's SETTINGS are here, or with the reason why they never came.
    init(
        link: HTTP2Link,
        authority: String,
        configuration: RPCClientConfiguration,
        ready: EventLoopPromise<RPCClientConnection>
    ) {
        self.link = link
        self.authority = authority
        self.configuration = configuration
        self.ready = ready
        closedPromise = link.eventLoop.makePromise()
        closed = closedPromise.futureResult
        peer = RPCPeer(address: link.channel.remoteAddress?.description ?? authority)
    }

    func open(
        path: String,
        metadata: RPCMetadata = [:],
        deadline: TimeAmount? = nil,
        handler: any RPCClientStreamHandler
    ) -> RPCClientStream {
        let timeout = deadline.map { RPCTimeout.text(of: $0) }
        let headers = RPCHeaders.call(path: path, authority: authority, timeout: timeout, metadata)
        let stream = RPCClientStream(session: self, isRPC: true, handler: handler)
        begin(stream, headers, deadline: deadline)
        return stream
    }

    /// Begins a plain HTTP request; its body is sent by `send(message:)` and ended by `finishSending()`.
    func openHTTP(
        method: String,
        path: String,
        headers: RPCMetadata = [:],
        handler: any RPCClientStreamHandler
    ) -> RPCClientStream {
        let list = RPCHeaders.http(method: method, path: path, authority: authority, headers)
        let stream = RPCClientStream(session: self, isRPC: false, handler: handler)
        begin(stream, list, deadline: nil)
        return stream
    }

    private func begin(_ stream: RPCClientStream, _ headers: HTTP2Headers, deadline: TimeAmount?) {
        guard !isGoingAway, !isDisconnected else {
            return stream.refused(RPCStatus(.unavailable, "the connection takes no further calls; open another"))
        }
        do throws(HTTP2SessionError) {
            stream.begun(try link.http2.request(headers, endsStream: false), deadline: deadline)
            link.setNeedsFlush()
        } catch {
            stream.refused(RPCStatus(.unavailable, "\(error.message); open another connection"))
        }
    }

    /// Refuses new calls, lets open ones end, then closes.
    func closeGracefully() {
        isGoingAway = true
        link.http2.goaway()
        link.setNeedsFlush()
    }

    /// Closes at once; open calls end `unavailable`.
    func close() {
        guard !isDisconnected else { return }
        isGoingAway = true
        link.http2.terminate(.noError)
        link.close()
    }

    /// Gives up connecting, for a reason.
    func connectFailed(_ status: RPCStatus) {
        guard let promise = ready else { return }
        ready = nil
        promise.fail(status)
        link.close()
    }

    private func watchKeepalive(_ interval: TimeAmount) {
        let now = NIODeadline.now()
        if let sent = pingSentAt {
            if link.lastReadAt > sent {
                pingSentAt = nil
            } else if now - sent >= configuration.keepaliveTimeout {
                link.close()
            }
        } else if now - link.lastReadAt >= interval {
            pingSentAt = now
            link.http2.ping(RPCClientSession.keepalivePing)
            link.setNeedsFlush()
        }
    }

    private func startKeepalive() {
        guard let interval = configuration.keepaliveInterval else { return }
        let step = TimeAmount.nanoseconds(max(min(interval, configuration.keepaliveTimeout).nanoseconds / 2, 1_000_000))
        let bound = NIOLoopBound(self, eventLoop: link.eventLoop)
        keepalive = link.eventLoop.scheduleRepeatedTask(initialDelay: step, delay: step) { _ in
            bound.value.watchKeepalive(interval)
        }
    }
}

extension RPCClientSession: HTTP2LinkDelegate {
    func handshakeCompleted() {
        if let address = link.channel.remoteAddress { peer.address = address.description }
        if let certificate = link.peerCertificate {
            peer.hasCertificate = true
            peer.uriSANs = RPCTLS.uriSANs(of: certificate)
            peer.certificateEnd = Int64(certificate.notValidAfter)
        }
    }

    func received(_ event: HTTP2Event) {
        switch event {
        case .headers(let stream, let headers, let endsStream):
            clientStream(stream)?.received(headers, endsStream: endsStream)
        case .headersTooLarge(let stream, _):
            link.http2.reset(stream, .enhanceYourCalm)
        case .data(let stream, let bytes):
            if let open = clientStream(stream) {
                open.received(bytes)
            } else {
                link.http2.consumed(bytes.readableBytes, on: stream)
            }
        case .ended(let stream): clientStream(stream)?.receivedEnd()
        case .closed(let stream, let code): clientStream(stream)?.closed(code)
        case .writable(let stream): clientStream(stream)?.becameWritable()
        case .ready:
            startKeepalive()
            ready?.succeed(RPCClientConnection(self))
            ready = nil
        case .goaway:
            guard !isGoingAway else { return }
            isGoingAway = true
            onGoaway?()
            onGoaway = nil
        case .pong, .violation: break
        }
    }

    func disconnected(_ error: (any Error)?) {
        isDisconnected = true
        isGoingAway = true
        keepalive?.cancel()
        let status = RPCClientSession.status(of: error)
        for stream in link.http2.streams { clientStream(stream)?.disconnected(status) }
        // A host with several addresses is dialled at each: an attempt that never connected is not the last word.
        if link.wasActive { ready?.fail(status) }
        ready = nil
        onGoaway = nil
        closedPromise.succeed()
    }

    private func clientStream(_ stream: HTTP2Stream) -> RPCClientStream? {
        stream.attachment as? RPCClientStream
    }

    static func status(of error: (any Error)?) -> RPCStatus {
        switch error {
        case nil: return RPCStatus(.unavailable, "the server closed the connection")
        case let status as RPCStatus: return status
        case let error as NIOSSLError:
            if case .uncleanShutdown = error { return RPCStatus(.unavailable, "the server cut the connection") }
            return RPCStatus(
                .unauthenticated,
                "TLS failed: \(error); check the certificates and the authorities on both ends"
            )
        case let error as BoringSSLError:
            return RPCStatus(
                .unauthenticated,
                "TLS failed: \(error); check the certificates and the authorities on both ends"
            )
        case let error as NIOSSLExtraError:
            return RPCStatus(.unauthenticated, "the server's certificate does not bear the name asked for: \(error)")
        case .some(let error): return RPCStatus(.unavailable, "the connection was lost: \(error)")
        }
    }
}
