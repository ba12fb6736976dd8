import DaemonKit
import Fleet
import Glibc
import Logging
import NIOCore
import NIOPosix
import ShimProtocol

/// The `process` driver: each replica is a process that a shim holds, found again by its handle.
struct ProcessDriver: Sendable {
    /// A log that is longer than this is set aside before the next start, in bytes.
    private static let logLimit: Int64 = 16 << 20

    let files: AgentFiles
    let settings: AgentIdentity.Settings
    let launcher: ShimLauncher
    let ports: HostPorts
    let group: any EventLoopGroup
    let time: TimeSource
    let logger: Logger
    let boot = HostSystem.boot

    /// Whether the revision could be started here, once `owned` ports are given back.
    ///
    /// - Throws: `refused` with what stands in the way.
    func preflight(_ content: RevisionContent, endpoint: Endpoint?, owned: Set<UInt16>) throws(AgentError) {
        guard content.resources == nil, content.runtime.requires == nil else {
            throw AgentError(
                .refused,
                "this agent neither enforces 'resources' nor asks for what a runtime 'requires' yet; remove them"
            )
        }
        let texts = texts(content, deployment: "", ports: [:], directory: "")
        if let program = content.runtime.command.first {
            try checkProgram(program, searchPath: try texts.searchPath())
        }
        if let endpoint {
            guard content.runtime.ports.contains(endpoint.to) else {
                throw AgentError(
                    .refused,
                    "the endpoint leads to port '\(endpoint.to)', which runtime '\(content.runtime.name)' does not have"
                )
            }
            guard owned.contains(endpoint.port) || ports.isFree(endpoint.port) else {
                throw AgentError(
                    .refused,
                    "port \(endpoint.port) on \(settings.address) is taken by another program; nothing was changed: "
                        + "stop it (`ss -ltnp 'sport = :\(endpoint.port)'` names it) or choose another endpoint.port"
                )
            }
        }
    }

    /// Starts a process. Blocks for some milliseconds: not for an event loop.
    func start(
        _ content: RevisionContent,
        ticket: ReplicaTicket,
        deployment: String,
        modelDirectory: String
    ) throws(AgentError) -> RunningReplica {
        let texts = texts(content, deployment: deployment, ports: ticket.ports, directory: modelDirectory)
        let directory = files.replica(ticket.directoryName)
        FileAccess.remove(directory)
        try FileAccess.makeDirectory(directory)
        guard let bytes = try? JSONCoding.encode(ticket) else {
            throw AgentError(.start, "the ticket of \(deployment) cannot be written")
        }
        try FileAccess.replace("\(directory)/\(ReplicaTicket.file)", with: bytes)
        let log = "\(files.logs)/\(ticket.log ?? "\(deployment).log")"
        if let size = FileAccess.size(of: log), size > Self.logLimit { rename(log, "\(log).1") }
        let specification = ShimSpecification(
            directory: directory,
            log: log,
            workingDirectory: directory,
            arguments: try texts.command(),
            environment: try texts.environment(),
            boot: boot
        )
        do {
            let handle = try launcher.launch(specification)
            return RunningReplica(ticket: ticket, handle: handle, directory: directory)
        } catch {
            FileAccess.remove(directory)
            throw error
        }
    }

    /// Waits until a process has ended; says how, for people. Returns `nil` when the waiting was cancelled.
    func end(of replica: RunningReplica) async -> String? {
        while !Task.isCancelled {
            if let record = exitRecord(of: replica) { return text(of: record, replica) }
            if let connection = try? await connect(to: replica) {
                connection.send(.watch)
                for await reply in connection.replies {
                    guard case .exited(let record) = reply else { continue }
                    connection.close()
                    return text(of: record, replica)
                }
                connection.close()
                if Task.isCancelled { return nil }
            }
            // The shim has gone. It leaves a record, unless it was killed: then nobody holds its child any more.
            if let record = exitRecord(of: replica) { return text(of: record, replica) }
            guard HostSystem.lives(replica.handle.shim) else {
                kill(replica)
                return "its shim was killed, and the process with it"
            }
            try? await time.sleep(Span(milliseconds: 200))
        }
        return nil
    }

