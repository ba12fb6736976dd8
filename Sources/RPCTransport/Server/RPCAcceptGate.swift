import NIOCore
import Synchronization

/// Stops accepting while as many handshakes are open as the server allows: further connections wait in the kernel's backlog.
/// Confined to the listening channel's event loop.
final class RPCAcceptGate: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = any Channel

    private let counters: RPCServerCounters
    private let maximumHandshakes: Int
    private var context: ChannelHandlerContext?
    private var isReadHeld = false

    init(counters: RPCServerCounters, maximumHandshakes: Int) {
        self.counters = counters
        self.maximumHandshakes = maximumHandshakes
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func read(context: ChannelHandlerContext) {
        if counters.handshakesOpen.load(ordering: .relaxed) >= maximumHandshakes {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    /// A handshake succeeded or failed; called on the listening channel's event loop.
    func handshakeEnded() {
        guard isReadHeld, let context, counters.handshakesOpen.load(ordering: .relaxed) < maximumHandshakes else {
            return
        }
        isReadHeld = false
        context.read()
    }
}
