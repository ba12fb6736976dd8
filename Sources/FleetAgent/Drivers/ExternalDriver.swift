import DaemonKit
import Fleet
import Logging
import NIOCore
import NIOPosix
import ShimProtocol

/// Loads models into a server that runs already. A replica is a model under its public name:
///
/// ```
/// copied ─▶ loaded privately ─▶ ready ─▶ golden probe ─▶ unloaded ─▶ gone ─▶ has the public name ─▶ loaded publicly
///    └───────────┴────────────────┴────────────┴ failed: removed                 └ failed: the one before has its name again
/// ```
///
/// The server puts a public model in the place of the one before by itself, so nothing is stopped for it. What served stays in
/// the repository until the new one is verified; taking the new one back loads it again.
struct ExternalDriver: Sendable {
    /// How often a server is asked: while something is awaited, and later.
    private static let awaiting = Span(milliseconds: 250)
    private static let watching = Span.seconds(1)
    /// How often one that has not taken an order hears it again.
    private static let retrying = Span.seconds(5)
    /// So many looks in a row at which nobody listens, or the model is not there, mean that it has gone.
    private static let looks = 3
    /// How long an unloaded model may take to be gone.
    private static let unloading = Span.seconds(120)
    /// How long a server may take to hear that a model is not wanted, where the agent's own start waits for it.
    static let hearing = TimeAmount.seconds(2)

    let files: AgentFiles
    /// What this agent's marks are called.
    let name: String
    let host: String
    /// The host's own address.
    let address: String
    let group: any EventLoopGroup
    let time: TimeSource
    let logger: Logger
    let boot: String
    /// One at a time changes what has a public name.
    private let turns = BlobTurns()
    /// Starts that were given up, and of which their servers have not heard.
    private let unheard: AsyncStream<ExternalHandle>
    private let unheardSink: AsyncStream<ExternalHandle>.Continuation

    init(
        files: AgentFiles,
        name: String,
        host: String,
        address: String,
        group: any EventLoopGroup,
        time: TimeSource,
        logger: Logger,
        boot: String
    ) {
        self.files = files
        self.name = name
        self.host = host
        self.address = address
        self.group = group
        self.time = time
        self.logger = logger
        self.boot = boot
        (unheard, unheardSink) = AsyncStream.makeStream()
    }

    /// Tells servers that did not hear of it what was given up, until they do; ends by cancellation.
    func run() async {
        await withDiscardingTaskGroup { tasks in
            for await handle in unheard {
                tasks.addTask {
                    while !Task.isCancelled, await clear(handle, within: RepositoryServer.unloading) != nil {
                        try? await time.sleep(Self.retrying)
                    }
                }
            }
        }
    }

    /// Where a runtime's server listens.
    func address(of settings: RuntimeProfile.ExternalSettings) -> String {
        switch settings.address {
        case .loopback: "127.0.0.1"
        case .host: address
        }
    }

    func server(_ address: String, _ port: UInt16) -> RepositoryServer {
        RepositoryServer(http: HTTPProbe(address: address, group: group), port: port)
    }

    func server(of settings: RuntimeProfile.ExternalSettings) -> RepositoryServer {
        server(address(of: settings), settings.ports.http)
    }

    func server(of handle: ExternalHandle) -> RepositoryServer { server(handle.address, handle.port) }

    func repository(of handle: ExternalHandle) -> ModelRepository {
        ModelRepository(path: handle.repository, model: handle.model, agent: name)
    }

    // MARK: The way up

