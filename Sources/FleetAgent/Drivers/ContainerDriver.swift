import DaemonKit
import Fleet
import Glibc
import Logging
import NIOCore
import NIOPosix
import ShimProtocol
import Synchronization

/// The `container` driver: each replica is a container of a name of its own at the host's Podman or Docker, found again by the
/// engine's id and its first process. Neither the agent's end nor a restart of Podman's service touches it.
struct ContainerDriver: Sendable {
    /// How often a process is looked at.
    private static let pace = Span(milliseconds: 200)
    /// How long an engine may take to note that a container has ended.
    private static let lastWord = Span.seconds(3)
    /// How long an engine may say nothing while it fetches: it unpacks, too.
    private static let silence = Span.seconds(600)
    /// Who may read models where a container's user is not the agent's.
    private static let reader = "muster"

    let files: AgentFiles
    /// What begins the names of this agent's containers, and their label.
    let name: String
    /// The host's name, for messages.
    let host: String
    /// Why no endpoint can lead to a container's own address; `nil` when one can.
    let bridgeRefusal: String?
    /// `--replica-user`; `nil` when it was not given.
    let user: ReplicaUser?
    let engine: ContainerEngine
    let logs: ContainerLogs
    let time: TimeSource
    let logger: Logger
    let boot: String

    // MARK: Before a start

    /// Why no container can be had here; `nil` when the engine can be asked.
    var refusal: String? {
        EngineSocket.refusal(of: engine.socket.path).map { reason in
            "driver container cannot be used on \(host): \(reason); install and start Podman (`systemctl enable --now "
                + "podman.socket`) or Docker and let the agent's user use its socket, or name it with --container-engine"
        }
    }

    /// What the engine can do, and everything that stands in the way of a revision. Blocks.
    ///
    /// - Parameter mustHave: whether the image must be there by now.
    func problems(
        with content: RevisionContent,
        mustHave: Bool
    ) -> (missing: [HostCapabilities.Feature: String], problems: [String]) {
        if let refusal { return ([:], [refusal]) }
        do {
            let image = try image(of: content)
            _ = try identity(content.runtime)
            var problems: [String] = []
            if content.runtime.container?.network == .bridge, let bridgeRefusal {
                problems.append(
                    "`network: bridge` cannot be used on \(host), since only a switch in the kernel leads clients to a container's "
                        + "own address: \(bridgeRefusal); put that right and start the agent again, or write `network: host`"
                )
            }
            if let count = content.resources?.accelerators {
                problems.append(
                    "resources.accelerators \(count) cannot be given to a container on \(host): its device files alone are of no use "
                        + "without the driver's libraries, which the engine adds (NVIDIA's container toolkit) and is not asked for "
                        + "yet; use a runtime of driver process or systemd, which sees the host's accelerators"
                )
            }
            let facts = try engine.facts()
            if mustHave, try !engine.has(image) {
                problems.append(
                    "image \(image.text) is not on \(host) any more: somebody has removed it (`podman image ls --digests` lists "
                        + "what is there); pull it there by hand, or apply the deployment again"
                )
            }
            return (facts.missing, problems)
        } catch  where error.code == .refused {
            return ([:], [error.message])
        } catch {
            return (
                [:],
                [
                    "driver container cannot be used on \(host): \(error); see to the engine (`systemctl status podman.socket "
                        + "docker`), or name its socket with --container-engine"
                ]
            )
        }
    }

    private func image(of content: RevisionContent) throws(AgentError) -> ImageReference {
        guard let settings = content.runtime.container, let image = ImageReference(settings.image) else {
            throw AgentError(
                .refused,
                "runtime '\(content.runtime.name)' names no image by its digest for driver container; write `container: {image: "
                    + "REGISTRY/NAME@sha256:…}`"
            )
        }
        return image
    }

    /// When the engine has said something last of a fetch.
    private final class Heard: Sendable {
        private let last: Mutex<Span>

        init(at: Span) { last = Mutex(at) }

        var lastAt: Span { last.withLock(\.self) }

        func say(at: Span) { last.withLock { $0 = at } }
    }

