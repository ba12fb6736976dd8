import DaemonKit
import Fleet
import Glibc
import Logging
import NIOCore
import NIOPosix
import ShimProtocol

/// Starts and holds replicas, each found again by its handle: the `process` driver's by itself, with a shim each, and those
/// of `systemd`, `container` and `external` through ``SystemdDriver``, ``ContainerDriver`` and ``ExternalDriver``.
struct ProcessDriver: Sendable {
    /// A log that is longer than this is rotated, in bytes: three files of it are kept.
    static let logLimit: Int64 = 16 << 20
    /// How often a process whose shim has gone is looked at.
    private static let orphanPace = Span(milliseconds: 200)
    /// How long a shim whose process has been killed may take to say so.
    private static let lastWord = Span.seconds(2)

    let files: AgentFiles
    let settings: AgentIdentity.Settings
    /// What `{host.address}` stands for: the host's own address, or all of them where endpoints are switched in the kernel.
    let bindAddress: String
    let launcher: ShimLauncher
    let ports: HostPorts
    let housing: ReplicaHousing
    let systemd: SystemdDriver
    let containers: ContainerDriver
    let external: ExternalDriver
    let reservations: HostReservations
    let requirements: RequirementCheck
    /// What the host lets the controller ask.
    let policy: PolicyFile
    let group: any EventLoopGroup
    let time: TimeSource
    let logger: Logger
    let boot: String
    /// How long after its grace a process may take to end before it is killed past its shim.
    var patience = Span.seconds(10)

    /// Starts a process. Blocks for some milliseconds: not for an event loop.
    func start(
        _ content: RevisionContent,
        ticket: ReplicaTicket,
        deployment: String,
        modelDirectory: String
    ) throws(AgentError) -> RunningReplica {
        try housing.sweep(deployment: ticket.deployment)
        try systemd.sweep(deployment: ticket.deployment)
        // An engine that does not answer must not keep other drivers' replicas from starting.
        if content.runtime.driver == .container { try containers.sweep(deployment: ticket.deployment) }
        let directory = files.replica(ticket.directoryName)
        FileAccess.remove(directory)
        try FileAccess.makeDirectory(directory)
        do throws(AgentError) {
            guard let bytes = try? JSONCoding.encode(ticket) else {
                throw AgentError(.start, "the ticket of \(deployment) cannot be written")
            }
            try FileAccess.replace("\(directory)/\(ReplicaTicket.file)", with: bytes)
            let handle: ReplicaHandle =
                switch content.runtime.driver {
                case .process:
                    .shim(
                        try launcher.launch(specification(content, ticket, deployment, modelDirectory, in: directory))
                    )
                case .systemd:
                    .unit(
                        try systemd.start(
                            content,
                            ticket: ticket,
                            deployment: deployment,
                            specification: specification(content, ticket, deployment, modelDirectory, in: directory),
                            model: modelDirectory
                        )
                    )
                case .container:
                    .container(try startContainer(content, ticket, deployment, modelDirectory, in: directory))
                case .external: throw AgentError(.start, "a server that runs already is not started")
                }
            return RunningReplica(ticket: ticket, handle: handle, directory: directory)
        } catch {
            try? housing.end(ticket.directoryName)
            FileAccess.remove(directory)
            throw error
        }
    }

    /// Everything that the shim is told, with what it needs made.
    private func specification(
        _ content: RevisionContent,
        _ ticket: ReplicaTicket,
        _ deployment: String,
        _ modelDirectory: String,
        in directory: String
    ) throws(AgentError) -> ShimSpecification {
        let isUnit = content.runtime.driver == .systemd
        let seen = isUnit ? UnitProperties.seen(modelDirectory) : modelDirectory
        let texts = texts(content, deployment: deployment, ports: ticket.ports, directory: seen)
        let log = "\(files.logs)/\(ticket.log ?? "\(deployment).log")"
        let written = try texts.environment { (name, path) throws(AgentError) in try secret(name, path) }
        var arguments = try texts.command()
        guard let program = file(of: arguments[0], searchPath: try texts.searchPath()) else {
            throw AgentError(
                .refused,
                "'\(arguments[0])' has gone from \(settings.name) since it was looked for; install it"
            )
        }
        arguments[0] = program
        if isUnit {
            let place = systemd.workingDirectory(of: ticket)
            // Its user, groups and limits are the unit's.
            return ShimSpecification(
                directory: directory,
                log: log,
                workingDirectory: place,
                arguments: arguments,
                environment: housing.environment(
                    written,
                    name: ticket.directoryName,
                    workingDirectory: place,
                    isApart: true
                ),
                boot: boot
            )
        }
        let place = try housing.workingDirectory(in: directory)
        try housing.user?.share(modelDirectory)
        if content.runtime.bundle?.install == .directory, let directory = files.runtime(of: content.runtime) {
            try housing.user?.share(directory)
        }
        return ShimSpecification(
            directory: directory,
            log: log,
            workingDirectory: place,
            arguments: arguments,
            environment: housing.environment(written, name: ticket.directoryName, workingDirectory: place),
            boot: boot,
            user: housing.user?.shim,
            groups: try housing.groups.create(ticket.directoryName, limits: content.resources),
            openFiles: content.resources?.openFiles.map { UInt64($0) },
            logLimit: Self.logLimit
        )
    }