    /// Drains, signals, and kills after the grace. Returns when the process has ended.
    func stop(_ replica: RunningReplica, _ stop: RuntimeProfile.Stop) async {
        if stop.drain.milliseconds > 0 { try? await time.sleep(stop.drain) }
        let signal: Int32 =
            switch stop.signal {
            case "INT": SIGINT
            case "QUIT": SIGQUIT
            default: SIGTERM
            }
        if let connection = try? await connect(to: replica) {
            connection.send(.stop(signal: signal, grace: stop.grace.milliseconds))
            // Read until the shim is there no more: it stays while the child does.
            connection.send(.watch)
            for await reply in connection.replies { if case .exited = reply { break } }
            connection.close()
        }
        _ = await end(of: replica)
    }

    /// The processes of this boot that live, newest attempt first; what remains of others is removed.
    func found() async -> [RunningReplica] {
        var found: [RunningReplica] = []
        for name in FileAccess.names(in: files.replicas) {
            let directory = files.replica(name)
            if let replica = await adoptable(in: directory) {
                found.append(replica)
            } else {
                FileAccess.remove(directory)
            }
        }
        return found.sorted { $0.ticket.attempt > $1.ticket.attempt }
    }

    /// Forgets a process that has ended.
    func discard(_ replica: RunningReplica) {
        ports.release(key: replica.ticket.directoryName)
        FileAccess.remove(replica.directory)
    }

    /// Kills a process group whose shim is gone; only if the process is still the same one.
    func kill(_ replica: RunningReplica) {
        guard replica.handle.boot == boot, HostSystem.lives(replica.handle.child) else { return }
        Glibc.kill(-replica.handle.child.pid, SIGKILL)
    }

    /// The texts of a revision on this host.
    func texts(
        _ content: RevisionContent,
        deployment: String,
        ports: [String: UInt16],
        directory: String
    ) -> ReplicaTexts {
        ReplicaTexts(
            content: content,
            deployment: deployment,
            modelDirectory: directory,
            hostName: settings.name,
            address: settings.address,
            ports: ports
        )
    }

    private func adoptable(in directory: String) async -> RunningReplica? {
        guard let bytes = try? FileAccess.read("\(directory)/\(ReplicaTicket.file)"),
            let ticket = try? JSONCoding.decode(ReplicaTicket.self, from: bytes),
            let text = try? FileAccess.readText("\(directory)/\(ShimFiles.handle)"),
            let handle = ShimHandle(text: text), handle.boot == boot
        else { return nil }
        let replica = RunningReplica(ticket: ticket, handle: handle, directory: directory)
        guard HostSystem.lives(handle.child) else { return nil }
        guard HostSystem.lives(handle.shim) else {
            logger.warning("a replica has lost its shim; it is stopped", metadata: ["pid": "\(handle.child.pid)"])
            kill(replica)
            return nil
        }
        return replica
    }

    private func connect(to replica: RunningReplica) async throws -> ShimConnection {
        try await ShimConnection.connect(to: "\(replica.directory)/\(ShimFiles.socket)", group: group)
    }

    private func exitRecord(of replica: RunningReplica) -> ShimExitRecord? {
        guard let text = try? FileAccess.readText("\(replica.directory)/\(ShimFiles.exit)") else { return nil }
        return ShimExitRecord(text: text)
    }

    private func text(of record: ShimExitRecord, _ replica: RunningReplica) -> String {
        let how =
            switch record.exit {
            case .code(let code): "the process ended with exit code \(code)"
            case .signal(let signal): "the process was ended by signal \(signal)"
            }
        guard let log = replica.ticket.log.map({ "\(files.logs)/\($0)" }),
            let last = FileAccess.lastLine(of: log)
        else { return how }
        return "\(how); the last line of \(log): \(last)"
    }

    private func checkProgram(_ program: String, searchPath path: String) throws(AgentError) {
        guard !program.contains("{") else { return }
        let candidates =
            program.contains("/") ? [program] : path.split(separator: ":").map { "\($0)/\(program)" }
        guard !candidates.contains(where: { access($0, X_OK) == 0 }) else { return }
        throw AgentError(
            .refused,
            "'\(program)' is not installed on \(settings.name): it is not in PATH (\(path)); install it, "
                + "or set PATH in the runtime's environment"
        )
    }
}
