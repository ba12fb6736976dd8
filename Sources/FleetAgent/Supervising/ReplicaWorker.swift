import DaemonKit
import Fleet
import Logging
import NIOCore
import NIOPosix
import ReplicaLifecycle
import ShimProtocol
import Synchronization

/// Does what machines order, each order in a task of its own, and tells what became of it.
struct ReplicaWorker: Sendable {
    /// How often a model is asked whether it is ready: while it is awaited, while it is observed, and later.
    private static let awaiting = Span(milliseconds: 250)
    private static let watching = Span(milliseconds: 1000)
    private static let resting = Span.seconds(5)
    /// How often it is told how far a fetch is.
    private static let progressPace = Span.seconds(1)
    /// What goes before `stableFor` begins: the golden probe and the endpoint's switch.
    private static let proving = Span.seconds(10)
    /// So many failed checks in a row mean that a model is not ready any more.
    private static let unreadyAfter = 2
    /// A process that fails its live check for so long is stopped, and started again as one that died.
    private static let deadAfter = Span.seconds(30)
    /// A server that takes longer than this over a model's end is told of.
    private static let unheard = Span.seconds(10)

    let driver: ProcessDriver
    let bundles: BundleStore
    let runtimes: RuntimeStore
    let http: HTTPProbe
    /// Whose figures are read: who is ready.
    let targets: ScrapeTargets
    let time: TimeSource
    let logger: Logger
    let drain: ReplicaDrain
    /// Whether a deployment's endpoint may take a port over.
    let takeover: @Sendable (_ deployment: String, _ port: UInt16) -> PortTakeover
    /// Tells the supervising loop.
    let tell: @Sendable (_ deployment: String, ReplicaEvent) -> Void

    /// Does one thing that a machine has ordered.
    func perform(_ work: ReplicaWork) async {
        switch work {
        case .stage(let revision, let endpoint, let deployment, let owned, let cancellation):
            await stage(revision, deployment: deployment, cancellation) { content in
                try await check(content, endpoint, deployment, owned, isStaged: false)
                try await fetch(content, of: revision, deployment: deployment)
                try await fetchImage(content, of: revision, deployment: deployment)
                try await check(content, endpoint, deployment, owned)
            }
        case .check(let revision, let endpoint, let deployment, let owned, let cancellation):
            await stage(revision, deployment: deployment, cancellation) { content in
                try await check(content, endpoint, deployment, owned)
            }
        case .start(let ticket, let launch, let attempt): await start(ticket, launch, attempt: attempt)
        case .watch(let running, let launch, let attempt): await watch(running, launch, attempt: attempt)
        case .probe(let running, let launch): await probe(running, launch)
        case .stop(let running, let revision, let drain, let attempt):
            await stop(running, revision, drain, attempt: attempt)
        case .detach(let running, let attempt):
            await drain.drain(running, .brief, limit: Span(milliseconds: 0), attempt: attempt)
        case .say(let event, let deployment): tell(deployment, event)
        }
    }

    /// Looks for what stands in the way.
    private func check(
        _ content: RevisionContent,
        _ endpoint: Endpoint?,
        _ deployment: String,
        _ owned: Set<UInt16>,
        isStaged: Bool = true
    ) async throws {
        try await driver.preflight(
            content,
            endpoint: endpoint,
            deployment: deployment,
            owned: owned,
            takeover: endpoint.map { takeover(deployment, $0.port) } ?? PortTakeover(),
            isStaged: isStaged
        )
    }

    /// Gets a revision ready, and tells what became of it.
    private func stage(
        _ revision: Revision,
        deployment: String,
        _ cancellation: Cancellation,
        _ work: @escaping @Sendable (RevisionContent) async throws -> Void
    ) async {
        do {
            let done = try await cancellation.run {
                let content = try JSONCoding.content(of: revision)
                try await work(content)
                return content.runtime.update
            }
            if let done { tell(deployment, .staged(revision.digest, done, cancellation)) }
        } catch is CancellationError {
            return
        } catch {
            tell(deployment, .stagingFailed(revision.digest, .init(staging: error), cause: "\(error)", cancellation))
        }
    }

