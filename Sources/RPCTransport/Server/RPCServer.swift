import HTTP2Session
package import Logging
package import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Listens for HTTP/2 over TLS 1.3 and hands every request to an `RPCService`.
///
/// Its owner calls `start()`, then `shutdownGracefully(deadline:)` when it is time to go.
package final class RPCServer: Sendable {
    private typealias Loop = (eventLoop: any EventLoop, loop: NIOLoopBoundBox<RPCServerLoop>)

    private struct State {
        var channel: (any Channel)?
        var gate: NIOLoopBound<RPCAcceptGate>?
        var loops: [Loop] = []
        var tls: NIOSSLContext?
        var ownGroup: (any EventLoopGroup)?
        var isStopped = false
    }

    private let configuration: RPCServerConfiguration
    private let service: any RPCService
    private let givenGroup: (any EventLoopGroup)?
    private let logger: Logger
    private let counters = RPCServerCounters()
    private let state = Mutex(State())

    /// - Parameter group: the loops to run on; nil makes `configuration.threads` of its own and ends them at shutdown.
    package init(
        configuration: RPCServerConfiguration,
        service: any RPCService,
        group: (any EventLoopGroup)? = nil,
        logger: Logger
    ) {
        self.configuration = configuration
        self.service = service
        givenGroup = group
        self.logger = logger
    }

    /// The bound port; 0 before `start`.
    package var localPort: Int { state.withLock { $0.channel?.localAddress?.port ?? 0 } }

    /// The counters now.
    package var metrics: RPCServerMetrics { counters.snapshot }

    /// Binds and begins to accept. Throws `unavailable` with the reason when the address cannot be bound, and
    /// `invalidArgument` when certificate, key or trust roots cannot be read.
    package func start() async throws(RPCStatus) {
        let tls = try RPCTLS.context(for: configuration.tls)
        let ownGroup = givenGroup == nil ? RPCEventLoops.group(threads: configuration.threads) : nil
        guard let group = givenGroup ?? ownGroup else { return }
        let loops = group.makeIterator().map { makeLoop($0) }
        state.withLock { state in
            state.tls = tls
            state.loops = loops
            state.ownGroup = ownGroup
        }
        do {
            let channel = try await bootstrap(group, loops)
                .bind(host: configuration.host, port: configuration.port).get()
            state.withLock { $0.channel = channel }
        } catch {
            throw RPCStatus(
                .unavailable,
                """
                cannot listen on \(configuration.host) port \(configuration.port): \(error); \
                choose another port or stop what listens there
                """
            )
        }
        for (eventLoop, loop) in loops { eventLoop.execute { loop.value.startSweeping() } }
        logger.info("listening", metadata: ["host": "\(configuration.host)", "port": "\(localPort)"])
    }

    /// Uses another certificate, key and trust roots for connections accepted from now on.
    /// - Throws: `invalidArgument`; the ones before stay in use.
    package func replaceTLS(_ tls: RPCServerTLS) throws(RPCStatus) {
        let context = try RPCTLS.context(for: tls)
        state.withLock { $0.tls = context }
    }

    /// Stops accepting, sends GOAWAY on every connection, waits for their streams, and cuts what is left at the deadline.
    package func shutdownGracefully(deadline: Duration) async {
        let (channel, loops, ownGroup) = state.withLock { state in
            defer { state.isStopped = true }
            return state.isStopped ? (nil, [], nil) : (state.channel, state.loops, state.ownGroup)
        }
        try? await channel?.close().get()
        if let (first, _) = loops.first {
            let drained = EventLoopFuture.andAllComplete(
                loops.map { eventLoop, loop in eventLoop.flatSubmit { loop.value.drain() } },
                on: first
            )
            let cut = first.scheduleTask(in: TimeAmount(deadline)) {
                for (eventLoop, loop) in loops { eventLoop.execute { loop.value.cut() } }
            }
            try? await drained.get()
            cut.cancel()
        }
        try? await ownGroup?.shutdownGracefully()
    }

    // MARK: Accepting

    private func makeLoop(_ eventLoop: any EventLoop) -> Loop {
        let loop = RPCServerLoop(
            eventLoop: eventLoop,
            configuration: configuration,
            service: service,
            counters: counters,
            handshakeEnded: { [weak self] in self?.handshakeEnded() }
        )
        return (eventLoop, NIOLoopBoundBox.makeBoxSendingValue(loop, eventLoop: eventLoop))
    }

    /// There is room for another handshake: the gate may let the next connection in.
    private func handshakeEnded() {
        guard let (channel, gate) = state.withLock({ state in state.channel.map { ($0, state.gate) } }) else { return }
        channel.eventLoop.execute { gate?.value.handshakeEnded() }
    }

    private func bootstrap(_ group: any EventLoopGroup, _ loops: [Loop]) -> ServerBootstrap {
        let byLoop = Dictionary(uniqueKeysWithValues: loops.map { (ObjectIdentifier($0.eventLoop), $0.loop) })
        return ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: configuration.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { [weak self] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let self else { return }
                    let most = self.configuration.maximumHandshakes
                    let gate = RPCAcceptGate(counters: self.counters, maximumHandshakes: most)
                    try channel.pipeline.syncOperations.addHandler(gate)
                    let bound = NIOLoopBound(gate, eventLoop: channel.eventLoop)
                    self.state.withLock { $0.gate = bound }
                }
            }
            .childChannelOption(.recvAllocator, value: HTTP2ReceiveAllocator())
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { [weak self] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let self, let loop = byLoop[ObjectIdentifier(channel.eventLoop)] else {
                        throw RPCStatus(.unavailable, "the server is gone")
                    }
                    try self.accept(channel, loop.value)
                }
            }
    }

    private func accept(_ channel: any Channel, _ loop: RPCServerLoop) throws {
        guard counters.connectionsOpen.load(ordering: .relaxed) < configuration.maximumConnections,
            let tls = state.withLock({ $0.isStopped ? nil : $0.tls })
        else {
            counters.connectionsRefused.count()
            throw RPCStatus(.resourceExhausted, "the server has as many connections as it takes")
        }
        let link = try HTTP2Link(channel: channel, role: .server, limits: configuration.limits, scratch: loop.scratch)
        let handler = NIOSSLServerHandler(context: tls)
        try channel.pipeline.syncOperations.addHandlers([handler, link])
        let connection = RPCServerSession(loop: loop, link: link)
        link.delegate = connection
        loop.add(connection)
        counters.connectionsAccepted.count()
        counters.connectionsOpen.count()
        counters.handshakesOpen.count()
    }
}
