import DaemonKit
import Fleet
import FleetProtocol
import FleetSecurity
import Logging
import NIOCore
import RPCTransport
import Synchronization

/// A stand-in for the controller's end of the link (the real one needs a store): the real transport, a real authority,
/// enrolment without a memory, and sessions that answer each lease.
final class StubController: RPCService {
    struct Counts {
        var enrolled = 0
        var sessions = 0
        var leases = 0
        var statuses = 0
        var acknowledgements = 0
        var enrolmentsToRefuse = 0
    }

    let authority: CertificateAuthority
    let counts = Mutex(Counts())
    let sendsAssignment: Bool

    init(sendsAssignment: Bool = false) throws {
        authority = try CertificateAuthority.create(trustDomain: "swarm.test", now: TimeSource.system.now())
        self.sendsAssignment = sendsAssignment
    }

    /// Serves on a free port while `body` runs.
    func serve<Value>(_ body: (RPCTarget) async throws -> Value) async throws -> Value {
        let credentials = try authority.issueServer(names: [], addresses: ["127.0.0.1"], now: TimeSource.system.now())
        let tls = RPCServerTLS(
            certificateChainPEM: Array(credentials.certificateChainPEM.utf8),
            privateKeyPEM: Array(credentials.keyPEM.utf8),
            clientTrustRootsPEM: Array(authority.certificatePEM.utf8)
        )
        let server = RPCServer(
            configuration: RPCServerConfiguration(host: "127.0.0.1", port: 0, tls: tls),
            service: self,
            logger: Logger(label: "stub") { _ in SwiftLogNoOpLogHandler() }
        )
        try await server.start()
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(RPCTarget(host: "127.0.0.1", port: server.localPort)))
        } catch {
            result = .failure(error)
        }
        await server.shutdownGracefully(deadline: .seconds(5))
        return try result.get()
    }

    func accept(
        _ request: RPCRequest,
        on stream: RPCServerStream
    ) throws(RPCStatus) -> any RPCServerStreamHandler {
        switch request.path {
        case LinkMethod.enroll: return RPCUnaryHandler(stream: stream) { [self] in enroll($0, $1) }
        case LinkMethod.session:
            let names = request.connection.peer.uriSANs
            guard names.contains(where: { HostIdentity.parse(uriSAN: $0, trustDomain: "swarm.test") != nil }) else {
                throw RPCStatus(.unauthenticated, "no identity")
            }
            return StubSession(controller: self, stream: stream)
        default: throw RPCStatus(.unimplemented, "no \(request.path)")
        }
    }

    private func enroll(_ message: ByteBuffer, _ reply: RPCUnaryReply) {
        let isRefused = counts.withLock { counts in
            counts.enrolmentsToRefuse -= 1
            return counts.enrolmentsToRefuse >= 0
        }
        guard !isRefused else { return reply.fail(RPCStatus(.resourceExhausted, "later")) }
        do {
            let request = try WireEnrollRequest(buffer: message)
            let number = counts.withLock { counts in
                counts.enrolled += 1
                return counts.enrolled
            }
            let issued = try authority.issueHost(
                csrPEM: request.certificateSigningRequest,
                hostID: "h-\(number)",
                now: TimeSource.system.now()
            )
            var response = WireEnrollResponse()
            response.hostID = "h-\(number)"
            response.certificateChain = issued.pem
            response.trustAnchors = authority.certificatePEM
            reply.succeed(response.buffer())
        } catch {
            reply.fail(RPCStatus(describing: error))
        }
    }
}

/// One session of it, on its connection's event loop.
private final class StubSession: RPCServerStreamHandler {
    private let controller: StubController
    private let stream: RPCServerStream
    private var ack = WireAck()

    init(controller: StubController, stream: RPCServerStream) {
        self.controller = controller
        self.stream = stream
    }

    func received(message: ByteBuffer) {
        guard let message = try? WireFromAgent(buffer: message) else {
            return stream.finish(RPCStatus(.invalidArgument))
        }
        switch message.body {
        case .hello: greeted()
        case .lease(let lease):
            controller.counts.withLock { $0.leases += 1 }
            ack.lease = lease.number
            send { $0.ack = ack }
        case .status(let status):
            controller.counts.withLock { $0.statuses += 1 }
            ack.status = status.sequence
            send { $0.ack = ack }
        case .assignmentAck: controller.counts.withLock { $0.acknowledgements += 1 }
        case .outbox, nil: break
        }
    }

    func receivedEnd() {
        stream.finish()
    }

    private func greeted() {
        controller.counts.withLock { $0.sessions += 1 }
        send {
            $0.welcome.protocol = 1
            $0.welcome.epoch = 1
            $0.welcome.leaseIntervalMs = 20
        }
        guard controller.sendsAssignment else { return }
        send {
            $0.assignment.version.epoch = 1
            $0.assignment.version.generation = 1
        }
    }

    private func send(_ fill: (inout WireFromController) -> Void) {
        var message = WireFromController()
        fill(&message)
        stream.send(message: message.buffer())
    }
}
