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
        /// Whose endpoint is to close, and when: milliseconds of elapsed time. Until then it leads where it led.
        var closing: [String: Int64] = [:]
        /// The stable ports that each deployment has had in the table.
        var ports: [String: Set<UInt16>] = [:]
        /// By stable port, the private port that new connections go to.
        var table: [UInt16: UInt16] = [:]
        /// By stable port, the deployment that it was opened for.
        var openers: [UInt16: String] = [:]
        /// Something has come that was not tried yet.
        var isFresh = false
        /// Stable ports that were there before, and that nobody has asked for.
        var unclaimed: Set<UInt16> = []

        /// Another deployment, whose clients come to a port and are to go on doing so.
        func holder(of port: UInt16, otherThan deployment: String) -> String? {
            guard let opener = openers[port], opener != deployment, case .open(port, _, _) = aims[opener] else {
                return nil
            }
            return opener
        }

        /// Whether a port is to be open for another deployment, so that it is not this one's to shut.
        func isWanted(_ port: UInt16, otherThan deployment: String) -> Bool {
            aims.contains { other, aim in
                guard case .open(port, _, _) = aim else { return false }
                return other != deployment
            }
        }
    }

    /// How long whoever stops a process waits for the table to lead elsewhere.
    private static let patience = Span.seconds(10)
    private static let pace = Span(milliseconds: 10)
    /// How often a pause after failures looks whether something else has come.
    private static let glance = Span(milliseconds: 50)
    private static let firstPause: Int64 = 250
    private static let longestPause: Int64 = 5000

    let kernel: any EndpointSwitch
    /// How long an endpoint stays open once it is to close: load balancers have been told.
    let notice: Span
    private let ports: HostPorts
    private let time: TimeSource
    private let logger: Logger
    private let name: @Sendable (_ deployment: String) -> String
    private let mayTakeOver: @Sendable (_ deployment: String, _ port: UInt16) -> Bool
    private let tell: @Sendable (_ deployment: String, ReplicaEvent) -> Void
    private let state = Mutex(State())
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - notice: how long an endpoint stays open once it is to close.
    ///   - ports: told what endpoints take of them.
    ///   - name: what people call a deployment.
    ///   - mayTakeOver: whether a deployment may take a port over from another program.
    ///   - tell: hears what became of each change.
    init(
        kernel: any EndpointSwitch,
        notice: Span = Span(milliseconds: 0),
        ports: HostPorts,
        time: TimeSource,
        logger: Logger,
        name: @escaping @Sendable (_ deployment: String) -> String,
        mayTakeOver: @escaping @Sendable (_ deployment: String, _ port: UInt16) -> Bool = { _, _ in false },
        tell: @escaping @Sendable (_ deployment: String, ReplicaEvent) -> Void
    ) {
        self.kernel = kernel
        self.notice = notice
        self.ports = ports
        self.name = name
        self.mayTakeOver = mayTakeOver
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
            return change { state in
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
        let due = time.elapsed().milliseconds + notice.milliseconds
        change { state in
            if case .open = aim {
                state.closing[deployment] = nil
            } else if state.openers.values.contains(deployment), state.closing[deployment] == nil {
                state.closing[deployment] = due
            }
            state.aims[deployment] = aim
            state.isFresh = true
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
            var failedSincePause = 0
            while !Task.isCancelled {
                guard let (deployment, aim) = next() else {
                    guard let wait = untilNextIsDue() else { break }
                    await pause(wait)
                    continue
                }
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
                    failedSincePause += 1
                    // The others are not kept from their turn.
                    guard failedSincePause >= putLast(deployment) else { continue }
                    failedSincePause = 0
                    failures += 1
                    await pause(min(Self.firstPause << min(failures - 1, 8), Self.longestPause))
                }
            }
        }
    }

    /// Waits, not for ever, until new connections do not go to any of these private ports.
    func leads(elsewhereThan ports: some Collection<UInt16> & Sendable) async {
        let end = time.elapsed().milliseconds + notice.milliseconds + Self.patience.milliseconds
        while state.withLock({ state in state.table.values.contains { ports.contains($0) } }), !Task.isCancelled,
            time.elapsed().milliseconds < end
        {
            try? await time.sleep(Self.pace)
        }
    }

    private func next() -> (String, EndpointAim)? {
        let now = time.elapsed().milliseconds
        return state.withLock { state in
            state.isFresh = false
            let first = state.waiting.first { state.closing[$0].map { $0 <= now } ?? true }
            return first.flatMap { name in state.aims[name].map { (name, $0) } }
        }
    }

    /// Milliseconds until the next endpoint may close; `nil` when none waits for that.
    private func untilNextIsDue() -> Int64? {
        let now = time.elapsed().milliseconds
        return state.withLock { state in
            state.waiting.compactMap { state.closing[$0] }.min().map { max(0, $0 - now) }
        }
    }

    /// Lets the others have their turn; how many wait, with it.
    private func putLast(_ deployment: String) -> Int {
        state.withLock { state in
            if state.waiting.contains(deployment) {
                state.waiting.removeAll { $0 == deployment }
                state.waiting.append(deployment)
            }
            return state.waiting.count
        }
    }

    /// Waits, but not when something new has come.
    private func pause(_ milliseconds: Int64) async {
        let end = time.elapsed().milliseconds + milliseconds
        while !state.withLock({ $0.isFresh }), !Task.isCancelled, time.elapsed().milliseconds < end {
            try? await time.sleep(Self.glance)
        }
    }

    /// Changes what is known, and tells what endpoints have of the host's ports.
    private func change<Value: Sendable>(_ edit: (inout State) -> Value) -> Value {
        state.withLock { state in
            let value = edit(&state)
            var taken = HostPorts.Endpoints(led: Set(state.table.values))
            for (deployment, aim) in state.aims {
                if let port = aim.port { taken.stable.insert(port) }
                // One that is refused a port does not have it.
                guard case .open(let port, _, _) = aim, state.holder(of: port, otherThan: deployment) == nil else {
                    continue
                }
                taken.open[port, default: [:]][deployment] = name(deployment)
            }
            ports.note(taken)
            return value
        }
    }

    /// Notes that a change was made; `false` when it is not wanted any more.
    private func done(_ aim: EndpointAim, of deployment: String) -> Bool {
        change { state in
            guard state.aims[deployment] == aim else { return false }
            state.waiting.removeAll { $0 == deployment }
            state.closing[deployment] = nil
            if aim == .nowhere { state.aims[deployment] = nil }
            return true
        }
    }

    private func apply(_ aim: EndpointAim, of deployment: String) async throws {
        if let port = aim.port { state.withLock { _ = $0.ports[deployment, default: []].insert(port) } }
        switch aim {
        case .nowhere: break
        case .closed(let port):
            // Another's clients come there now; where they still come here, they are turned away first.
            let isAnothers = state.withLock { state in
                state.openers[port] != deployment && state.isWanted(port, otherThan: deployment)
            }
            if !isAnothers {
                try await kernel.close(port)
                shut(port)
            }
        // It was started while it had to bind the port itself.
        case .open(let port, let target, _) where port == target.port: try await forget(port)
        case .open(let port, let target, _):
            if let holder = state.withLock({ $0.holder(of: port, otherThan: deployment) }) {
                throw taken(port, by: holder)
            }
            try await kernel.open(port, to: target, takingOver: mayTakeOver(deployment, port))
            change { state in
                state.table[port] = target.port
                state.openers[port] = deployment
            }
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
        shut(port)
    }

    private func shut(_ port: UInt16) {
        change { state in
            state.table[port] = nil
            state.openers[port] = nil
        }
    }

    private func taken(_ port: UInt16, by holder: String) -> AgentError {
        AgentError(
            .refused,
            "endpoint \(port) leads to deployment '\(name(holder))', whose clients would be taken away; nothing was changed: "
                + "choose another endpoint.port, or remove '\(name(holder))' from this host"
        )
    }
}
