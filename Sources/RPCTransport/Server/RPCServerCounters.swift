import HTTP2Session
import Synchronization

/// What a server counts, from every event loop.
final class RPCServerCounters: Sendable {
    let connectionsOpen = Atomic<Int>(0)
    let connectionsAccepted = Atomic<Int>(0)
    let connectionsRefused = Atomic<Int>(0)
    let handshakesOpen = Atomic<Int>(0)
    let handshakesFailed = Atomic<Int>(0)
    let streamsOpened = Atomic<Int>(0)
    let streamsClosed = Atomic<Int>(0)
    let messagesIn = Atomic<Int>(0)
    let messagesOut = Atomic<Int>(0)
    private let violations = Mutex<[String: Int]>([:])

    func violated(_ kind: String) {
        violations.withLock { $0[kind, default: 0] += 1 }
    }

    var snapshot: RPCServerMetrics {
        var metrics = RPCServerMetrics()
        metrics.connectionsOpen = connectionsOpen.load(ordering: .relaxed)
        metrics.connectionsAccepted = connectionsAccepted.load(ordering: .relaxed)
        metrics.connectionsRefused = connectionsRefused.load(ordering: .relaxed)
        metrics.handshakesFailed = handshakesFailed.load(ordering: .relaxed)
        metrics.streamsOpened = streamsOpened.load(ordering: .relaxed)
        metrics.streamsClosed = streamsClosed.load(ordering: .relaxed)
        metrics.messagesIn = messagesIn.load(ordering: .relaxed)
        metrics.messagesOut = messagesOut.load(ordering: .relaxed)
        metrics.violations = violations.withLock { $0 }
        return metrics
    }
}

extension Atomic<Int> {
    /// Adds to a counter that orders nothing else.
    borrowing func count(_ amount: Int = 1) {
        wrappingAdd(amount, ordering: .relaxed)
    }
}