    /// Loads a version under its private name, proves it there, and unloads it again.
    ///
    /// - Parameters:
    ///   - ask: asks of the model under another name.
    ///   - say: hears why it is not ready yet.
    /// - Throws: what is wrong with it; then nothing is left of it.
    func prove(
        _ content: RevisionContent,
        ticket: ReplicaTicket,
        bundle: String,
        ask: @Sendable (_ name: String) -> ReplicaProbe,
        say: @Sendable (String) -> Void
    ) async throws -> ExternalHandle {
        guard let settings = content.runtime.external else { throw AgentError(.refused, "the runtime names no server") }
        if let problem = Self.problem(withNameOf: content) { throw AgentError(.refused, problem) }
        let directory = files.replica(ticket.directoryName)
        var handle = ExternalHandle(
            address: address(of: settings),
            port: settings.ports.http,
            repository: settings.repository,
            model: content.model.name,
            start: ticket.directoryName,
            phase: .proving,
            boot: boot,
            startedAt: time.now().milliseconds
        )
        let written = handle
        let repository = repository(of: handle)
        try await NIOThreadPool.singleton.runIfActive {
            FileAccess.remove(directory)
            try FileAccess.makeDirectory(directory)
            try FileAccess.replace("\(directory)/\(ReplicaTicket.file)", with: JSONCoding.encode(ticket))
            try written.write(in: directory)
        }
        do {
            try await answering(server(of: handle), say)
            try await NIOThreadPool.singleton.runIfActive {
                try repository.place(bundle, deployment: ticket.deployment, start: written.start)
            }
            try await prove(handle, ask(repository.privateName(handle.start)), say)
        } catch {
            // A cancelled task gets no word out: whoever has cancelled it abandons the start, or the next agent does.
            if !Task.isCancelled { await abandon(start: handle.start) }
            throw error
        }
        handle.server = listener(at: server(of: handle))
        return handle
    }

    private func prove(_ handle: ExternalHandle, _ probe: ReplicaProbe, _ say: @Sendable (String) -> Void) async throws
    {
        let server = server(of: handle)
        let privateName = repository(of: handle).privateName(handle.start)
        if let unknown = try await server.load(privateName) { throw AgentError(.start, unknown) }
        while let problem = await probe.unready() {
            say(problem)
            try await time.sleep(Self.awaiting)
        }
        if let difference = try await probe.difference() {
            throw AgentError(.start, "\(difference) (it was asked under the private name '\(privateName)')")
        }
        // Two copies are enough for the server's memory: this one goes before the public one comes.
        try await server.unload(privateName)
        try await gone(privateName, at: server)
    }

    /// Removes what a start has left with its server that is not published; nothing where there is none. A server that does not
    /// hear of it hears again until it does (``run()``), and its files stay until then.
    ///
    /// - Parameter limit: how long the server may take to hear of it: one that still loads it does that first.
    /// - Returns: whether it has not heard of it.
    @discardableResult
    func abandon(start: String, within limit: TimeAmount = RepositoryServer.unloading) async -> Bool {
        let directory = files.replica(start)
        guard var handle = ExternalHandle(in: directory), handle.phase != .published else { return false }
        guard handle.phase == .proving else {
            unheardSink.yield(handle)
            return true
        }
        handle.phase = .abandoned
        do {
            try handle.write(in: directory)
        } catch {
            logger.warning(
                "a model that is given up cannot be noted",
                metadata: ["start": "\(start)", "why": "\(error)"]
            )
        }
        guard let problem = await clear(handle, within: limit) else { return false }
        if !Task.isCancelled {
            logger.warning(
                "a model that was given up may be in its server; it is unloaded as soon as that takes the order",
                metadata: ["model": "\(handle.model)", "start": "\(start)", "why": "\(problem)"]
            )
            unheardSink.yield(handle)
        }
        return true
    }

