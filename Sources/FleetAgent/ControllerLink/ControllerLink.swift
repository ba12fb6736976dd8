package import DaemonKit
import Fleet
import FleetProtocol
import FleetSecurity
package import Logging
import NIOCore
import RPCTransport
import SessionLifecycle
import Synchronization

/// The control connection: dials, greets, keeps the session, and dials again, as long as it runs.
package final class ControllerLink: Sendable {
    private let identity: AgentIdentity
    private let dialer: ControllerDialer
    private let host: any LinkedHost
    private let presence: ControllerPresence
    private let answers: AnswerDesk?
    private let time: TimeSource
    private let random: RandomSource
    private let logger: Logger
    private let machine: String
    /// Tells this process from another that has its identity.
    private let run: String
    /// The newest status made by this process.
    private let statusSequence = Mutex<UInt64>(0)

    /// A link that has not dialled.
    ///
    /// - Parameters:
    ///   - presence: is told whether there is a session.
    ///   - machine: the machine id.
    ///   - answers: gets what the controller asks for; a host without it is not asked.
    package init(
        identity: AgentIdentity,
        host: any LinkedHost,
        presence: ControllerPresence = ControllerPresence(),
        answers: AnswerDesk? = nil,
        machine: String = HostSystem.machine,
        time: TimeSource = .system,
        random: RandomSource = .system,
        logger: Logger
    ) {
        self.identity = identity
        self.host = host
        self.presence = presence
        self.answers = answers
        self.time = time
        self.random = random
        self.logger = logger
        self.machine = machine
        run = random.bytes(8).map { String($0, radix: 16) }.joined(separator: "-")
        dialer = ControllerDialer(identity: identity, time: time, logger: logger)
    }

    /// Runs until its task is cancelled. The controller's absence is no error: the host goes on.
    package func run() async {
        var backoff = ReconnectBackoff()
        while !Task.isCancelled {
            var wait: Span?
            let began = steady()
            do {
                let ending = try await session()
                if ending.wasWelcome { backoff.sessionEnded(after: steady() - began) }
                wait = ending.reconnectAfter
                logger.notice("session over", metadata: ["why": "\(ending.why)"])
            } catch {
                let why = (error as? RPCStatus)?.message ?? "\(error)"
                logger.warning("controller not reached", metadata: ["why": "\(why)"])
            }
            if wait == nil { wait = backoff.attemptFailed(random: chance()) }
            guard let wait, (try? await time.sleep(wait)) != nil else { return }
        }
    }

    private func session() async throws -> SessionEnding {
        let connection = try await dialer.connect()
        defer { connection.close() }
        let duplex = try await connection.openStream(path: LinkMethod.session)
        defer {
            presence.sessionEnded()
            answers?.sessionLost()
        }
        let conversation = SessionConversation(
            duplex: duplex,
            host: host,
            presence: presence,
            answers: answers,
            machine: AgentSession(statusSequence: statusSequence.withLock { $0 }),
            now: steady,
            logger: logger
        )
        try await duplex.send(await hello().buffer())
        let ending = await withTaskGroup(of: SessionEnding?.self) { group in
            group.addTask { await conversation.listen() }
            group.addTask { await self.lease(conversation) }
            group.addTask {
                for await _ in self.host.changes() { await conversation.hostChanged() }
                return nil
            }
            group.addTask { await self.keepCertificateFresh(on: connection) }
            defer { group.cancelAll() }
            for await ending in group {
                if let ending { return ending }
            }
            return SessionEnding(why: "cancelled", wasWelcome: false, reconnectAfter: nil)
        }
        duplex.cancel()
        let newest = await conversation.statusSequence
        statusSequence.withLock { $0 = newest }
        host.sessionLost(silence: steady() - (await conversation.lastHeard))
        return ending
    }

    private func hello() async -> WireFromAgent {
        var message = WireFromAgent()
        message.hello.protocolMin = LinkProtocol.oldest
        message.hello.protocolMax = LinkProtocol.newest
        message.hello.capabilities = LinkProtocol.capabilities & (answers == nil ? ~LinkProtocol.requests : .max)
        message.hello.instanceID = identity.settings.instance
        message.hello.machineID = machine
        message.hello.boot = host.boot
        message.hello.run = run
        message.hello.agentVersion = BuildInfo.version
        message.hello.assignment = WireAssignmentVersion(await host.newestAssignment())
        message.hello.statusSequence = statusSequence.withLock { $0 }
        return message
    }

    /// Sends leases; gives the session up when nothing was heard for as long as a lease lives.
    private func lease(_ conversation: SessionConversation) async -> SessionEnding? {
        while !Task.isCancelled {
            let rule = LeaseRule(interval: await conversation.leaseInterval ?? .seconds(5))
            let now = steady()
            let next = rule.nextLease(after: now, random: chance())
            guard (try? await time.sleep(next - now)) != nil else { return nil }
            if steady() - (await conversation.lastHeard) > rule.timeToLive {
                return SessionEnding(
                    why: "the controller has not answered for \(rule.timeToLive)",
                    wasWelcome: await conversation.leaseInterval != nil,
                    reconnectAfter: nil
                )
            }
            await conversation.leaseDue(progress: await host.leaseTurn())
        }
        return nil
    }

    /// Renews the certificate once half of its life is over, however long the session lasts.
    private func keepCertificateFresh(on connection: RPCClientConnection) async -> SessionEnding? {
        while !Task.isCancelled {
            await renewIfDue(on: connection)
            guard (try? await time.sleep(.seconds(3600))) != nil else { return nil }
        }
        return nil
    }

    private func renewIfDue(on connection: RPCClientConnection) async {
        do {
            try identity.writeHeldCertificate()
            guard try CertificateFacts(pem: identity.certificatePEM()).halfLife <= time.now() else { return }
            try await CertificateRenewal(identity: identity).renew(on: connection)
            logger.info("certificate renewed")
        } catch {
            logger.warning("certificate not renewed, or not written", metadata: ["why": "\(error)"])
        }
    }

    /// A time that does not follow the steps of the wall clock.
    private func steady() -> Instant { Instant(milliseconds: time.elapsed().milliseconds) }

    /// Uniform in 0 ..< 1.
    private func chance() -> Double {
        var random = random
        return Double.random(in: 0..<1, using: &random)
    }
}