    /// Nothing of the agent's own environment is a container's: the image has one.
    private func startContainer(
        _ content: RevisionContent,
        _ ticket: ReplicaTicket,
        _ deployment: String,
        _ modelDirectory: String,
        in directory: String
    ) throws(AgentError) -> ContainerHandle {
        let texts = texts(
            content,
            deployment: deployment,
            ports: ticket.inside ?? ticket.ports,
            directory: modelDirectory
        )
        let environment = try texts.environment(inherited: [:]) { (name, path) throws(AgentError) in
            try secret(name, path)
        }
        return try containers.start(
            content,
            ticket: ticket,
            deployment: deployment,
            arguments: try texts.command(),
            environment: environment,
            model: modelDirectory,
            directory: directory,
            logLimit: Self.logLimit
        )
    }

    /// Waits until a process has ended; says how, for people. Returns `nil` when the waiting was cancelled.
    func end(of replica: RunningReplica) async -> String? {
        switch replica.handle {
        case .shim(let handle): return await end(of: replica, handle)
        case .unit(let unit):
            let how = await systemd.end(of: unit, log: log(of: replica), limit: Self.logLimit)
            return how.map { withLastLine($0, replica) }
        case .container(let container): return await end(of: replica, container)
        case .external(let handle): return await external.end(of: handle)
        }
    }

    private func end(of replica: RunningReplica, _ container: ContainerHandle) async -> String? {
        let log = log(of: replica)
        let how = await withTaskGroup(of: String?.self) { [containers] group in
            if let log {
                group.addTask {
                    await containers.logs.follow(
                        container,
                        log: log,
                        directory: replica.directory,
                        limit: Self.logLimit
                    )
                    return nil
                }
            }
            group.addTask { await containers.end(of: container) }
            // Its words end before it does, or with it.
            var how: String?
            while how == nil, !Task.isCancelled, let next = await group.next() { how = next }
            group.cancelAll()
            return how
        }
        return how.map { withLastLine($0, replica) }
    }

