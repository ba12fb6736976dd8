import HTTP2Session
package import Logging
package import NIOCore
import NIOPosix
import NIOSSL

/// Makes connections.
package enum RPCClient {
    /// Dials, finishes the TLS handshake and waits for the server's SETTINGS. Throws `unavailable` (cannot connect, timed
    /// out), `unauthenticated` (TLS: who refused whom) or `invalidArgument` (certificate or key cannot be read).
    /// - Parameter group: a group, or one loop to live on.
    package static func connect(
        to target: RPCTarget,
        tls: RPCClientTLS,
        configuration: RPCClientConfiguration = RPCClientConfiguration(),
        on group: any EventLoopGroup = RPCEventLoops.shared,
        logger: Logger
    ) async throws(RPCStatus) -> RPCClientConnection {
        let context = try RPCClientTLSContext(tls)
        return try await connect(to: target, tls: context, configuration: configuration, on: group, logger: logger)
    }

    /// The same with certificates read once, for a process that connects often.
    package static func connect(
        to target: RPCTarget,
        tls: RPCClientTLSContext,
        configuration: RPCClientConfiguration = RPCClientConfiguration(),
        on group: any EventLoopGroup = RPCEventLoops.shared,
        logger: Logger
    ) async throws(RPCStatus) -> RPCClientConnection {
        let ready = group.next().makePromise(of: RPCClientConnection.self)
        dial(target, tls, configuration, ready)
        do {
            let connection = try await ready.futureResult.get()
            logger.debug("connected", metadata: ["host": "\(target.host)", "port": "\(target.port)"])
            return connection
        } catch {
            throw RPCStatus(describing: error)
        }
    }

    private static func dial(
        _ target: RPCTarget,
        _ tls: RPCClientTLSContext,
        _ configuration: RPCClientConfiguration,
        _ ready: EventLoopPromise<RPCClientConnection>
    ) {
        let eventLoop = ready.futureResult.eventLoop
        var bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(configuration.connectTimeout)
            .channelOption(.recvAllocator, value: HTTP2ReceiveAllocator())
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try prepare(channel, target, tls, configuration, ready)
                }
            }
        if let local = configuration.localAddress {
            do {
                bootstrap = bootstrap.bind(to: try SocketAddress(ipAddress: local, port: 0))
            } catch {
                return ready.fail(RPCStatus(.invalidArgument, "\(local) is not a local address: \(error)"))
            }
        }
        let (host, port) = configuration.proxy.map { ($0.host, $0.port) } ?? (target.host, target.port)
        bootstrap.connect(host: host, port: port).whenFailure { error in
            if case let status as RPCStatus = error { return ready.fail(status) }
            let next = configuration.proxy == nil ? "is the server running there?" : "is that the right --proxy?"
            let what = configuration.proxy?.name ?? "\(host) port \(port)"
            ready.fail(RPCStatus(.unavailable, "cannot connect to \(what): \(error); \(next)"))
        }
    }

    private static func prepare(
        _ channel: any Channel,
        _ target: RPCTarget,
        _ tls: RPCClientTLSContext,
        _ configuration: RPCClientConfiguration,
        _ ready: EventLoopPromise<RPCClientConnection>
    ) throws {
        let handler = try tls.makeHandler(serverName: target.serverName ?? target.host)
        let link = try HTTP2Link(
            channel: channel,
            role: .client,
            limits: configuration.limits,
            scratch: HTTP2LinkScratch()
        )
        let connection = RPCClientSession(
            link: link,
            authority: target.authority,
            configuration: configuration,
            ready: ready
        )
        link.delegate = connection
        let bound = NIOLoopBound(connection, eventLoop: channel.eventLoop)
        if let proxy = configuration.proxy {
            guard proxy.isSafe(for: target) else {
                let why = "the server's name or the proxy's credentials hold a control character; write them anew"
                throw RPCStatus(.invalidArgument, why)
            }
            if let handler = try proxy.makeTLSHandler() { try channel.pipeline.syncOperations.addHandler(handler) }
            let tunnel = RPCProxyTunnel(proxy, to: target) { bound.value.connectFailed($0) }
            try channel.pipeline.syncOperations.addHandler(tunnel)
        }
        try channel.pipeline.syncOperations.addHandlers([handler, link])
        let through = configuration.proxy.map { " through \($0.name)" } ?? ""
        let timeout = channel.eventLoop.scheduleTask(in: configuration.connectTimeout) {
            bound.value.connectFailed(
                RPCStatus(.unavailable, "no answer from \(target.authority)\(through) within the connect timeout")
            )
        }
        ready.futureResult.whenComplete { _ in timeout.cancel() }
    }
}