    /// Fetches the image where it is not there yet.
    ///
    /// - Parameter progress: hears how many bytes have come.
    func fetch(_ content: RevisionContent, progress: @escaping @Sendable (Int64) -> Void) async throws {
        let image = try image(of: content)
        let isThere = try await ContainerEngine.threads.runIfActive { [engine] in try engine.has(image) }
        guard !isThere else { return }
        logger.info("image fetched", metadata: ["image": "\(image.text)", "state": "begun"])
        let heard = Heard(at: time.elapsed())
        do {
            try await withThrowingTaskGroup(of: Void.self) { [engine, time, host] group in
                group.addTask {
                    try await engine.pull(image) { bytes in
                        heard.say(at: time.elapsed())
                        progress(bytes)
                    }
                }
                group.addTask {
                    // It ends by cancellation, or by a silence.
                    while true {
                        try await time.sleep(.seconds(1))
                        guard time.elapsed().milliseconds - heard.lastAt.milliseconds > Self.silence.milliseconds else {
                            continue
                        }
                        let silence = "the container engine has said nothing for \(Self.silence) on \(host)"
                        throw AgentError(.blobUnavailable, silence)
                    }
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch let error as AgentError {
            throw AgentError(
                .blobUnavailable,
                "image \(image.text) cannot be had on \(host): \(error.message); see that its registry answers from there (`podman "
                    + "pull` or `docker pull` says the same), or load the image there by hand (nothing was changed)",
                cause: error
            )
        }
        logger.info("image fetched", metadata: ["image": "\(image.text)", "state": "done"])
    }

    /// Whom a replica runs as, by numbers.
    func numbers(_ runtime: RuntimeProfile) -> (id: UInt32, group: UInt32) {
        if let written = runtime.container?.user,
            let numbers = RuntimeProfile.ContainerSettings.numbers(ofUser: written)
        {
            return (numbers.user, numbers.group)
        }
        return user.map { ($0.shim.id, $0.shim.group) } ?? (geteuid(), getegid())
    }

    /// Whom a replica runs as, and in whose group it reads its model; `nil` where it is the agent's own user.
    private func identity(
        _ runtime: RuntimeProfile
    ) throws(AgentError) -> (user: (id: UInt32, group: UInt32), reader: ReplicaUser?) {
        let numbers = numbers(runtime)
        if let user { return (numbers, user) }
        guard numbers.id != geteuid() else { return (numbers, nil) }
        guard geteuid() == 0, let reader = try? ReplicaUser(named: Self.reader) else {
            throw AgentError(
                .refused,
                "user \(numbers.id), whom the runtime names in container.user, cannot be let read its model on \(host): the agent "
                    + "has no group to share it with; start it with --replica-user (as root also: create a user "
                    + "'\(Self.reader)'), or leave container.user out"
            )
        }
        return (numbers, reader)
    }

    // MARK: A replica's life

    /// Makes and starts a container. Blocks for as long as the engine takes.
    ///
    /// - Parameters:
    ///   - arguments: the program and its arguments.
    ///   - environment: `NAME=value` each.
    ///   - model: the bundle as the agent keeps it.
    ///   - directory: the replica's.
    func start(
        _ content: RevisionContent,
        ticket: ReplicaTicket,
        deployment: String,
        arguments: [String],
        environment: [String],
        model: String,
        directory: String,
        logLimit: Int64
    ) throws(AgentError) -> ContainerHandle {
        guard let settings = content.runtime.container else { throw AgentError(.refused, "the runtime names no image") }
        let (user, reader) = try identity(content.runtime)
        try reader?.share(model)
        let group = reader?.shim.group
        let request = ContainerRequest(
            settings: settings,
            arguments: arguments,
            environment: environment,
            user: user,
            groups: group == user.group ? [] : [group].compactMap(\.self),
            published: Dictionary(
                ticket.ports.compactMap { name, port in ticket.inside?[name].map { ($0, port) } },
                uniquingKeysWith: min
            ),
            model: model,
            resources: content.resources,
            stop: content.runtime.stop,
            labels: [
                ContainerEngine.agentLabel: name, ContainerEngine.startLabel: ticket.directoryName,
                "muster.deployment": deployment, "muster.revision": "\(ticket.revision.number)",
            ],
            logLimit: logLimit
        )
        let named = "\(name)-\(ticket.directoryName)"
        // Of a start that nobody has heard of.
        try engine.remove(named)
        let id = try engine.create(request, name: named)
        do throws(AgentError) {
            try engine.start(id)
            guard let state = try engine.state(of: id) else {
                throw AgentError(.start, "the container engine does not know the container that it has just started")
            }
            guard let pid = state.pid, let child = HostSystem.process(pid) else {
                let last = logs.last(of: id).map { "; it said: \($0)" } ?? ""
                throw AgentError(.start, "\(state.ending ?? "its process cannot be seen from here")\(last)")
            }
            let address = try settings.network == .bridge ? address(in: state) : nil
            let handle = ContainerHandle(
                id: id,
                began: state.state.startedAt,
                child: child,
                boot: boot,
                startedAt: time.now().milliseconds,
                address: address
            )
            try FileAccess.replace("\(directory)/\(ContainerHandle.file)", with: Array(handle.text.utf8))
            return handle
        } catch {
            try? engine.remove(id)
            throw error
        }
    }

    /// Where a bridged container is reached from here.
    private func address(in state: ContainerState) throws(AgentError) -> IPv4Address {
        guard let address = state.address else {
            throw AgentError(
                .start,
                "the container engine at \(engine.socket.path) has given the container no IPv4 address on its default network, so "
                    + "that no endpoint can lead there; see to that network (`podman network inspect podman`, `docker network "
                    + "inspect bridge`), or write `network: host`"
            )
        }
        _ = try BridgeLink.to(address)
        return address
    }

    /// Waits until a container's first process has ended; says how, for people. Returns `nil` when the waiting was cancelled.
    func end(of container: ContainerHandle) async -> String? {
        while !Task.isCancelled {
            guard HostSystem.lives(container.child) else {
                await logs.settled(container)
                return await ending(of: container)
            }
            try? await time.sleep(Self.pace)
        }
        return nil
    }

    private func ending(of container: ContainerHandle) async -> String {
        let limit = time.elapsed().milliseconds + Self.lastWord.milliseconds
        repeat {
            let asked = try? await ContainerEngine.threads.runIfActive { [engine] in
                try engine.state(of: container.id)
            }
            guard let state = asked ?? nil else { break }
            // Another start of the same container is not ours.
            guard state.state.startedAt == container.began else { break }
            if let ending = state.ending { return ending }
            try? await time.sleep(Self.pace)
        } while time.elapsed().milliseconds < limit && !Task.isCancelled
        return "the container's process ended; how is not known, since the container engine does not say"
    }

    /// Signals a container, and kills it after the grace. Returns whether its process has ended.
    func stop(_ container: ContainerHandle, _ stop: RuntimeProfile.Stop, patience: Span) async -> Bool {
        await signal(container, stop.signal)
        if await hasEnded(container, within: stop.grace) { return true }
        guard !Task.isCancelled else { return false }
        await signal(container, "KILL")
        return await hasEnded(container, within: patience)
    }

    /// Through the engine; without it by itself, as far as the agent may.
    private func signal(_ container: ContainerHandle, _ signal: String) async {
        guard HostSystem.lives(container.child) else { return }
        do {
            try await ContainerEngine.threads.runIfActive { [engine] in try engine.kill(container.id, signal: signal) }
        } catch {
            guard HostSystem.lives(container.child) else { return }
            logger.error("the container engine did not signal", metadata: ["id": "\(container.id)", "why": "\(error)"])
            let numbers = ["KILL": SIGKILL, "INT": SIGINT, "QUIT": SIGQUIT]
            Glibc.kill(container.child.pid, numbers[signal] ?? SIGTERM)
        }
    }

    private func hasEnded(_ container: ContainerHandle, within limit: Span) async -> Bool {
        let deadline = time.elapsed().milliseconds + limit.milliseconds
        while HostSystem.lives(container.child) {
            guard time.elapsed().milliseconds < deadline, !Task.isCancelled else { return false }
            try? await time.sleep(Self.pace)
        }
        return true
    }

    /// Ends what a start has left, and has the engine forget it.
    func discard(_ container: ContainerHandle) async throws {
        try await ContainerEngine.threads.runIfActive { [engine] in try engine.remove(container.id) }
    }

    // MARK: After a start of the agent

    /// The container of a start of this boot that lives.
    func adoptable(in directory: String) -> ContainerHandle? {
        guard let text = try? FileAccess.readText("\(directory)/\(ContainerHandle.file)"),
            let container = ContainerHandle(text: text), container.boot == boot, HostSystem.lives(container.child)
        else { return nil }
        return container
    }

    /// Ends the containers of starts that have no directory any more. Blocks.
    ///
    /// - Parameter deployment: only of this deployment; of all when `nil`.
    func sweep(deployment: String? = nil) throws(AgentError) {
        guard EngineSocket.refusal(of: engine.socket.path) == nil else { return }
        let start = deployment.map { ReplicaTicket.directoryName(deployment: $0, attempt: 0).dropLast() } ?? ""
        // The agent's start waits for it, and what serves is to be taken over soon.
        let left = try engine.containers(of: name, within: .seconds(2)).filter { $0.start.hasPrefix(start) }
        guard !left.isEmpty else { return }
        let known = Set(try FileAccess.listing(files.replicas))
        for container in left where !known.contains(container.start) {
            logger.warning("a container was left behind; it is ended", metadata: ["id": "\(container.id)"])
            try engine.remove(container.id, within: .seconds(5))
        }
    }
}