    private func end(of replica: RunningReplica, _ handle: ShimHandle) async -> String? {
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
            // The shim has gone. It leaves a record, unless it was killed: then its child serves on, held by nobody.
            if let record = exitRecord(of: replica) { return text(of: record, replica) }
            if !HostSystem.lives(handle.shim), !HostSystem.lives(handle.child) {
                let memory = memoryText(of: replica).map { ": \($0)" } ?? ""
                return "the process ended; how is not known, since its shim was killed before\(memory)"
            }
            try? await time.sleep(Self.orphanPace)
        }
        return nil
    }

    /// Drains, signals, and kills after the grace, past its shim if that does not do it. Returns when the process has
    /// ended, at the latest some seconds after `patience`: the kernel may not let a process go.
    ///
    /// - Returns: why it has not ended, for people. Then it keeps everything that it holds until it does; `end` waits for it.
    func stop(_ replica: RunningReplica, _ stop: RuntimeProfile.Stop) async -> String? {
        if stop.drain.milliseconds > 0 { try? await time.sleep(stop.drain) }
        switch replica.handle {
        case .shim(let handle): return await self.stop(replica, handle, stop)
        case .unit(let unit):
            let limit = Span(milliseconds: stop.grace.milliseconds + patience.milliseconds)
            guard await systemd.stop(unit, within: limit) || Task.isCancelled else {
                reservations.note(unending: replica.ticket.directoryName)
                return unending(replica)
            }
            _ = await end(of: replica)
            return nil
        case .container(let container):
            guard await containers.stop(container, stop, patience: patience) || Task.isCancelled else {
                reservations.note(unending: replica.ticket.directoryName)
                return unending(replica)
            }
            _ = await end(of: replica)
            return nil
        case .external(let handle): return await external.stop(handle)
        }
    }

    /// Waits until what could not be stopped has ended.
    func outlast(_ replica: RunningReplica) async {
        guard case .external(let handle) = replica.handle else { return _ = await end(of: replica) }
        await external.insist(on: handle)
    }

    private func stop(
        _ replica: RunningReplica,
        _ handle: ShimHandle,
        _ stop: RuntimeProfile.Stop
    ) async -> String? {
        let signal: Int32 =
            switch stop.signal {
            case "INT": SIGINT
            case "QUIT": SIGQUIT
            default: SIGTERM
            }
        var hasEnded = false
        if let connection = try? await connect(to: replica) {
            connection.send(.stop(signal: signal, grace: stop.grace.milliseconds))
            // Read until the shim is there no more: it stays while the child does. One that is stopped says nothing.
            connection.send(.watch)
            let limit = TimeAmount.milliseconds(stop.grace.milliseconds + patience.milliseconds)
            let deadline = group.next().scheduleTask(in: limit) { connection.close() }
            for await reply in connection.replies {
                guard case .exited = reply else { continue }
                hasEnded = true
                break
            }
            deadline.cancel()
            connection.close()
            if !HostSystem.lives(handle.shim), isOurs(replica), !Task.isCancelled {
                await stopOrphan(replica, signal: signal, grace: stop.grace)
            }
        } else if isOurs(replica) {
            await stopOrphan(replica, signal: signal, grace: stop.grace)
        }
        let isHeld = isOurs(replica) || HostSystem.lives(handle.shim)
        if !hasEnded, isHeld, exitRecord(of: replica) == nil, !Task.isCancelled {
            await force(replica, handle)
            if isOurs(replica), !Task.isCancelled {
                reservations.note(unending: replica.ticket.directoryName)
                return unending(replica)
            }
        }
        _ = await end(of: replica)
        return nil
    }

    /// What is known of a process that was killed and lives.
    private func unending(_ replica: RunningReplica) -> String {
        let pid = replica.handle.child.pid
        let status = (try? FileAccess.readText("/proc/\(pid)/status")) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("State:") }
        let state = line.map { $0.dropFirst(6).filter { $0 != "\t" } } ?? "unknown"
        return "process \(pid) of revision \(replica.ticket.revision.number) does not end on \(settings.name): it was "
            + "killed, and the kernel does not let it go (its state is \(state)), so what it holds is not free, and nothing is "
            + "started in its place; see what it waits for (`cat /proc/\(pid)/stack`: a device or a remote file system, as "
            + "a rule) and put that right, or restart the host; it goes on by itself when the process has ended"
    }

    /// The processes of this boot that live, newest attempt first; what remains of others is removed.
    ///
    /// - Throws: `files` when nobody can tell what runs: then nothing may be begun either.
    func found() async throws(AgentError) -> [RunningReplica] {
        var found: [RunningReplica] = []
        for name in try FileAccess.listing(files.replicas) {
            let directory = files.replica(name)
            if await external.abandon(start: name, within: ExternalDriver.hearing) { continue }
            if let replica = await adoptable(in: directory) {
                let ticket = replica.ticket
                reservations.hold(ticket.resources, deployment: ticket.deployment, start: ticket.directoryName)
                found.append(replica)
            } else {
                await external.forget(start: name)
                FileAccess.remove(directory)
            }
        }
        do {
            try await NIOThreadPool.singleton.runIfActive { [housing, systemd] in
                try housing.sweep()
                try systemd.sweep()
            }
        } catch {
            logger.warning("what was left behind cannot be ended", metadata: ["why": "\(error)"])
        }
        do {
            try await ContainerEngine.threads.runIfActive { [containers] in try containers.sweep() }
        } catch {
            logger.warning("containers that were left behind cannot be ended", metadata: ["why": "\(error)"])
        }
        return found.sorted { $0.ticket.attempt > $1.ticket.attempt }
    }

    /// Forgets a process that has ended, and ends what it has left behind.
    func discard(_ replica: RunningReplica) async {
        release(replica.ticket)
        do {
            switch replica.handle {
            case .unit(let unit):
                try await NIOThreadPool.singleton.runIfActive { [systemd] in try systemd.discard(unit) }
            case .container(let container): try await containers.discard(container)
            case .external(let handle): try await external.discard(handle)
            case .shim: break
            }
            try housing.end(replica.ticket.directoryName)
        } catch {
            logger.warning("a replica cannot be cleared away", metadata: ["why": "\(error)"])
        }
        FileAccess.remove(replica.directory)
    }

    /// Gives back what a start had.
    func release(_ ticket: ReplicaTicket) {
        ports.release(key: ticket.directoryName)
        reservations.release(start: ticket.directoryName)
    }

    /// Does what a shim would: signals the group, and kills it after the grace.
    private func stopOrphan(_ replica: RunningReplica, signal: Int32, grace: Span) async {
        Glibc.kill(-replica.handle.child.pid, signal)
        let deadline = time.elapsed().milliseconds + grace.milliseconds
        while isOurs(replica), time.elapsed().milliseconds < deadline, !Task.isCancelled {
            try? await time.sleep(Self.orphanPace)
        }
        if isOurs(replica), !Task.isCancelled { Glibc.kill(-replica.handle.child.pid, SIGKILL) }
    }

    /// Ends what its shim has not ended: the shim is stopped, or the kernel does not let the process go.
    private func force(_ replica: RunningReplica, _ handle: ShimHandle) async {
        logger.error(
            "a replica did not end in its time; it is killed past its shim",
            metadata: ["deployment": "\(replica.ticket.deployment)", "pid": "\(replica.handle.child.pid)"]
        )
        if isOurs(replica) { Glibc.kill(-replica.handle.child.pid, SIGKILL) }
        do {
            try await NIOThreadPool.singleton.runIfActive { [housing] in
                try housing.end(replica.ticket.directoryName)
            }
        } catch {
            logger.error("a replica cannot be ended", metadata: ["why": "\(error)"])
        }
        let end = time.elapsed().milliseconds + Self.lastWord.milliseconds
        while HostSystem.lives(handle.shim), time.elapsed().milliseconds < end, !Task.isCancelled {
            try? await time.sleep(Self.orphanPace)
        }
        // It has no process to hold any more, and does not notice.
        if !isOurs(replica), HostSystem.lives(handle.shim) { Glibc.kill(handle.shim.pid, SIGKILL) }
    }

    /// Whether the process lives and is still the one that was started: a number of an earlier boot means nothing.
    private func isOurs(_ replica: RunningReplica) -> Bool {
        replica.handle.boot == boot && HostSystem.lives(replica.handle.child)
    }

    /// The texts of a revision on this host.
    func texts(
        _ content: RevisionContent,
        deployment: String,
        ports: [String: UInt16],
        directory: String,
        alias: String? = nil
    ) -> ReplicaTexts {
        ReplicaTexts(
            content: content,
            modelName: alias,
            deployment: deployment,
            modelDirectory: directory,
            runtimeDirectory: files.runtime(of: content.runtime),
            hostName: settings.name,
            // What is behind an address of its own is reached by that alone.
            address: content.runtime.container?.network == .bridge ? "0.0.0.0" : bindAddress,
            ports: ports
        )
    }

    private func adoptable(in directory: String) async -> RunningReplica? {
        guard let bytes = try? FileAccess.read("\(directory)/\(ReplicaTicket.file)"),
            let ticket = try? JSONCoding.decode(ReplicaTicket.self, from: bytes)
        else { return nil }
        if let unit = systemd.adoptable(in: directory) {
            return RunningReplica(ticket: ticket, handle: .unit(unit), directory: directory)
        }
        if let container = containers.adoptable(in: directory) {
            return RunningReplica(ticket: ticket, handle: .container(container), directory: directory)
        }
        if let handle = external.adoptable(in: directory) {
            return RunningReplica(ticket: ticket, handle: .external(handle), directory: directory)
        }
        guard let text = try? FileAccess.readText("\(directory)/\(ShimFiles.handle)"),
            let handle = ShimHandle(text: text), handle.boot == boot, HostSystem.lives(handle.child)
        else { return nil }
        let replica = RunningReplica(ticket: ticket, handle: .shim(handle), directory: directory)
        if !HostSystem.lives(handle.shim) {
            logger.warning("a replica has lost its shim; it serves on", metadata: ["pid": "\(handle.child.pid)"])
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
        let cause = [how, memoryText(of: replica), processText(of: replica)].compactMap(\.self).joined(separator: ": ")
        return withLastLine(cause, replica)
    }

    private func log(of replica: RunningReplica) -> String? { replica.ticket.log.map { "\(files.logs)/\($0)" } }

    private func withLastLine(_ cause: String, _ replica: RunningReplica) -> String {
        guard let log = log(of: replica), let last = FileAccess.lastLine(of: log) else { return cause }
        return "\(cause); the last line of \(log): \(last)"
    }

    private func memoryText(of replica: RunningReplica) -> String? {
        guard housing.groups.memoryKills(in: replica.ticket.directoryName) > 0 else { return nil }
        let limit = replica.ticket.resources?.memory.map { "its limit of \($0)" } ?? "what the host has"
        return
            "out of memory: the kernel killed it because it needed more than \(limit); raise resources.memory, or give "
            + "the model server less to hold"
    }

    private func processText(of replica: RunningReplica) -> String? {
        guard let limit = replica.ticket.resources?.processes else { return nil }
        let count = housing.groups.processRefusals(in: replica.ticket.directoryName)
        return count > 0
            ? "it was refused a process \(count) times at its limit of \(limit) (resources.processes)" : nil
    }
}
