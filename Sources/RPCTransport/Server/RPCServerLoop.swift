import HTTP2Session
import NIOCore
import Synchronization

/// The connections of one event loop, and the one timer that watches them all. Confined to `eventLoop`.
final class RPCServerLoop {
    let eventLoop: any EventLoop
    let configuration: RPCServerConfiguration
    let service: any RPCService
    let counters: RPCServerCounters
    let scratch = HTTP2LinkScratch()
    /// The path that was asked for last: most requests ask for the same, and its text need not be made again.
    var lastPath = ""
    private var connections: [ObjectIdentifier: RPCServerSession] = [:]
    private var sweeper: RepeatedTask?
    private var onEmpty: EventLoopPromise<Void>?
    private let handshakeEnded: @Sendable () -> Void

    init(
        eventLoop: any EventLoop,
        configuration: RPCServerConfiguration,
        service: any RPCService,
        counters: RPCServerCounters,
        handshakeEnded: @escaping @Sendable () -> Void
    ) {
        self.eventLoop = eventLoop
        self.configuration = configuration
        self.service = service
        self.counters = counters
        self.handshakeEnded = handshakeEnded
    }

    /// Watches timeouts four times in the shortest of them, at least every second.
    func startSweeping() {
        let shortest = min(configuration.handshakeTimeout, configuration.keepaliveTimeout, .seconds(4))
        let interval = TimeAmount.nanoseconds(max(shortest.nanoseconds / 4, 10_000_000))
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        sweeper = eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in bound.value.sweep() }
    }

    func add(_ connection: RPCServerSession) {
        eventLoop.assertInEventLoop()
        connections[ObjectIdentifier(connection)] = connection
    }

    /// A connection is gone. Its handshake counted until it ended.
    func remove(_ connection: RPCServerSession, wasHandshaking: Bool) {
        eventLoop.assertInEventLoop()
        connections[ObjectIdentifier(connection)] = nil
        counters.connectionsOpen.count(-1)
        if wasHandshaking {
            counters.handshakesFailed.count()
            handshakeDone()
        }
        if connections.isEmpty, let promise = onEmpty {
            onEmpty = nil
            promise.succeed()
        }
    }

    func handshakeDone() {
        let before = counters.handshakesOpen.wrappingAdd(-1, ordering: .relaxed).oldValue
        if before >= configuration.maximumHandshakes { handshakeEnded() }
    }

    private func sweep() {
        let now = NIODeadline.now()
        for connection in connections.values { connection.watch(now) }
    }

    /// Closes every connection gracefully; succeeds when there is none left.
    func drain() -> EventLoopFuture<Void> {
        sweeper?.cancel()
        guard !connections.isEmpty else { return eventLoop.makeSucceededVoidFuture() }
        let promise = onEmpty ?? eventLoop.makePromise(of: Void.self)
        onEmpty = promise
        for connection in connections.values { connection.closeGracefully() }
        return promise.futureResult
    }

    /// Cuts every connection.
    func cut() {
        for connection in connections.values { connection.cut() }
    }
}
