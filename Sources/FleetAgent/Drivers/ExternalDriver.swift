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
    }

    /// Where a runtime's server listens.
    func address(of settings: RuntimeProfile.ExternalSettings) -> String {
        switch settings.address {
        case .loopback: "127.0.0.1"
        case .host: address
        }
    }

    private func server(_ address: String, _ port: UInt16) -> RepositoryServer {
        RepositoryServer(http: HTTPProbe(address: address, group: group), port: port)
    }

    private func server(of settings: RuntimeProfile.ExternalSettings) -> RepositoryServer {
        server(address(of: settings), settings.ports.http)
    }

    private func server(of handle: ExternalHandle) -> RepositoryServer { server(handle.address, handle.port) }

    private func repository(of handle: ExternalHandle) -> ModelRepository {
        ModelRepository(path: handle.repository, model: handle.model, agent: name)
    }

    /// Why a deployment may not have a public name on a server; `nil` when it may.
    private func refusal(
        of repository: ModelRepository,
        at server: RepositoryServer,
        to deployment: String
    ) -> String? {
        if let refusal = repository.refusal(to: deployment, on: host) { return refusal }
        guard let mark = repository.mark(of: repository.model),
            let other = ExternalHandle(in: files.replica(mark.start)).map({ self.server(of: $0) }),
            other.place != server.place
        else { return nil }
        return
            "the model '\(repository.model)' in \(repository.path) on \(host) is loaded by the server at \(other.place), and the runtime "
            + "names the one at \(server.place): give that a repository of its own, or remove the deployment from this host first"
    }

    // MARK: Before anything moves

    /// What stands in the way of a revision.
    ///
    /// - Parameters:
    ///   - bundle: the model's directory, once it is here.
    ///   - isAwaited: whether a server that does not answer is none of it: it is waited for.
    func problems(
        with content: RevisionContent,
        deployment: String,
        bundle: String?,
        isAwaited: Bool
    ) async throws -> [String] {
        guard let settings = content.runtime.external else {
            return ["runtime '\(content.runtime.name)' does not say which server holds its models"]
        }
        if let problem = Self.problem(withNameOf: content) { return [problem] }
        let repository = ModelRepository(path: settings.repository, model: content.model.name, agent: name)
        let server = server(of: settings)
        var problems = try await NIOThreadPool.singleton.runIfActive { [host] in
            self.problems(of: repository, at: server, deployment: deployment)
                + (bundle.map { Self.problems(withBundle: $0, of: content, repository: repository, host: host) } ?? [])
        }
        if let golden = content.probe, ReplicaProbe.path(golden.path, asking: "", insteadOf: content.model.name) == nil
        {
            problems.append(
                "the golden probe asks '\(golden.path)', which does not name model '\(content.model.name)', so that a version cannot "
                    + "be asked before it has that name: write /v2/models/\(content.model.name)/infer"
            )
        }
        do {
            switch try await server.index() {
            case .absent where isAwaited, .silent where isAwaited: break
            case .absent(let why), .silent(let why):
                problems.append(
                    "the server at \(server.place) on \(host) does not answer: \(why); start it, or correct 'external' in "
                        + "runtime '\(content.runtime.name)'"
                )
            case .said(let index):
                guard index.isHeld(content.model.name), !repository.exists(content.model.name) else { break }
                problems.append(
                    "the server at \(server.place) on \(host) holds a model '\(content.model.name)' that is not out of "
                        + "\(settings.repository): unload it, or correct 'external.repository'"
                )
            }
        } catch let error as AgentError {
            problems.append(error.message)
        }
        return problems
    }

    /// The name becomes a directory's, and a part of what the server is asked: nobody but manifests has looked at it.
    private static func problem(withNameOf content: RevisionContent) -> String? {
        NameRule.problem(withName: content.model.name).map {
            "'\(content.model.name.prefix(80))' is no name of a model (\($0)): see what the controller sends"
        }
    }

    private func problems(
        of repository: ModelRepository,
        at server: RepositoryServer,
        deployment: String
    ) -> [String] {
        if let problem = Self.refusal(of: repository.path) {
            return [
                "models cannot be put into \(repository.path) on \(host): \(problem); make it a directory that the agent's user "
                    + "(\(HostSystem.user)) alone may write and the server's user may read, or correct 'external.repository'"
            ]
        }
        return [refusal(of: repository, at: server, to: deployment)].compactMap(\.self)
    }

    /// Why nothing can be put into a directory; `nil` when it can. Who else can change it could have the agent write elsewhere, and
    /// the server load what was not proven.
    static func refusal(of path: String) -> String? {
        FileAccess.obstacle(toWritingInto: path) ?? FileTrust.exposure(of: path)
    }

    private static func problems(
        withBundle bundle: String,
        of content: RevisionContent,
        repository: ModelRepository,
        host: String
    ) -> [String] {
        var problems: [String] = []
        let model = content.model
        let names = FileAccess.names(in: bundle)
        if !names.contains(where: { UInt($0) != nil }) {
            problems.append(
                "the files of \(model.name) \(model.version) are no model of a repository: they hold no directory of a version, "
                    + "like 1/; push the model's own directory, with \(ModelConfiguration.file) and 1/ at its top"
            )
        }
        let text = try? FileAccess.readText("\(bundle)/\(ModelConfiguration.file)")
        if let written = text.flatMap({ $0 }).flatMap(ModelConfiguration.name(in:)) {
            problems.append(
                "\(ModelConfiguration.file) of \(model.name) \(model.version) says that the model is called '\(written)', and a "
                    + "version is loaded under another name first: remove its line `name:`, and push the version again"
            )
        }
        let bytes = ModelRepository.bytes(in: bundle)
        if let free = try? SystemDisk().free(at: repository.path), free < bytes {
            problems.append(
                "\(repository.path) on \(host) has \(ByteQuantity(bytes: free)) free, and a copy of \(model.name) "
                    + "\(model.version) takes \(ByteQuantity(bytes: bytes)): free some, or move the repository"
            )
        }
        return problems
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

    /// Removes what a start has left with its server that is not published; nothing where there is none.
    ///
    /// - Parameter limit: how long the server may take to hear of it: one that still loads it does that first.
    func abandon(start: String, within limit: TimeAmount = RepositoryServer.unloading) async {
        guard let handle = ExternalHandle(in: files.replica(start)), handle.phase == .proving else { return }
        let repository = repository(of: handle)
        let privateName = repository.privateName(handle.start)
        do {
            try await server(of: handle).unload(privateName, within: limit)
        } catch {
            logger.warning(
                "a model is left behind in its server",
                metadata: ["model": "\(privateName)", "why": "\(error)"]
            )
        }
        _ = try? await NIOThreadPool.singleton.runIfActive { [files] in
            repository.remove(handle.start)
            FileAccess.remove(files.replica(handle.start))
        }
    }

    /// Gives a proven version the public name, and has the server load it.
    ///
    /// - Throws: `start` when the server does not; then what served has its name again, and serves.
    func publish(_ proven: ExternalHandle) async throws -> ExternalHandle {
        try await turns.take(key(of: proven)) {
            var handle = proven
            handle.phase = .published
            let published = handle
            let repository = repository(of: handle)
            let server = server(of: handle)
            do {
                try await NIOThreadPool.singleton.runIfActive { [files] in
                    // Another deployment may have come first while this one was proven.
                    if let deployment = repository.mark(of: repository.privateName(published.start))?.deployment,
                        let refusal = refusal(of: repository, at: server, to: deployment)
                    {
                        throw AgentError(.refused, refusal)
                    }
                    try published.write(in: files.replica(published.start))
                    try repository.publish(published.start)
                    repository.sweep(keeping: Set(try FileAccess.listing(files.replicas)))
                }
                if let unknown = try await server.load(handle.model) {
                    try await takeBack(published, from: server)
                    throw AgentError(.start, unknown)
                }
            } catch {
                try? await NIOThreadPool.singleton.runIfActive {
                    if repository.hasName(published.start), let before = predecessor(of: published) {
                        try repository.publish(before.start)
                    }
                    repository.remove(published.start)
                    FileAccess.remove(files.replica(published.start))
                }
                throw error
            }
            return handle
        }
    }

    /// Loads what a start took the place of, or unloads the start's model until it is gone.
    private func takeBack(_ handle: ExternalHandle, from server: RepositoryServer) async throws {
        if let before = predecessor(of: handle), await restored(before, repository(of: handle), server) { return }
        try await server.unload(handle.model)
        try await gone(handle.model, at: server)
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
                if case .said(let index)? = index, !index.isReady(handle.model) {
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
    /// - Returns: why it is not gone, for people.
    func stop(_ handle: ExternalHandle) async -> String? {
        do {
            try await turns.take(key(of: handle)) {
                let repository = repository(of: handle)
                let isOver = try await NIOThreadPool.singleton.runIfActive {
                    repository.mark(of: handle.model) != nil && !repository.hasName(handle.start)
                }
                // Another one has the name by now: nothing of this one is loaded.
                guard !isOver else { return }
                try await takeBack(handle, from: server(of: handle))
            }
            return nil
        } catch {
            return Task.isCancelled ? nil : "\(error)"
        }
    }

    private func restored(
        _ before: ExternalHandle,
        _ repository: ModelRepository,
        _ server: RepositoryServer
    ) async -> Bool {
        do {
            try await NIOThreadPool.singleton.runIfActive { try repository.publish(before.start) }
            if let unknown = try await server.load(before.model) { throw AgentError(.start, unknown) }
            logger.notice(
                "what served is loaded again",
                metadata: ["model": "\(before.model)", "start": "\(before.start)"]
            )
            return true
        } catch {
            logger.error(
                "what served cannot be loaded again",
                metadata: ["model": "\(before.model)", "why": "\(error)"]
            )
            return false
        }
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

    /// The newest start of the deployment before this one that had the public name on its server, and still has its files.
    private func predecessor(of handle: ExternalHandle) -> ExternalHandle? {
        guard let (deployment, attempt) = ReplicaTicket.parts(ofDirectory: handle.start) else { return nil }
        let repository = repository(of: handle)
        let before = FileAccess.names(in: files.replicas).compactMap {
            name -> (attempt: UInt64, handle: ExternalHandle)? in
            guard let parts = ReplicaTicket.parts(ofDirectory: name), parts.deployment == deployment,
                parts.attempt < attempt, repository.mark(of: repository.privateName(name)) != nil,
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
