import DaemonKit
import Fleet
import Logging
import NIOCore
import ReplicaLifecycle

/// The supervising loop: owner of one machine a deployment, of the journal, and of everything that machines order.
///
/// One loop takes one event after the other; what takes time runs in tasks of its group, whose results are events again.
/// When its task is cancelled the replicas go on: the next agent finds them.
package final class Supervisor: Sendable {
    /// What others may ask for: bounded by what they can have under way, a few for each of 64 replicas.
    private static let mailboxLimit = 4096

    let files: AgentFiles
    private let worker: ReplicaWorker
    private let keeper: WayBackKeeper
    private let policyWatch: PolicyWatch
    private let takeoverWatch: TakeoverWatch
    private let ready: ReadyFiles
    /// Reads the figures of what runs here.
    let scraper: FigureScraper
    let driver: ProcessDriver
    let bundles: BundleStore
    let board: HostBoard
    let desk: EndpointDesk
    let group: any EventLoopGroup
    let time: TimeSource
    let logger: Logger
    private let disk: any AgentDisk
    private let events: AsyncStream<SupervisorEvent>
    private let mailbox: AsyncStream<SupervisorEvent>.Continuation

    /// A loop that has not started.
    init(
        files: AgentFiles,
        driver: ProcessDriver,
        bundles: BundleStore,
        board: HostBoard,
        endpoint: any EndpointSwitch,
        ready: ReadyFiles,
        group: any EventLoopGroup,
        time: TimeSource,
        disk: any AgentDisk,
        logger: Logger
    ) {
        let (events, mailbox) = AsyncStream.makeStream(
            of: SupervisorEvent.self,
            bufferingPolicy: .bufferingOldest(Self.mailboxLimit)
        )
        self.files = files
        self.ready = ready
        self.driver = driver
        self.bundles = bundles
        self.board = board
        self.group = group
        self.time = time
        self.disk = disk
        self.logger = logger
        self.events = events
        self.mailbox = mailbox
        let http = HTTPProbe(address: driver.settings.address, group: group)
        let targets = ScrapeTargets()
        scraper = FigureScraper(
            targets: targets,
            reported: { board.replica($0)?.instance?.pid },
            http: http,
            directory: files.directory,
            time: time,
            logger: logger
        )
        let tell: @Sendable (String, ReplicaEvent) -> Void = { mailbox.yield(.replica(deployment: $0, $1)) }
        let desk = EndpointDesk(
            kernel: endpoint,
            notice: ready.notice,
            ports: driver.ports,
            time: time,
            logger: logger,
            name: { board.replica($0)?.name ?? $0 },
            mayTakeOver: { board.record($0)?.mayTakeOver($1) == true },
            tell: tell
        )
        self.desk = desk
        let runtimes = RuntimeStore(bundles: bundles, driver: driver, logger: logger)
        worker = ReplicaWorker(
            driver: driver,
            bundles: bundles,
            runtimes: runtimes,
            http: http,
            targets: targets,
            time: time,
            logger: logger,
            drain: ReplicaDrain(desk: desk, time: time, logger: logger, tell: tell),
            takeover: { deployment, port in
                PortTakeover(
                    isGranted: board.record(deployment)?.mayTakeOver(port) == true,
                    refusal: endpoint.refusal
                )
            },
            tell: tell
        )
        let keeper = WayBackKeeper(
            bundles: bundles,
            runtimes: runtimes,
            time: time,
            logger: logger,
            unmetRequirement: { [driver] in try await driver.unmetRequirement(of: $0) },
            tell: { mailbox.yield(.wayBackChecked($0, $1)) }
        )
        self.keeper = keeper
        takeoverWatch = TakeoverWatch(
            host: driver.settings.name,
            records: { board.records },
            others: { try TCPSockets.others(on: $0) },
            tell: { board.put(warnings: $0, about: .ports) },
            time: time
        )
        policyWatch = PolicyWatch(
            policy: driver.policy,
            driver: driver,
            board: board,
            time: time,
            logger: logger,
            changed: { keeper.again() }
        )
    }

    /// A loop with its files, drivers and probes.
    ///
    /// - Parameters:
    ///   - shim: the shim's program; the one beside the agent's own when `nil`.
    ///   - engine: the container engine's socket; the first of the usual ones that is there when `nil`.
    ///   - replicaUser: whom replicas run as; the agent's own user when `nil`.
    ///   - policy: what the controller may ask of this host.
    ///   - groups: where replicas are bounded; found here when `nil`.
    ///   - endpoint: what moves stable ports; by default nothing does.
    ///   - ready: what tells load balancers who answers.
    ///   - ports: what replicas get.
    ///   - bindAddress: what they bind; the host's own address when `nil`.
    ///   - source: where blobs come from.
    ///   - quota: how much of the disk models may take.
    ///   - disk: what the journal, the blobs and the bundles stand on.
    /// - Throws: `files` or `start`.
    static func assembled(
        files: AgentFiles,
        settings: AgentIdentity.Settings,
        shim: String? = nil,
        engine: String? = nil,
        replicaUser: ReplicaUser? = nil,
        policy: PolicyFile,
        groups: ControlGroups? = nil,
        endpoint: any EndpointSwitch = UnavailableEndpointSwitch(reason: "--endpoint is off"),
        ready: ReadyFiles = ReadyFiles(),
        ports: PrivatePorts = .standard,
        bindAddress: String? = nil,
        source: any BlobSource,
        quota: BlobQuota = .standard,
        group: any EventLoopGroup,
        time: TimeSource = .system,
        disk: any AgentDisk = SystemDisk(),
        logger: Logger
    ) throws(AgentError) -> Supervisor {
        try files.prepare(on: disk)
        let blobs = BlobStore(files: files, disk: disk, source: source, time: time, logger: logger)
        let housing = try ReplicaHousing(
            files: files,
            instance: settings.instance,
            user: replicaUser,
            groups: groups,
            logger: logger
        )
        var facts = HostSystem.facts(address: settings.address, capabilities: housing.capabilities)
        facts.endpointRefusal = endpoint.refusal
        let launcher = try ShimLauncher.beside(own: shim)
        let question = HostQuestion(launcher: launcher, directory: files.asks, user: housing.user, time: time)
        let boot = HostSystem.boot
        let socket = EngineSocket(path: engine ?? EngineSocket.found, group: group)
        let containers = ContainerEngine(socket: socket)
        return Supervisor(
            files: files,
            driver: ProcessDriver(
                files: files,
                settings: settings,
                bindAddress: bindAddress ?? settings.address,
                launcher: launcher,
                ports: HostPorts(address: bindAddress ?? settings.address, range: ports.range),
                housing: housing,
                systemd: SystemdDriver(
                    files: files,
                    prefix: "\(housing.name)-",
                    user: housing.user,
                    launcher: launcher,
                    time: time,
                    logger: logger,
                    boot: boot
                ),
                containers: ContainerDriver(
                    files: files,
                    name: housing.name,
                    host: settings.name,
                    bridgeRefusal: endpoint.refusal
                        ?? (settings.address.contains(":")
                            ? "this host was enrolled with the IPv6 address \(settings.address), and the container's is an IPv4 one"
                            : nil),
                    user: housing.user,
                    engine: containers,
                    logs: ContainerLogs(engine: containers, launcher: launcher, time: time, logger: logger),
                    time: time,
                    logger: logger,
                    boot: boot
                ),
                external: ExternalDriver(
                    files: files,
                    name: housing.name,
                    host: settings.name,
                    address: settings.address,
                    group: group,
                    time: time,
                    logger: logger,
                    boot: boot
                ),
                reservations: HostReservations(),
                requirements: RequirementCheck(question: question, host: settings.name),
                policy: policy,
                group: group,
                time: time,
                logger: logger,
                boot: boot
            ),
            bundles: BundleStore(files: files, blobs: blobs, quota: quota, logger: logger),
            board: HostBoard(facts: facts),
            endpoint: endpoint,
            ready: ready,
            group: group,
            time: time,
            disk: disk,
            logger: logger
        )
    }

    /// Hands an event to the loop; `false` when the loop has ended, or is so far behind that it must not get more.
    func tell(_ event: SupervisorEvent) -> Bool {
        if case .enqueued = mailbox.yield(event) { true } else { false }
    }

    /// Runs until its task is cancelled.
    ///
    /// - Throws: `AgentError` when the journal cannot be read: without it nothing may be changed.
    package func run() async throws {
        defer {
            mailbox.finish()
            driver.housing.groups.leave()
        }
        var turns = SupervisorTurns(
            board: board,
            journal: try Journal(path: files.journal, disk: disk),
            means: desk.kernel.refusal == nil ? .switched : .bound,
            time: time,
            logger: logger
        )
        let found = try await driver.found()
        let pointed = await desk.read()
        await withDiscardingTaskGroup { tasks in
            tasks.addTask { [keeper] in await keeper.run() }
            tasks.addTask { [policyWatch] in await policyWatch.run() }
            tasks.addTask { [driver] in await driver.external.run() }
            if desk.kernel.refusal == nil { tasks.addTask { [takeoverWatch] in await takeoverWatch.run() } }
            var timer: Scheduled<Void>?
            tasks.addTask { [desk] in await desk.run() }
            begin(turns.begin(found: found, pointed: pointed), &tasks, &timer)
            for await event in events { begin(turns.take(event), &tasks, &timer) }
            timer?.cancel()
            tasks.cancelAll()
        }
    }

    /// Begins what a turn has ordered.
    private func begin(
        _ effects: [SupervisorEffect],
        _ tasks: inout DiscardingTaskGroup,
        _ timer: inout Scheduled<Void>?
    ) {
        for effect in effects {
            switch effect {
            case .wake(let span):
                timer?.cancel()
                timer = span.map { span in
                    group.next().scheduleTask(in: .milliseconds(span.milliseconds)) { [mailbox] in
                        mailbox.yield(.timer)
                    }
                }
            case .holdPorts(let ports, let key): driver.ports.hold(ports, key: key)
            case .forget(let deployment): driver.reservations.forget(deployment: deployment)
            case .keep(let keep):
                bundles.collector.keep(keep)
                tasks.addTask { [bundles] in await bundles.collector.collect() }
            case .ready(let names): ready.show(names, logger)
            case .point(let aim, let deployment): desk.take(aim, of: deployment)
            case .tidyEndpoints: tasks.addTask { [desk] in await desk.tidy() }
            case .keepWaysBack(let ways): keeper.keep(ways)
            case .work(let work): tasks.addTask { [worker] in await worker.perform(work) }
            }
        }
    }
}
