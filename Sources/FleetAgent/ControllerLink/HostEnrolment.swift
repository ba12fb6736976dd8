package import DaemonKit
import Fleet
import FleetProtocol
import FleetSecurity
import FoundationEssentials
import Glibc
package import Logging
import NIOCore
import RPCTransport
import Synchronization

/// Makes this machine a host of a fleet: a key that never leaves it, and a certificate for it.
package struct HostEnrolment: Sendable {
    /// The controller's host name or address.
    package var controllerHost: String
    /// Its port for agents.
    package var controllerPort: Int
    /// What `muster host token create` printed.
    package var token: String
    /// Where the agent keeps everything.
    package var dataDirectory: String
    /// The host's name.
    package var name: String
    /// Labels that the token is expected to grant.
    package var labels: [String: String]
    /// The address that replicas bind and clients use.
    package var address: String
    /// Who is asked for a tunnel to the controller, now and later.
    package var proxy: ProxySetting?
    /// Whether a host that is enrolled already gets another identity, as one that was revoked or deleted. What it keeps and
    /// serves stays.
    package var isAgain: Bool

    /// An enrolment that has not begun.
    package init(
        controllerHost: String,
        controllerPort: Int,
        token: String,
        dataDirectory: String,
        name: String,
        labels: [String: String],
        address: String,
        proxy: ProxySetting? = nil,
        isAgain: Bool = false
    ) {
        self.controllerHost = controllerHost
        self.controllerPort = controllerPort
        self.token = token
        self.dataDirectory = dataDirectory
        self.name = name
        self.labels = labels
        self.address = address
        self.proxy = proxy
        self.isAgain = isAgain
    }

    /// Enrols; afterwards the identity is on disk. When it fails, only the attempt is: it may be made again with the same
    /// token, and is then the same host's, even if the controller had enrolled it and the answer was lost.
    ///
    /// - Throws: `AgentLinkError`, `SecurityError`, each with what to do.
    package func run(time: TimeSource, random: RandomSource, logger: Logger) async throws {
        if !isAgain, FileAccess.exists("\(dataDirectory)/agent.json") {
            throw AgentLinkError(
                "\(dataDirectory) already holds an enrolled host; run 'muster-agent run --data \(dataDirectory)', give it "
                    + "another identity with --again if it was revoked or deleted, or give another --data to enrol a new one"
            )
        }
        let token = try EnrolmentToken.parse(token)
        try makeDirectory()
        // What was served under another identity stays, and is known by its instance.
        let before = try? AgentIdentity(directory: dataDirectory).settings
        let kept = "\(dataDirectory)/journal"
        let hasKept = FileAccess.exists(kept)
        // No agent may write the journal meanwhile.
        let lock = hasKept ? try AgentLock(try AgentFiles(directory: dataDirectory)) : nil
        let attempt = try EnrolmentAttempt(
            token: self.token,
            instance: before?.instance,
            in: dataDirectory,
            random: random
        )
        let key = try HostKey(pem: attempt.key)
        var request = WireEnrollRequest()
        request.token = self.token
        request.certificateSigningRequest = try key.certificateSigningRequest()
        request.name = name
        request.labels = labels
        request.machineID = HostSystem.machine
        request.instanceID = attempt.instance
        request.agentVersion = BuildInfo.version
        let response = try await call(request, pin: TrustPin(authority: token.authority), time: time, logger: logger)
        if hasKept {
            var journal = try Journal(path: kept)
            try journal.append(journal.state.enrolledAnew)
        }
        try AgentIdentity.write(
            AgentIdentity.Settings(
                hostID: response.hostID,
                name: name,
                instance: request.instanceID,
                controllerHost: controllerHost,
                controllerPort: controllerPort,
                address: address,
                proxy: proxy
            ),
            keyPEM: key.pem,
            certificatePEM: response.certificateChain,
            authorityPEM: response.trustAnchors,
            to: dataDirectory
        )
        EnrolmentAttempt.forget(in: dataDirectory)
        extendLifetime(lock)
    }

    private func call(
        _ request: WireEnrollRequest,
        pin: TrustPin,
        time: TimeSource,
        logger: Logger
    ) async throws -> WireEnrollResponse {
        // The handshake's own error would only say that verification failed.
        let refusal = RefusalNote()
        let trust = RPCClientTLS.Trust.pinned { chain in
            do throws(SecurityError) {
                try pin.verify(chain: chain, host: ControllerAddress.serverName, now: time.now())
            } catch {
                refusal.note.withLock { $0 = error.message }
                throw error
            }
        }
        do {
            var configuration = RPCClientConfiguration()
            configuration.proxy = try proxy?.proxy()
            let connection = try await RPCClient.connect(
                to: RPCTarget(host: controllerHost, port: controllerPort, serverName: ControllerAddress.serverName),
                tls: RPCClientTLS(trust: trust),
                configuration: configuration,
                logger: logger
            )
            defer { connection.close() }
            return try await patiently(request.buffer(), on: connection, time: time)
        } catch {
            throw AgentLinkError(
                "this host could not be enrolled at \(controllerHost):\(controllerPort): "
                    + (refusal.note.withLock { $0 } ?? (error as? RPCStatus)?.message ?? "\(error)")
            )
        }
    }

    /// Asks; a controller that is asked too often says so, and is asked again a moment later.
    private func patiently(
        _ request: ByteBuffer,
        on connection: RPCClientConnection,
        time: TimeSource
    ) async throws -> WireEnrollResponse {
        var attempts = 0
        while true {
            attempts += 1
            do {
                let answer = try await connection.unary(
                    path: LinkMethod.enroll,
                    message: request,
                    deadline: .seconds(30)
                )
                return try WireEnrollResponse(buffer: answer)
            } catch let status as RPCStatus where status.code == .resourceExhausted && attempts < Self.attempts {
                try await time.sleep(Span(milliseconds: 1100))
            }
        }
    }

    /// How often enrolment is asked for, a second apart, when the controller is asked too often.
    private static let attempts = 5

    /// Why the server was not trusted, carried out of the handshake.
    private final class RefusalNote: Sendable {
        let note = Mutex<String?>(nil)
    }

    private func makeDirectory() throws {
        do {
            try FileManager.default.createDirectory(
                atPath: dataDirectory,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw AgentLinkError(
                "the data directory \(dataDirectory) cannot be made: \(error); give one that this user may write to"
            )
        }
    }
}

/// What agents know of a controller's address.
enum ControllerAddress {
    /// The name in every controller's certificate: the fleet's own authority signs it for controllers only, so agents ask
    /// for it whatever address they dial.
    static let serverName = "muster-controller"
}
