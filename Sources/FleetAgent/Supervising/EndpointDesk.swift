import DaemonKit
import Fleet
import Logging
import Synchronization

/// Brings the kernel's table to what machines want, one change after the other, each tried again until it is done or a
/// newer one has taken its place.
final class EndpointDesk: Sendable {
    private struct State {
        /// What each deployment wants.
        var aims: [String: EndpointAim] = [:]
        /// Whose newest aim is not in the table yet, in the order in which they came.
        var waiting: [String] = []
        /// The stable ports that each deployment has had in the table.
        var ports: [String: Set<UInt16>] = [:]
        /// By stable port, the private port that new connections go to.
        var table: [UInt16: UInt16] = [:]
        /// Stable ports that were there before, and that nobody has asked for.
        var unclaimed: Set<UInt16> = []
    }

    /// How long whoever stops a process waits for the table to lead elsewhere.
    private static let patience = Span.seconds(10)
    private static let pace = Span(milliseconds: 10)
    private static let firstPause: Int64 = 250
    private static let longestPause: Int64 = 5000

    let kernel: any EndpointSwitch
    private let time: TimeSource
    private let logger: Logger
    private let tell: @Sendable (_ deployment: String, ReplicaEvent) -> Void
    private let state = Mutex(State())
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init(
        kernel: any EndpointSwitch,
        time: TimeSource,
        logger: Logger,
        tell: @escaping @Sendable (_ deployment: String, ReplicaEvent) -> Void
    ) {
        self.kernel = kernel
        self.time = time
        self.logger = logger
        self.tell = tell
        (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Reads what the table says; the private ports that it leads to.
    func read() async -> Set<UInt16> {
        guard kernel.refusal == nil else { return [] }
        do {
            let table = try await kernel.current()
            return state.withLock { state in
                state.table = table.compactMapValues { $0 }
                state.unclaimed = Set(table.keys)
                return Set(state.table.values)
            }
        } catch {
            logger.warning("endpoints not read", metadata: ["why": "\(error)"])
            return []
        }
    }

    /// Takes over what a deployment wants.
    func take(_ aim: EndpointAim, of deployment: String) {
        state.withLock { state in
            state.aims[deployment] = aim
            state.waiting.removeAll { $0 == deployment }
            state.waiting.append(deployment)
            if let port = aim.port { state.unclaimed.remove(port) }
        }
        signal.yield()
    }

    /// Whatever the table holds that nobody has asked for by now is left over: it goes.
    func tidy() async {
        for port in state.withLock({ $0.unclaimed }) {
            logger.info("left-over endpoint removed", metadata: ["port": "\(port)"])
            do { try await forget(port) } catch {
                logger.warning("endpoint not removed", metadata: ["why": "\(error)"])
            }
        }
        state.withLock { $0.unclaimed = [] }
    }

    /// Runs until its task is cancelled.
    func run() async {
        for await _ in signals {
            var failures: Int64 = 0
            while !Task.isCancelled, let (deployment, aim) = next() {
                do {
                    try await apply(aim, of: deployment)
                    failures = 0
                    if done(aim, of: deployment), case .open(_, _, let attempt) = aim {
                        tell(deployment, .switched(attempt: attempt))
                    }
                } catch is CancellationError {
                    return
                } catch {
                    logger.warning(
                        "endpoint not switched",
                        metadata: ["deployment": "\(deployment)", "why": "\(error)"]
                    )
                    if case .open(_, _, let attempt) = aim {
                        tell(deployment, .switchFailed(attempt: attempt, cause: "\(error)"))
                    }
                    failures += 1
                    let pause = min(Self.firstPause << min(failures - 1, 8), Self.longestPause)
                    try? await time.sleep(Span(milliseconds: pause))
                }
            }
        }
    }

    /// Waits, not for ever, until new connections do not go to any of these private ports.
    func leads(elsewhereThan ports: some Collection<UInt16> & Sendable) async {
        let end = time.elapsed().milliseconds + Self.patience.milliseconds
        while state.withLock({ state in state.table.values.contains { ports.contains($0) } }), !Task.isCancelled,
            time.elapsed().milliseconds < end
        {
            try? await time.sleep(Self.pace)
        }
    }

    private func next() -> (String, EndpointAim)? {
        state.withLock { state in state.waiting.first.flatMap { name in state.aims[name].map { (name, $0) } } }
    }

    /// Notes that a change was made; `false` when it is not wanted any more.
    private func done(_ aim: EndpointAim, of deployment: String) -> Bool {
        state.withLock { state in
            guard state.aims[deployment] == aim else { return false }
            state.waiting.removeAll { $0 == deployment }
            if aim == .nowhere { state.aims[deployment] = nil }
            return true
        }
    }

    private func apply(_ aim: EndpointAim, of deployment: String) async throws {
        if let port = aim.port { state.withLock { _ = $0.ports[deployment, default: []].insert(port) } }
        switch aim {
        case .nowhere: break
        case .closed(let port):
            try await kernel.close(port)
            state.withLock { $0.table[port] = nil }
        // It was started while it had to bind the port itself.
        case .open(let port, let privatePort, _) where port == privatePort: try await forget(port)
        case .open(let port, let privatePort, _):
            try await kernel.open(port, to: privatePort)
            state.withLock { $0.table[port] = privatePort }
        }
        for port in state.withLock({ $0.ports[deployment] ?? [] }) where port != aim.port {
            let isAnothers = state.withLock { state in
                state.aims.contains { $0.key != deployment && $0.value.port == port }
            }
            if !isAnothers { try await forget(port) }
            state.withLock { _ = $0.ports[deployment]?.remove(port) }
        }
    }

    private func forget(_ port: UInt16) async throws {
        try await kernel.forget(port)
        state.withLock { $0.table[port] = nil }
    }
}