    /// Fetches and verifies what a revision needs, installs what its runtime brings, and tells how far it is.
    private func fetch(_ content: RevisionContent, of revision: Revision, deployment: String) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await ensure(content) }
            group.addTask {
                var told: Int64 = 0
                var most: [Digest: Int64] = [:]
                // It ends by cancellation only.
                while true {
                    try await time.sleep(Self.progressPace)
                    for bundle in content.bundles {
                        most[bundle] = max(bundles.progress[bundle] ?? 0, most[bundle] ?? 0)
                    }
                    let bytes = most.values.reduce(runtimes.installed(of: content), +)
                    guard bytes != told else { continue }
                    told = bytes
                    tell(deployment, .fetched(revision.digest, bytes: bytes))
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Makes sure that everything that a revision needs is here; the model's directory.
    private func ensure(_ content: RevisionContent) async throws -> String {
        try await runtimes.ensure(content)
        // Somebody may have cleared away images that nothing runs from.
        if content.runtime.driver == .container { try await driver.containers.fetch(content) { _ in } }
        return try await bundles.ensure(content.model.bundle)
    }

    /// Fetches what a container is made of, and tells how far it is.
    private func fetchImage(_ content: RevisionContent, of revision: Revision, deployment: String) async throws {
        guard content.runtime.driver == .container else { return }
        let had = bundles.progress[content.model.bundle] ?? 0
        let told = Mutex(SteadyTold(bytes: 0, at: time.elapsed()))
        try await driver.containers.fetch(content) { bytes in
            let isDue = told.withLock { told in
                let now = time.elapsed()
                guard bytes != told.bytes, now.milliseconds - told.at.milliseconds >= Self.progressPace.milliseconds
                else {
                    return false
                }
                told = SteadyTold(bytes: bytes, at: now)
                return true
            }
            if isDue { tell(deployment, .fetched(revision.digest, bytes: had + bytes)) }
        }
    }

    private struct SteadyTold {
        var bytes: Int64
        var at: Span
    }

    /// Starts a process and watches it to its end.
    private func start(_ ticket: ReplicaTicket, _ launch: Launch, attempt: ReplicaAttempt) async {
        let number = ticket.attempt
        let replica: RunningReplica
        do {
            let prepared = try await attempt.cancellation.run {
                let content = try JSONCoding.content(of: launch.revision)
                let directory = try await ensure(content)
                return (
                    content, directory, try await prove(ticket, launch, content: content, modelDirectory: directory)
                )
            }
            guard let prepared, attempt.launching() else {
                await driver.external.abandon(start: ticket.directoryName)
                driver.release(ticket)
                return tell(ticket.deployment, .stopped(attempt: number))
            }
            if let proven = prepared.2 {
                replica = try await publish(proven.handle, proven.ticket)
            } else {
                replica = try await run(ticket, launch, content: prepared.0, modelDirectory: prepared.1)
            }
        } catch is CancellationError {
            return
        } catch {
            attempt.ended()
            driver.release(ticket)
            return tell(ticket.deployment, .startFailed(attempt: number, cause: "\(error)"))
        }
        logger.info(
            "replica started",
            metadata: ["deployment": "\(launch.name)", "pid": "\(replica.handle.child.pid)", "attempt": "\(number)"]
        )
        let isWanted = attempt.launched(replica)
        tell(ticket.deployment, .started(attempt: number, replica.instance))
        guard isWanted else { return await stop(replica, launch.revision, .brief, attempt: attempt) }
        await watch(replica, launch, attempt: attempt)
    }

    /// Watches a process to its end, and says whether its model is ready; without a launch nothing is known to ask.
    private func watch(_ replica: RunningReplica, _ launch: Launch?, attempt: ReplicaAttempt) async {
        let number = replica.ticket.attempt
        let deployment = replica.ticket.deployment
        var replica = replica
        if launch != nil, case .external(let handle) = replica.handle, !handle.isLoaded {
            do {
                replica = try await publish(handle, replica.ticket)
            } catch is CancellationError {
                return
            } catch {
                attempt.ended()
                await driver.discard(replica)
                return tell(deployment, .exited(attempt: number, cause: "\(error)"))
            }
        }
        let watched = replica
        let cause = try? await attempt.watching.run { await end(of: watched, launch) }
        // Cancelled: the agent stops, and the replica goes on; or it has been stopped.
        guard let cause, let cause else { return }
        attempt.ended()
        await driver.discard(replica)
        tell(deployment, .exited(attempt: number, cause: cause))
    }

    /// Watches a process to its end: how it ended, for people; `nil` when the waiting was cancelled.
    private func end(of replica: RunningReplica, _ launch: Launch?) async -> String? {
        await withTaskGroup(of: String?.self) { group in
            group.addTask { await driver.end(of: replica) }
            if let launch, let probe = questions(to: replica, launch) {
                group.addTask {
                    await check(probe, replica, observed: launch.stableFor)
                    return nil
                }
            }
            // The checks end only by cancellation, or by a process that they have killed.
            var cause: String?
            while let next = await group.next() {
                if let next { cause = next }
                if next != nil || Task.isCancelled { break }
            }
            group.cancelAll()
            return cause
        }
    }

    /// Asks the golden probe.
    private func probe(_ replica: RunningReplica, _ launch: Launch) async {
        let number = replica.ticket.attempt
        guard let probe = questions(to: replica, launch) else {
            return tell(replica.ticket.deployment, .probeFailed(attempt: number, cause: "the revision cannot be read"))
        }
        do {
            if let difference = try await probe.difference() {
                tell(replica.ticket.deployment, .probeFailed(attempt: number, cause: difference))
            } else {
                tell(replica.ticket.deployment, .probePassed(attempt: number))
            }
        } catch is CancellationError {
            return
        } catch {
            tell(replica.ticket.deployment, .probeFailed(attempt: number, cause: "\(error)"))
        }
    }

    /// Stops a process.
    private func stop(
        _ replica: RunningReplica,
        _ revision: Revision?,
        _ drain: Drain,
        attempt: ReplicaAttempt
    ) async {
        let content = revision.flatMap { try? JSONCoding.content(of: $0) }
        var stop = content?.runtime.stop ?? .standard
        // The server's connections are not a model's own: it answers what it has begun before it lets go of the model.
        if case .external = replica.handle {
        } else {
            await self.drain.drain(replica, drain, limit: stop.drain, attempt: attempt)
        }
        stop.drain = Span(milliseconds: 0)
        guard !Task.isCancelled else { return }
        if let cause = await stopped(replica, stop) {
            tell(replica.ticket.deployment, .stopOverdue(attempt: replica.ticket.attempt, cause: cause))
            await driver.outlast(replica)
        }
        guard !Task.isCancelled else { return }
        attempt.ended()
        await driver.discard(replica)
        tell(replica.ticket.deployment, .stopped(attempt: replica.ticket.attempt))
    }

    /// Stops a process; a server that takes its time over a model is told of meanwhile.
    ///
    /// - Returns: why it has not ended, for people.
    private func stopped(_ replica: RunningReplica, _ stop: RuntimeProfile.Stop) async -> String? {
        guard case .external(let handle) = replica.handle else { return await driver.stop(replica, stop) }
        return await withTaskGroup(of: Void.self, returning: String?.self) { group in
            group.addTask {
                guard (try? await time.sleep(Self.unheard)) != nil else { return }
                tell(
                    replica.ticket.deployment,
                    .stopOverdue(
                        attempt: replica.ticket.attempt,
                        cause:
                            "the server at \(handle.address) port \(handle.port) has not done yet what it was asked with model '\(handle.model)', "
                            + "or what it was asked before that; see its log"
                    )
                )
            }
            defer { group.cancelAll() }
            return await driver.stop(replica, stop)
        }
    }

    /// What is proven before it is launched: a version in a server that runs already. `nil` for all others.
    private func prove(
        _ ticket: ReplicaTicket,
        _ launch: Launch,
        content: RevisionContent,
        modelDirectory: String
    ) async throws -> ProvenModel? {
        guard content.runtime.driver == .external else { return nil }
        let told = Mutex<String?>(nil)
        return try await driver.prove(
            content,
            ticket: ticket,
            deployment: launch.name,
            modelDirectory: modelDirectory,
            http: http
        ) { problem in
            let isNews = told.withLock { told in
                defer { told = problem }
                return told != problem
            }
            if isNews { tell(ticket.deployment, .unready(attempt: ticket.attempt, cause: problem)) }
        }
    }

    private func publish(_ handle: ExternalHandle, _ ticket: ReplicaTicket) async throws -> RunningReplica {
        try await driver.publish(handle, ticket) { problem in
            tell(ticket.deployment, .unready(attempt: ticket.attempt, cause: problem))
            // It may have been told to stop meanwhile.
            tell(ticket.deployment, .stopOverdue(attempt: ticket.attempt, cause: problem))
        }
    }

    private func run(
        _ ticket: ReplicaTicket,
        _ launch: Launch,
        content: RevisionContent,
        modelDirectory: String
    ) async throws -> RunningReplica {
        var ticket = ticket
        ticket.log = "\(launch.name).log"
        ticket.ports = try driver.ports.allocate(
            content.runtime.ports,
            endpoint: launch.endpoint,
            key: ticket.directoryName
        )
        if let container = content.runtime.container, container.network == .bridge {
            ticket.inside = ticket.ports.merging(container.ports ?? [:]) { _, fixed in fixed }
        }
        ticket.resources = content.resources
        // A process that somebody else started on the port since the preflight must not pass for ours.
        try await driver.reserve(content, endpoint: launch.endpoint, ticket: ticket)
        let final = ticket
        let threads = content.runtime.driver == .container ? ContainerEngine.threads : .singleton
        return try await threads.runIfActive {
            try driver.start(content, ticket: final, deployment: launch.name, modelDirectory: modelDirectory)
        }
    }

    private func questions(to replica: RunningReplica, _ launch: Launch) -> ReplicaProbe? {
        guard let content = try? JSONCoding.content(of: launch.revision) else { return nil }
        return driver.probe(
            content,
            deployment: launch.name,
            ports: replica.ticket.inside ?? replica.ticket.ports,
            directory: bundles.path(of: content.model.bundle),
            http: http.at(replica.handle.address)
        )
    }

    /// Says when a model becomes ready, and when it is no longer; ends by cancellation.
    private func check(_ probe: ReplicaProbe, _ replica: RunningReplica, observed stableFor: Span) async {
        let deployment = replica.ticket.deployment
        let number = replica.ticket.attempt
        let key = replica.ticket.directoryName
        defer { targets.remove(key) }
        var isReady = false
        var lastTold: String?
        var failures = 0
        var checks = 0
        var lastAlive = time.elapsed()
        var observedUntil: Span?
        while !Task.isCancelled {
            let problem = await probe.unready()
            if Task.isCancelled { return }
            if let problem {
                failures += 1
                if isReady ? failures >= Self.unreadyAfter : problem != lastTold {
                    isReady = false
                    lastTold = problem
                    targets.remove(key)
                    tell(deployment, .unready(attempt: number, cause: problem))
                }
                if checks > 0, await probe.dead() != nil {
                    if time.elapsed() >= Span(milliseconds: lastAlive.milliseconds + Self.deadAfter.milliseconds) {
                        logger.warning("replica does not live; it is stopped", metadata: ["attempt": "\(number)"])
                        if let cause = await driver.stop(replica, probe.content.runtime.stop) {
                            tell(deployment, .unready(attempt: number, cause: cause))
                        }
                        return
                    }
                } else {
                    lastAlive = time.elapsed()
                }
            } else {
                failures = 0
                checks += 1
                lastAlive = time.elapsed()
                if !isReady {
                    isReady = true
                    lastTold = nil
                    targets.put(ScrapeTarget(replica, probe), key: key)
                    tell(deployment, .ready(attempt: number))
                }
            }
            if checks > 0, observedUntil == nil {
                let observed = Self.proving.milliseconds + stableFor.milliseconds
                observedUntil = Span(milliseconds: time.elapsed().milliseconds + observed)
            }
            let pace = observedUntil.map { time.elapsed() < $0 ? Self.watching : Self.resting } ?? Self.awaiting
            try? await time.sleep(pace)
        }
    }
}

extension ReplicaWorker {
    /// What is to be started, or was found running.
    struct Launch: Sendable {
        /// The deployment's name.
        var name: String
        var revision: Revision
        var endpoint: Endpoint?
        /// How long everything must be green.
        var stableFor: Span
    }
}