    /// Unloads what a start that was given up has loaded, and removes it, unless a newer start of the same name has its place.
    ///
    /// - Returns: why the server has not confirmed that, for people.
    func clear(_ handle: ExternalHandle, within limit: TimeAmount) async -> String? {
        let directory = files.replica(handle.start)
        let repository = repository(of: handle)
        guard ExternalHandle(in: directory)?.startedAt == handle.startedAt else { return nil }
        do {
            try await letGo(repository.privateName(handle.start), at: server(of: handle), within: limit)
            try await NIOThreadPool.singleton.runIfActive {
                guard ExternalHandle(in: directory)?.startedAt == handle.startedAt else { return }
                repository.remove(handle.start)
                FileAccess.remove(directory)
            }
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Removes the model of a start of another boot, which its server has forgotten since, unless something answers to its name.
    func forget(start: String) async {
        guard let handle = ExternalHandle(in: files.replica(start)), handle.boot != boot else { return }
        if case .said(true) = await server(of: handle).isReady(handle.model) { return }
        let repository = repository(of: handle)
        _ = try? await NIOThreadPool.singleton.runIfActive { repository.remove(start) }
    }

    /// Has a server unload a model, which may go on after that; one that does not hold it need not take the order.
    private func letGo(
        _ model: String,
        at server: RepositoryServer,
        within limit: TimeAmount = RepositoryServer.unloading
    ) async throws {
        do {
            try await server.unload(model, within: limit)
        } catch {
            guard case .said(let index)? = try? await server.index(), !index.isHeld(model) else { throw error }
        }
    }

    /// Gives a proven version the public name, and has the server load it. One whose server has not said that it did gets it again.
    ///
    /// - Parameter say: hears what the server has not answered.
    /// - Throws: `start` when the server does not; then what served has its name again, and serves.
    func publish(_ proven: ExternalHandle, say: @Sendable (String) -> Void) async throws -> ExternalHandle {
        try await turns.take(key(of: proven)) {
            var handle = proven
            handle.phase = .published
            let published = handle
            if proven.phase == .published, try await isCleared(published) {
                throw AgentError(.start, "model '\(handle.model)' was given up meanwhile")
            }
            let server = server(of: handle)
            // Whether the server may be answering with it.
            var isOut = proven.phase == .published
            do {
                try await give(published, isFirst: !isOut)
                if let unknown = try await server.load(handle.model) {
                    isOut = true
                    throw AgentError(.start, unknown)
                }
            } catch {
                // A cancelled one is as it is: the server does what it has begun, and the next agent finds it published.
                try Task.checkCancellation()
                let before = predecessor(of: published)
                // Nothing else can be what answers to the name, if anything does: whoever asks it will see.
                if proven.phase == .published, before == nil { return handle }
                if isOut { try await takenBack(published, server, "\(error)", say) }
                try? await NIOThreadPool.singleton.runIfActive { [files] in
                    let repository = repository(of: published)
                    if repository.hasName(published.start), let before { try repository.publish(before.start) }
                    repository.remove(published.start)
                    FileAccess.remove(files.replica(published.start))
                }
                throw error
            }
            handle.isLoaded = true
            handle.server = listener(at: server)
            // Where it cannot be noted, the next agent has it loaded again.
            try? handle.write(in: files.replica(handle.start))
            return handle
        }
    }

    /// Whether nothing of a start is in the repository any more.
    private func isCleared(_ handle: ExternalHandle) async throws -> Bool {
        let repository = repository(of: handle)
        return try await NIOThreadPool.singleton.runIfActive {
            !repository.hasName(handle.start) && repository.mark(of: repository.privateName(handle.start)) == nil
        }
    }

    /// Gives a start the public name.
    ///
    /// - Parameter isFirst: whether it never had it.
    private func give(_ handle: ExternalHandle, isFirst: Bool) async throws {
        let repository = repository(of: handle)
        let server = server(of: handle)
        try await NIOThreadPool.singleton.runIfActive { [files] in
            if isFirst {
                // Another deployment may have come first while this one was proven.
                if let deployment = repository.mark(of: repository.privateName(handle.start))?.deployment,
                    let refusal = refusal(of: repository, at: server, to: deployment)
                {
                    throw AgentError(.refused, refusal)
                }
                try handle.write(in: files.replica(handle.start))
            }
            try repository.publish(handle.start)
            repository.sweep(keeping: Set(try FileAccess.listing(files.replicas)))
        }
    }

    /// Takes back what may be answering, until the server has confirmed it.
    private func takenBack(
        _ handle: ExternalHandle,
        _ server: RepositoryServer,
        _ cause: String,
        _ say: @Sendable (String) -> Void
    ) async throws {
        var problem = cause
        while true {
            say(problem)
            do {
                return try await takeBack(handle, from: server)
            } catch {
                problem = "\(cause); nor is it known whether it takes that back: \(error)"
            }
            try await time.sleep(Self.watching)
        }
    }

    /// Loads what a start took the place of, or unloads the start's model until it is gone. Then its files go: nothing goes back
    /// to it.
    ///
    /// - Throws: `start` when the server has confirmed neither: then it is to be asked again.
    private func takeBack(_ handle: ExternalHandle, from server: RepositoryServer) async throws {
        let repository = repository(of: handle)
        let isBack =
            if let before = predecessor(of: handle) { try await isRestored(before, repository, server) } else { false }
        if !isBack {
            try await letGo(handle.model, at: server)
            try await gone(handle.model, at: server)
        }
        try await NIOThreadPool.singleton.runIfActive { repository.remove(handle.start) }
    }

    /// Waits until somebody answers; ends by cancellation otherwise.
    private func answering(_ server: RepositoryServer, _ say: @Sendable (String) -> Void) async throws {
        while true {
            let why: String
            switch try await server.index() {
            case .said: return
            case .absent(let said), .silent(let said): why = said
            }
            say(
                "the server at \(server.place) on \(host) does not answer (\(why)); it is not this agent's to start, and the model is "
                    + "loaded as soon as it does"
            )
            try await time.sleep(Self.watching)
        }
    }

    /// Waits until a model that was unloaded is gone.
    private func gone(_ model: String, at server: RepositoryServer) async throws {
        let deadline = time.elapsed().milliseconds + Self.unloading.milliseconds
        while true {
            switch try await server.index() {
            case .absent: return
            case .said(let index) where !index.isHeld(model): return
            case .said, .silent: break
            }
            guard time.elapsed().milliseconds < deadline else {
                throw AgentError(
                    .start,
                    "the server at \(server.place) on \(host) has not let go of model '\(model)' within \(Self.unloading) of being told "
                        + "to unload it; see its log, and what it is still answering"
                )
            }
            try await time.sleep(Self.awaiting)
        }
    }

    // MARK: A replica's life

    /// Waits until a model is not there any more; says why, for people. Returns `nil` when the waiting was cancelled.
    func end(of handle: ExternalHandle) async -> String? {
        let server = server(of: handle)
        var missed = 0
        while !Task.isCancelled {
            var how: String?
            let hasEnded = handle.server.map { !HostSystem.lives($0) }
            switch await server.isReady(handle.model) {
            case .said(true): missed = 0
            // It answers late; then its model is not ready, and not gone.
            case .silent where hasEnded != true: break
            case .absent(let why), .silent(let why):
                how = "the server at \(server.place), which is not this agent's to start, does not answer: \(why)"
            case .said(false):
                // Not while another version is taking its place.
                let index = try? await turns.take(key(of: handle)) { try await server.index() }
                if case .said(let index)? = index, !index.isComing(handle.model) {
                    let reason = index.reason(of: handle.model).map { "; the server says: \($0)" } ?? ""
                    how =
                        "model '\(handle.model)' is not loaded any more at \(server.place): somebody unloaded it, or the server was "
                        + "started again\(reason)"
                }
            }
            if let how {
                missed += 1
                if hasEnded == true, let pid = handle.server?.pid {
                    return "the server at \(server.place) has ended (process \(pid)), and its models with it"
                }
                if missed >= Self.looks { return how }
            }
            try? await time.sleep(missed > 0 ? Self.awaiting : Self.watching)
        }
        return nil
    }

    /// Unloads a model and waits until it is gone. What it took the place of is loaded again, if that is still kept.
    ///
    /// - Returns: why it is not known to be gone, for people; it can be stopped again.
    func stop(_ handle: ExternalHandle) async -> String? {
        do {
            try await turns.take(key(of: handle)) {
                let repository = repository(of: handle)
                let isOver = try await NIOThreadPool.singleton.runIfActive {
                    guard let mark = repository.mark(of: handle.model), mark.start != handle.start else { return false }
                    let isKept = repository.mark(of: repository.privateName(handle.start)) != nil
                    // One from before may have the name, and not be loaded again yet.
                    if isKept, isOlder(mark.start, than: handle.start) { return false }
                    // Nothing of this one is loaded; nor may a newer one have it loaded again.
                    repository.remove(handle.start)
                    return true
                }
                guard !isOver else { return }
                try await takeBack(handle, from: server(of: handle))
            }
            return nil
        } catch {
            guard !Task.isCancelled else { return nil }
            return
                "\(error); it is asked again until it has let go, and nothing else is done with that model until then: see its log, or "
                + "start it again"
        }
    }

    /// Stops what could not be stopped, again and again.
    func insist(on handle: ExternalHandle) async {
        while !Task.isCancelled, await stop(handle) != nil { try? await time.sleep(Self.retrying) }
    }

    /// Gives the name back to what had it, and has that loaded; `false` when it cannot be.
    ///
    /// - Throws: `start` when the server does not say whether it loads it.
    private func isRestored(
        _ before: ExternalHandle,
        _ repository: ModelRepository,
        _ server: RepositoryServer
    ) async throws -> Bool {
        let unknown: String?
        do {
            try await NIOThreadPool.singleton.runIfActive { try repository.publish(before.start) }
            unknown = try await server.load(before.model)
        } catch {
            logger.error(
                "what served cannot be loaded again",
                metadata: ["model": "\(before.model)", "why": "\(error)"]
            )
            return false
        }
        if let unknown { throw AgentError(.start, unknown) }
        logger.notice(
            "what served is loaded again",
            metadata: ["model": "\(before.model)", "start": "\(before.start)"]
        )
        return true
    }

    /// Removes the files of a start that is over.
    func discard(_ handle: ExternalHandle) async throws {
        let repository = repository(of: handle)
        try await turns.take(key(of: handle)) {
            try await NIOThreadPool.singleton.runIfActive { [files] in
                repository.remove(handle.start)
                repository.sweep(keeping: Set(try FileAccess.listing(files.replicas)))
            }
        }
    }

    /// Whether a start is of the same deployment, and from before another.
    private func isOlder(_ start: String, than other: String) -> Bool {
        guard let (deployment, attempt) = ReplicaTicket.parts(ofDirectory: start),
            let parts = ReplicaTicket.parts(ofDirectory: other)
        else { return false }
        return deployment == parts.deployment && attempt < parts.attempt
    }

    /// The newest start of the deployment before this one that had the public name on its server, and still has its files.
    private func predecessor(of handle: ExternalHandle) -> ExternalHandle? {
        guard let (deployment, attempt) = ReplicaTicket.parts(ofDirectory: handle.start) else { return nil }
        let repository = repository(of: handle)
        let before = FileAccess.names(in: files.replicas).compactMap {
            name -> (attempt: UInt64, handle: ExternalHandle)? in
            guard let parts = ReplicaTicket.parts(ofDirectory: name), parts.deployment == deployment,
                parts.attempt < attempt,
                repository.mark(of: repository.privateName(name)) != nil || repository.hasName(name),
                let one = ExternalHandle(in: files.replica(name)), one.phase == .published, one.boot == boot,
                one.model == handle.model, one.repository == handle.repository, one.address == handle.address,
                one.port == handle.port
            else { return nil }
            return (parts.attempt, one)
        }
        return before.max { $0.attempt < $1.attempt }?.handle
    }

    /// What names a public name on a server.
    private func key(of handle: ExternalHandle) -> Digest {
        Digest(of: "\(handle.address) \(handle.port) \(handle.model)".utf8)
    }

    /// Who listens where a server is asked; `nil` where the agent may not see it.
    private func listener(at server: RepositoryServer) -> ProcessIdentity? {
        let places = [server.place, "0.0.0.0:\(server.port)", "[::]:\(server.port)"]
        let listeners = ((try? TCPSockets.listeners(on: server.port)) ?? []).filter {
            places.contains($0.local.description)
        }
        return listeners.lazy.compactMap { SocketOwner.pid(of: $0.inode) }.first.flatMap { HostSystem.process($0) }
    }

    // MARK: After a start of the agent

    /// The model of a start of this boot that had the public name, and still has its files.
    func adoptable(in directory: String) -> ExternalHandle? {
        guard let handle = ExternalHandle(in: directory), handle.phase == .published, handle.boot == boot else {
            return nil
        }
        let repository = repository(of: handle)
        let isThere =
            repository.hasName(handle.start) || repository.mark(of: repository.privateName(handle.start)) != nil
        return isThere ? handle : nil
    }
}
