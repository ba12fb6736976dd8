import HTTP2Session
import NIOCore
import NIOSSL

/// The rules and timeouts of one accepted connection. Confined to its event loop; `RPCServerConnection` is its face.
final class RPCServerSession {
    let loop: RPCServerLoop
    let link: HTTP2Link
    let counters: RPCServerCounters
    private(set) var peer: RPCPeer
    var attachment: AnyObject?
    /// Exists from the handshake's end to the connection's.
    private(set) var connection: RPCServerConnection?
    private var phase = Phase.handshaking
    private let acceptedAt: NIODeadline
    private var idleSince: NIODeadline
    private var pingSentAt: NIODeadline?

    /// ```
    /// handshaking → open → announcing (GOAWAY, PING sent) → draining (last GOAWAY sent) → closed
    /// ```
    private enum Phase {
        case handshaking
        case open
        case announcing(since: NIODeadline)
        case draining
        case closed
    }

    /// What the PINGs of graceful shutdown and of keepalive carry.
    private static let goawayPing: UInt64 = 0x6d75_7374_6572_0001
    private static let keepalivePing: UInt64 = 0x6d75_7374_6572_0002

    init(loop: RPCServerLoop, link: HTTP2Link) {
        self.loop = loop
        self.link = link
        counters = loop.counters
        acceptedAt = .now()
        idleSince = acceptedAt
        peer = RPCPeer(address: link.channel.remoteAddress?.description ?? "unknown")
    }

    /// Closes the connection gracefully: GOAWAY, then the open streams end, then it goes.
    func closeGracefully() {
        switch phase {
        case .handshaking: link.close()
        case .open:
            phase = .announcing(since: .now())
            link.http2.announceGoaway()
            link.http2.ping(RPCServerSession.goawayPing)
            link.setNeedsFlush()
        case .announcing, .draining, .closed: break
        }
    }

    /// Closes the connection at once; open streams end `unavailable`.
    func cut() {
        if case .closed = phase { return }
        link.http2.terminate(.noError)
        link.close()
    }

    /// The peer presented no certificate: it may do little, and not for long.
    var isAnonymous: Bool { !peer.hasCertificate }

    /// Looks at the connection's timeouts.
    func watch(_ now: NIODeadline) {
        guard !link.isClosing else { return }
        if isAnonymous { watchAnonymous(now) }
        let configuration = loop.configuration
        switch phase {
        case .handshaking:
            if now - idleSince > configuration.handshakeTimeout {
                counters.violated("handshakeTimeout")
                link.close()
            }
        case .open:
            if link.http2.openStreams > 0 {
                idleSince = now
            } else if let timeout = configuration.idleTimeout, now - idleSince > timeout {
                counters.violated("idleTimeout")
                return closeGracefully()
            }
            watchKeepalive(now)
        case .announcing(let since):
            if now - since > configuration.keepaliveTimeout { sendLastGoaway() }
        case .draining, .closed: break
        }
    }

    private func watchAnonymous(_ now: NIODeadline) {
        if let deadline = loop.configuration.anonymousDeadline {
            for stream in link.http2.streams { serverStream(stream)?.enforce(age: deadline, now) }
        }
        if let lifetime = loop.configuration.anonymousLifetime, case .open = phase, now - acceptedAt > lifetime {
            counters.violated("anonymousLifetime")
            closeGracefully()
        }
    }

    private func watchKeepalive(_ now: NIODeadline) {
        guard let interval = loop.configuration.keepaliveInterval else { return }
        if let sent = pingSentAt {
            if link.lastReadAt > sent {
                pingSentAt = nil
            } else if now - sent > loop.configuration.keepaliveTimeout {
                counters.violated("keepaliveTimeout")
                link.close()
            }
        } else if now - link.lastReadAt > interval {
            pingSentAt = now
            link.http2.ping(RPCServerSession.keepalivePing)
            link.setNeedsFlush()
        }
    }

    private func sendLastGoaway() {
        phase = .draining
        link.http2.goaway()
        link.setNeedsFlush()
    }
}

extension RPCServerSession: HTTP2LinkDelegate {
    func handshakeCompleted() {
        guard case .handshaking = phase else { return }
        phase = .open
        idleSince = .now()
        loop.handshakeDone()
        if let certificate = link.peerCertificate {
            peer.hasCertificate = true
            peer.uriSANs = RPCTLS.uriSANs(of: certificate)
            peer.certificateEnd = Int64(certificate.notValidAfter)
        }
        let connection = RPCServerConnection(self)
        self.connection = connection
        loop.service.connectionOpened(connection)
    }

    func received(_ event: HTTP2Event) {
        switch event {
        case .headers(let stream, let headers, let endsStream):
            if let open = stream.attachment as? RPCServerStream {
                if endsStream { open.receivedEnd() }
            } else {
                RPCServerStream.begin(stream, headers, endsStream: endsStream, on: self)
            }
        case .headersTooLarge(let stream, _):
            RPCServerStream.refuseHeaders(of: stream, on: self)
        case .data(let stream, let bytes):
            if let open = serverStream(stream) {
                open.received(bytes)
            } else {
                link.http2.consumed(bytes.readableBytes, on: stream)
            }
        case .ended(let stream): serverStream(stream)?.receivedEnd()
        case .closed(let stream, let code): serverStream(stream)?.closed(code)
        case .writable(let stream): serverStream(stream)?.becameWritable()
        case .pong(let data):
            if data == RPCServerSession.goawayPing, case .announcing = phase { sendLastGoaway() }
        case .violation(let kind): counters.violated(kind.rawValue)
        case .ready, .goaway: break
        }
    }

    func disconnected(_ error: (any Error)?) {
        let wasHandshaking = if case .handshaking = phase { true } else { false }
        phase = .closed
        for stream in link.http2.streams { serverStream(stream)?.disconnected() }
        loop.remove(self, wasHandshaking: wasHandshaking)
        if let connection { loop.service.connectionClosed(connection) }
        connection = nil
        attachment = nil
    }

    private func serverStream(_ stream: HTTP2Stream) -> RPCServerStream? {
        stream.attachment as? RPCServerStream
    }
}
