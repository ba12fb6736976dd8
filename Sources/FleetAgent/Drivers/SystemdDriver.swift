import DaemonKit
import Fleet
import Glibc
import Logging
import NIOPosix
import ShimProtocol
import Synchronization

/// The `systemd` driver: each replica is a transient unit of a name of its own in `muster.slice`. It is found again by its
/// process and the boot; the invocation tells whether what systemd says of the unit is said of that process. Nothing that
/// happens to the agent touches it.
struct SystemdDriver: Sendable {
    /// How often a process is looked at.
    private static let pace = Span(milliseconds: 200)
    /// After how many looks its log is.
    private static let logPace = 10
    /// How long a unit that was killed may take to end.
    private static let lastWord = Span.seconds(2)
    /// Who may read models where systemd makes the user.
    private static let reader = "muster"

    let files: AgentFiles
    /// What begins the names of this agent's units.
    let prefix: String
    /// `--replica-user`; `nil` when it was not given.
    let user: ReplicaUser?
    let launcher: ShimLauncher
    let time: TimeSource
    let logger: Logger
    let boot: String
    private let units = SystemdUnits()
    private let proof = ProofMemory()

    private final class ProofMemory: Sendable {
        let proof = Mutex<SandboxProof?>(nil)
    }

    init(
        files: AgentFiles,
        prefix: String,
        user: ReplicaUser?,
        launcher: ShimLauncher,
        time: TimeSource,
        logger: Logger,
        boot: String
    ) {
        self.files = files
        self.prefix = prefix
        self.user = user
        self.launcher = launcher
        self.time = time
        self.logger = logger
        self.boot = boot
    }

    // MARK: Before a start

    /// What this host's systemd enforces; asked once.
    ///
    /// - Throws: `refused` when it starts nothing for this agent.
    func proven(host: String) async throws -> SandboxProof {
        if let known = proof.proof.withLock(\.self) { return known }
        guard !files.directory.contains(where: { " :\\\"".contains($0) }) else {
            throw AgentError(
                .refused,
                "driver systemd cannot be used on \(host): the agent's data directory '\(files.directory)' has a character "
                    + "that systemd takes for its own; move it to a path without spaces, colons and quotes"
            )
        }
        if let refusal = SystemdUnits.refusal {
            throw AgentError(
                .refused,
                "driver systemd cannot be used on \(host): \(refusal); let the agent do that, or use driver process"
            )
        }
        let found = try await NIOThreadPool.singleton.runIfActive { [units, prefix] in
            try SandboxProof(
                said: units.ask(
                    "\(prefix)asks.service",
                    properties: SandboxProof.properties,
                    command: ["/bin/sh", "-c", SandboxProof.script.replacing("$", with: "$$")]
                )
            )
        }
        proof.proof.withLock { $0 = found }
        return found
    }

    /// Everything that stands in the way of these settings.
    func problems(with settings: RuntimeProfile.SystemdSettings, proof: SandboxProof, host: String) -> [String] {
        var problems: [String] = []
        if settings.sandbox == .strict, let reason = proof.sandbox {
            problems.append(
                "the sandbox of driver systemd holds nothing back on \(host): \(reason); give the host what systemd needs for "
                    + "it, or write `systemd: {sandbox: off}` in the runtime"
            )
        }
        do throws(AgentError) {
            _ = try identity(settings)
        } catch {
            problems.append(error.message)
        }
        return problems
    }

    /// Whom a replica runs as, and in whose group it reads its model.
    func identity(_ settings: RuntimeProfile.SystemdSettings) throws(AgentError) -> (
        UnitProperties.User, ReplicaUser
    ) {
        let named: ReplicaUser? =
            switch settings.user {
            case nil: user
            case RuntimeProfile.SystemdSettings.dynamicUser?: nil
            case let name?: try Self.user(named: name)
            }
        if let named {
            guard !named.isRoot else {
                throw AgentError(
                    .refused,
                    "replicas do not run as root; name another user in the runtime's systemd.user"
                )
            }
            return (.named(named.name), named)
        }
        guard let reader = try? ReplicaUser(named: Self.reader) else {
            throw AgentError(
                .refused,
                "there is no user '\(Self.reader)' on this host, in whose group users that systemd makes read their model; create "
                    + "it (`useradd --system \(Self.reader)`), or name a user in the runtime's systemd.user"
            )
        }
        return (.dynamic(group: reader.shim.group), reader)
    }

    private static func user(named name: String) throws(AgentError) -> ReplicaUser {
        guard let user = try? ReplicaUser(named: name) else {
            throw AgentError(
                .refused,
                "there is no user '\(name)' on this host, whom the runtime names in systemd.user; create it "
                    + "(`useradd --system \(name)`), or name another"
            )
        }
        return user
    }

    // MARK: A replica's life

    /// The name of a start's unit, without `.service`.
    private func name(of ticket: ReplicaTicket) -> String { prefix + ticket.directoryName }

    /// Where a replica starts.
    func workingDirectory(of ticket: ReplicaTicket) -> String { "/run/\(name(of: ticket))" }

