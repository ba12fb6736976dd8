import DaemonKit
import Fleet
package import Logging
package import NIOCore

/// The agent of one host, put together.
package struct Agent: Sendable {
    private let files: AgentFiles
    private let supervisor: Supervisor
    private let link: ControllerLink
    private let answers: AnswerDesk
    private let endpoint: any EndpointSwitch
    private let telemetry: Telemetry?
    private let local: LocalServer
    private let manager: ServiceManager

    /// Puts an agent together.
    ///
    /// - Parameters:
    ///   - shim: the shim's program; the one beside the agent's own when `nil`.
    ///   - engine: the container engine's socket; the first of the usual ones that is there when `nil`.
    ///   - replicaUser: whom replicas run as; the agent's own user when `nil`.
    ///   - policy: what the controller may ask of this host.
    ///   - endpoint: whether endpoints are switched in the kernel.
    ///   - ready: what tells load balancers who answers.
    ///   - ports: what replicas get.
    ///   - telemetry: how often figures are read, and how much waits on the disk.
    ///   - quota: how much of the disk models may take.
    package init(
        files: AgentFiles,
        identity: AgentIdentity,
        shim: String? = nil,
        engine: String? = nil,
        replicaUser: ReplicaUser? = nil,
        policy: PolicyFile,
        endpoint: EndpointSetting = .auto,
        ready: ReadyFiles = ReadyFiles(),
        ports: PrivatePorts = .standard,
        telemetry: TelemetrySettings = TelemetrySettings(),
        quota: BlobQuota = .standard,
        group: any EventLoopGroup,
        logger: Logger
    ) throws(AgentError) {
        self.files = files
        manager = ServiceManager(logger: logger)
        try files.prepare()
        self.endpoint = try endpoint.endpointSwitch(files: files, ports: ports, logger: logger)
        let bulk = BulkConnection(identity: identity, logger: logger)
        let presence = ControllerPresence()
        supervisor = try Supervisor.assembled(
            files: files,
            settings: identity.settings,
            shim: shim,
            engine: engine,
            replicaUser: replicaUser,
            policy: policy,
            endpoint: self.endpoint,
            ready: ready,
            ports: ports,
            bindAddress: self.endpoint.refusal == nil ? HostAddress.all(like: identity.settings.address) : nil,
            source: ControllerBlobs(bulk: bulk),
            quota: quota,
            group: group,
            logger: logger
        )
        let inspector = HostInspector(
            settings: identity.settings,
            files: files,
            supervisor: supervisor,
            check: HostCheck(
                files: files,
                ports: ports,
                setting: endpoint,
                replicaUser: replicaUser?.name,
                policy: policy,
                engine: engine
            ),
            startedAt: TimeSource.system.now(),
            time: .system
        )
        answers = AnswerDesk(
            bulk: bulk,
            logger: logger,
            sources: AnswerSources(
                log: { [supervisor] in supervisor.log(of: $0) },
                inspection: { inspector.inspection() },
                revisions: { [supervisor] in supervisor.knownRevisions() },
                secrets: { [supervisor] in supervisor.driver.secretTexts($0) }
            )
        )
        link = ControllerLink(
            identity: identity,
            host: supervisor,
            presence: presence,
            answers: answers,
            logger: logger
        )
        local = LocalServer(
            path: files.socket,
            desk: LocalDesk(
                settings: identity.settings,
                host: supervisor,
                presence: presence,
                time: .system,
                logger: logger
            ),
            group: group,
            logger: logger
        )
        self.telemetry =
            telemetry.interval.milliseconds == 0
            ? nil
            : Telemetry(
                settings: telemetry,
                scraper: supervisor.scraper,
                directory: files.telemetry,
                uplink: TelemetryUplink(bulk: bulk, presence: presence),
                logger: logger
            )
    }

    /// Runs until its task is cancelled. Replicas go on.
    package func run() async throws {
        let lock = try AgentLock(files)
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { [link] in await link.run() }
            group.addTask { [answers] in await answers.run() }
            if let nftables = endpoint as? NftablesSwitch {
                group.addTask { await nftables.run(time: .system) }
            }
            group.addTask { [local] in await local.run() }
            if let telemetry { group.addTask { await telemetry.run() } }
            group.addTask { await CodePages.run(time: .system) }
            // Its first turn follows the journal's reading and the taking over of what was found.
            group.addTask { [manager, supervisor] in
                await manager.follow(turn: { await supervisor.leaseTurn() }, time: .system)
            }
            // It alone decides the end, by cancellation or a failure that leaves nothing to do: replicas are worth more
            // than any of the others.
            defer { group.cancelAll() }
            try await supervisor.run()
        }
        _ = consume lock
    }
}
