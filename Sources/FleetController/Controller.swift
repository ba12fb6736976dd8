package import DaemonKit
package import Fleet
package import FleetSecurity
import FleetStore
package import Logging
import RPCTransport
import SessionLifecycle
import Synchronization

/// The controller: everything that it owns, put together. Its owner runs its parts and then closes it.
package final class Controller: Sendable {
    /// What operators can ask.
    package let operations: FleetOperations
    /// What the operator port presents.
    package let apiCredentials: ServerCredentials
    /// Where the first admin's credentials are.
    package let credentialsPath: String
    /// The digest of the authority's certificate.
    package let authorityDigest: Digest

    private let settings: ControllerSettings
    private let time: TimeSource
    private let lock: ControllerLock
    private let store: FleetDatabase
    private let history: TelemetryDatabase
    private let keeper: TelemetryKeeper
    private let directory: HostDirectory
    private let planning: PlanningLoop
    private let wake: WakeUp
    private let link: HostLink
    private let server: RPCServer
    private let sweep: LivenessSweep
    private let term: UInt64
    private let logger: Logger
    private let listenerRenewal: Mutex<Instant>
    private static let listenerLife = Span(milliseconds: CertificateAuthority.serverValidity.milliseconds / 2)

    /// Opens a data directory: reads or makes the authority, the store and the first admin; loads the hosts.
    ///
    /// - Parameter limits: how much hosts are asked at once while people wait.
    /// - Throws: `ControllerError`, `SecurityError`, `FleetStoreError`, each with what to do.
    package init(
        settings: ControllerSettings,
        time: TimeSource = .system,
        random: RandomSource = .system,
        limits: HostRequestLimits = HostRequestLimits(),
        logger: Logger
    ) async throws {
        self.settings = settings
        self.time = time
        self.logger = logger
        let (origin, began) = (time.now(), time.elapsed())
        let environment = ControllerEnvironment(
            now: time.now,
            steady: { origin + Span(milliseconds: time.elapsed().milliseconds - began.milliseconds) },
            freshID: { Self.hexadecimal(random.bytes(16)) }
        )
        let now = environment.now()
        listenerRenewal = Mutex(now + Self.listenerLife)
        let files = try ControllerFiles(directory: settings.dataDirectory)
        lock = try ControllerLock(directory: settings.dataDirectory)
        let authority = try files.authority(trustDomain: "muster-\(environment.freshID().prefix(12))", now: now)
        authorityDigest = authority.digest
        credentialsPath = files.credentials
        store = try FleetDatabase(path: files.database, elapsed: time.elapsed)
        history = try TelemetryDatabase(path: files.telemetry)
        let telemetry = TelemetryMemory(now: time.now, elapsed: time.elapsed)
        keeper = TelemetryKeeper(memory: telemetry, store: history, time: time, logger: logger)
        let record = try await store.begin(id: environment.freshID(), now: now)
        term = record.term
        let url = "https://\(Self.dialled(settings.apiHost)):\(settings.apiPort)"
        try await Self.makeFirstAdmin(files, url: url, authority: authority.digest, in: store, now: now, term: term)

        directory = HostDirectory()
        try await Self.load(store, into: directory, at: now)
        wake = WakeUp()
        let rule = LeaseRule(interval: settings.leaseInterval)
        let restore = RestoreWatch(record, decidedFrom: rule.amnesty(after: now))
        let inbox = HostInbox(wake: wake)
        let blobs = try BlobDirectory(root: files.blobs)
        let planning = PlanningLoop(
            store: store,
            directory: directory,
            restore: restore,
            inbox: inbox,
            wake: wake,
            environment: environment,
            term: term,
            logger: logger
        )
        self.planning = planning
        let requests = HostRequests(limits: limits, freshID: environment.freshID, time: time)
        let enrolment = Enrolment(
            store: store,
            directory: directory,
            authority: authority,
            environment: environment,
            term: term,
            renewWithin: settings.renewWithin,
            keyless: try await store.read { try $0.hostsWithUnknownKey(at: now) },
            logger: logger
        ) { [directory] host in
            directory.add(HostEntry(host: host, assignment: nil, report: nil, outbox: 0, lastHeard: nil))
            logger.info("host enrolled", metadata: ["host": "\(host.name)", "id": "\(host.id)"])
            planning.hostChanged(host.id)
        }
        let link = HostLink(
            directory: directory,
            inbox: inbox,
            blobs: blobs,
            telemetry: telemetry,
            requests: requests,
            enrolment: enrolment,
            environment: environment,
            leaseRule: rule,
            trustDomain: authority.trustDomain,
            restore: restore,
            logger: logger
        ) { entry in planning.hostChanged(entry.id) }
        self.link = link
        sweep = LivenessSweep(
            directory: directory,
            rule: rule,
            startedAt: now,
            elapsed: time.elapsed(),
            logger: logger
        )
        let agentCredentials = try Self.credentials(for: settings.agentHost, settings, authority, now)
        apiCredentials = try Self.credentials(for: settings.apiHost, settings, authority, now)
        server = RPCServer(
            configuration: Self.configuration(settings, agentCredentials, authority),
            service: link,
            logger: logger
        )
        operations = FleetOperations(
            store: store,
            directory: directory,
            blobs: blobs,
            authority: authority,
            planning: planning,
            environment: environment,
            term: term,
            telemetry: telemetry,
            requests: requests,
            leases: { link.leases },
            version: BuildInfo.version
        )
    }

    /// The bound port of the agent link; 0 before it runs.
    package var agentPort: Int { server.localPort }

    /// Binds the agent port, so that its failure is the start's failure.
    ///
    /// - Throws: `ControllerError` `unavailable` with the reason.
    package func start() async throws {
        do {
            try await server.start()
        } catch {
            throw ControllerError(
                .unavailable,
                "cannot listen for agents on \(settings.agentHost):\(settings.agentPort): \(error.message)",
                hint: "stop what listens there, or choose another: --listen-agents HOST:PORT"
            )
        }
    }

    /// What runs, besides the operator port.
    package var parts: [DaemonPart] {
        [
            DaemonPart(name: "planning") { [self] in
                await GracefulShutdown.during({ await planning.run() }, onRequest: { [wake] in wake.finish() })
            },
            DaemonPart(name: "liveness") { [self] in
                do {
                    try await GracefulShutdown.cancelling { [self] in try await watchLeases() }
                } catch is CancellationError {}
            },
            DaemonPart(name: "telemetry") { [self] in
                do {
                    try await GracefulShutdown.cancelling { [self] in try await keeper.run() }
                } catch is CancellationError {}
            },
            DaemonPart(name: "agent link") { [self] in
                logger.info("listening for agents", metadata: ["port": "\(server.localPort)"])
                try? await GracefulShutdown.requested()
                link.sayGoodbyeToAll()
                await server.shutdownGracefully(deadline: .seconds(5))
            },
        ]
    }

    /// Closes the store; call it when nothing runs any more.
    package func close() async {
        do {
            try await store.close()
        } catch {
            logger.error("the store could not be closed", metadata: ["why": "\(error)"])
        }
        await keeper.write()
        do {
            try await history.close()
        } catch {
            logger.error("the store of figures could not be closed", metadata: ["why": "\(error)"])
        }
        lock.release()
    }

    private func watchLeases() async throws {
        let environment = planning.environment
        var nextSave = environment.steady() + .seconds(30)
        var storeWatch = StoreWatch()
        while true {
            try await time.sleep(.seconds(1))
            let (now, steady) = (time.now(), environment.steady())
            if store.trouble != nil { await store.probe(Change(actor: "controller", now: now, term: term)) }
            if let line = storeWatch.turn(store.trouble, at: now) {
                logger.log(level: line.level, line.message, metadata: line.metadata)
            }
            planning.retry()
            renewListener(now)
            for entry in sweep.turn(now: steady, elapsed: time.elapsed()) { planning.hostChanged(entry.id) }
            guard steady >= nextSave else { continue }
            nextSave = steady + .seconds(30)
            let shift = environment.toTimeOfDay
            var heard: [String: Instant] = [:]
            for entry in directory.all { heard[entry.id] = entry.lastHeard.map { $0 + shift } }
            let seen = heard
            do {
                try await store.write(Change(actor: "controller", now: now, term: term)) { try $0.saveLastSeen(seen) }
            } catch {
                logger.log(
                    level: .ofFailedWrite(error),
                    "when hosts were last seen could not be stored",
                    metadata: ["why": "\(error)"]
                )
            }
        }
    }

    /// The agent port's certificate is replaced at half its life; the operator port's with each start.
    private func renewListener(_ now: Instant) {
        let isDue = listenerRenewal.withLock { due in
            guard now >= due else { return false }
            due = now + Self.listenerLife
            return true
        }
        guard isDue else { return }
        do {
            let credentials = try Self.credentials(for: settings.agentHost, settings, operations.authority, now)
            try server.replaceTLS(Self.configuration(settings, credentials, operations.authority).tls)
            logger.info("the agent port's certificate was renewed")
        } catch {
            logger.error("the agent port's certificate was not renewed", metadata: ["why": "\(error)"])
        }
    }

    /// - Parameter now: nobody was heard later, though the time of day was ahead.
    private static func load(_ store: FleetDatabase, into directory: HostDirectory, at now: Instant) async throws {
        let ends = try await store.read { try $0.certificateEnds() }
        let known = try await store.read { reader in
            try reader.hosts().map { record in
                (
                    record, try reader.assignment(of: record.host.id),
                    try reader.newestOutcome(of: record.host.id, instance: record.host.instance)
                )
            }
        }
        for (record, assignment, outbox) in known {
            let entry = HostEntry(
                host: record.host,
                assignment: assignment,
                report: record.report,
                outbox: outbox,
                lastHeard: record.lastSeen.map { min($0, now) }
            )
            if let end = ends[record.host.id] { entry.certified(until: end) }
            directory.add(entry)
        }
    }

    private static func makeFirstAdmin(
        _ files: ControllerFiles,
        url: String,
        authority: Digest,
        in store: FleetDatabase,
        now: Instant,
        term: UInt64
    ) async throws {
        guard try await store.read({ try $0.operatorTokens().isEmpty }) else { return }
        let token = try files.firstAdmin(url: url, authority: authority)
        try await store.write(Change(actor: "controller", reason: "first start", now: now, term: term)) {
            try $0.putOperatorToken(
                OperatorRecord(hash: token.secretHash, name: "admin", role: .admin, createdAt: now)
            )
        }
    }

    private static func configuration(
        _ settings: ControllerSettings,
        _ credentials: ServerCredentials,
        _ authority: CertificateAuthority
    ) -> RPCServerConfiguration {
        var configuration = RPCServerConfiguration(
            host: settings.agentHost,
            port: settings.agentPort,
            tls: RPCServerTLS(
                certificateChainPEM: Array(credentials.certificateChainPEM.utf8),
                privateKeyPEM: Array(credentials.keyPEM.utf8),
                clientTrustRootsPEM: Array(authority.certificatePEM.utf8)
            )
        )
        configuration.threads = settings.threads
        return configuration
    }

    /// Every listener bears the name `muster-controller`, which agents ask for whatever address they dial: the fleet's
    /// own authority signs it for controllers only.
    private static func credentials(
        for host: String,
        _ settings: ControllerSettings,
        _ authority: CertificateAuthority,
        _ now: Instant
    ) throws -> ServerCredentials {
        var names = ["muster-controller", "localhost"]
        var addresses = ["127.0.0.1", "::1"]
        for name in [host] + settings.names where name != "0.0.0.0" && name != "::" {
            let isAddress = name.contains(":") || name.allSatisfy { $0.isNumber || $0 == "." }
            if isAddress, !addresses.contains(name) { addresses.append(name) }
            if !isAddress, !names.contains(name) { names.append(name) }
        }
        return try authority.issueServer(names: names, addresses: addresses, now: now)
    }

    private static func dialled(_ host: String) -> String {
        host == "0.0.0.0" || host == "::" ? "localhost" : host.contains(":") ? "[\(host)]" : host
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