    /// Starts a unit. Blocks for some tens of milliseconds.
    ///
    /// - Parameters:
    ///   - specification: what `muster-shim --once` becomes inside of the unit.
    ///   - model: the bundle as the agent keeps it.
    func start(
        _ content: RevisionContent,
        ticket: ReplicaTicket,
        deployment: String,
        specification: ShimSpecification,
        model: String
    ) throws(AgentError) -> UnitHandle {
        let settings = content.runtime.systemd ?? .standard
        let (user, reader) = try identity(settings)
        try reader.share(model)
        let runtime = files.runtime(of: content.runtime)
        if let runtime, content.runtime.bundle?.install == .directory { try reader.share(runtime) }
        guard let bytes = specification.bytes else {
            throw AgentError(.refused, "an argument or variable of the replica holds a NUL; remove it from the runtime")
        }
        let written = "\(specification.directory)/\(ShimFiles.specification)"
        try FileAccess.replace(written, with: bytes)
        // For the agent alone, before systemd makes it for everybody.
        let log = open(specification.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard log >= 0 else { throw FileAccess.failure("write", specification.log) }
        close(log)
        let name = name(of: ticket)
        let properties = UnitProperties(
            user: user,
            sandbox: settings.sandbox,
            resources: content.resources,
            stop: content.runtime.stop,
            place: name,
            model: model,
            runtime: runtime.map { ($0, inside: files.directory) },
            specification: written,
            log: specification.log
        )
        let unit = "\(name).service"
        do throws(AgentError) {
            try units.start(
                unit,
                description: "Muster: \(deployment) (\(ticket.revision.number))",
                properties: properties.texts,
                command: [launcher.program, "--once", "-"]
            )
            let state = try units.state(of: unit)
            guard let pid = state.mainPID, let child = HostSystem.process(pid) else {
                let last = FileAccess.lastLine(of: specification.log).map { "; it said: \($0)" } ?? ""
                throw AgentError(.start, "\(state.ending ?? "the process ended at once")\(last)")
            }
            let handle = UnitHandle(
                unit: unit,
                invocation: state.invocation,
                child: child,
                boot: boot,
                startedAt: time.now().milliseconds
            )
            try FileAccess.replace("\(specification.directory)/\(UnitHandle.file)", with: Array(handle.text.utf8))
            return handle
        } catch {
            try? units.forget(unit)
            throw error
        }
    }

    /// Waits until a unit's process has ended; says how, for people. Returns `nil` when the waiting was cancelled.
    func end(of unit: UnitHandle, log: String?, limit: Int64) async -> String? {
        var looks = 0
        while !Task.isCancelled {
            guard HostSystem.lives(unit.child) else { return await ending(of: unit) }
            looks += 1
            if looks.isMultiple(of: Self.logPace), let log, (FileAccess.size(of: log) ?? 0) > limit {
                await rotate(log, limit: limit)
            }
            try? await time.sleep(Self.pace)
        }
        return nil
    }

    private func ending(of unit: UnitHandle) async -> String {
        let state = try? await NIOThreadPool.singleton.runIfActive { [units] in try units.state(of: unit.unit) }
        guard let state, state.invocation == unit.invocation, let ending = state.ending else {
            return "the process ended; how is not known, since systemd does not know \(unit.unit) any more"
        }
        return ending
    }

    private func rotate(_ log: String, limit: Int64) async {
        do {
            let shim = BoundedCommand(program: launcher.program)
            _ = try await NIOThreadPool.singleton.runIfActive { try shim.run(["--rotate", log, "\(limit)"]) }
        } catch {
            logger.warning("a log cannot be rotated", metadata: ["log": "\(log)", "why": "\(error)"])
        }
    }

    /// Asks a unit to stop, and kills it when that takes longer than it may. Returns whether its process has ended.
    func stop(_ unit: UnitHandle, within limit: Span) async -> Bool {
        await attempt("stop", unit) { units in try units.stop(unit.unit) }
        if await hasEnded(unit, within: limit) { return true }
        guard !Task.isCancelled else { return false }
        logger.error("a replica did not end in its time; its unit is killed", metadata: ["unit": "\(unit.unit)"])
        await attempt("kill", unit) { units in try units.kill(unit.unit) }
        return await hasEnded(unit, within: Self.lastWord)
    }

    private func hasEnded(_ unit: UnitHandle, within limit: Span) async -> Bool {
        let deadline = time.elapsed().milliseconds + limit.milliseconds
        while HostSystem.lives(unit.child) {
            guard time.elapsed().milliseconds < deadline, !Task.isCancelled else { return false }
            try? await time.sleep(Self.pace)
        }
        return true
    }

    /// What of it cannot be done is seen by what lives on.
    private func attempt(
        _ what: String,
        _ unit: UnitHandle,
        _ body: @escaping @Sendable (SystemdUnits) throws -> Void
    ) async {
        do {
            try await NIOThreadPool.singleton.runIfActive { [units] in try body(units) }
        } catch {
            logger.error(
                "systemd did not do as it was told",
                metadata: ["what": "\(what)", "unit": "\(unit.unit)", "why": "\(error)"]
            )
        }
    }

    /// Ends what a start has left, and has systemd forget it. Blocks.
    func discard(_ unit: UnitHandle) throws(AgentError) { try units.forget(unit.unit) }

    // MARK: After a start of the agent

    /// The unit of a start of this boot that lives.
    func adoptable(in directory: String) -> UnitHandle? {
        guard let text = try? FileAccess.readText("\(directory)/\(UnitHandle.file)"),
            let unit = UnitHandle(text: text), unit.boot == boot, HostSystem.lives(unit.child)
        else { return nil }
        return unit
    }

    /// Ends the units of starts that have no directory any more. Blocks.
    ///
    /// - Parameter deployment: only of this deployment; of all when `nil`.
    func sweep(deployment: String? = nil) throws(AgentError) {
        guard SystemdUnits.refusal == nil else { return }
        let start = deployment.map { ReplicaTicket.directoryName(deployment: $0, attempt: 0).dropLast() } ?? ""
        let left = try units.names(beginning: prefix + start)
        guard !left.isEmpty else { return }
        let known = Set(try FileAccess.listing(files.replicas).map { "\(prefix)\($0).service" })
        for name in left where !known.contains(name) {
            logger.warning("a unit was left behind; it is ended", metadata: ["unit": "\(name)"])
            try units.forget(name)
        }
    }
}
