import Fleet
import FleetSecurity
import Foundation
import Logging
import NIOCore
import RPCTransport
import Testing

/// What certificates of this room mean to the TLS that the link really uses.
@Suite(.timeLimit(.minutes(1))) struct HandshakeTests {
    /// Answers every call with the caller's identities.
    private final class Mirror: RPCService {
        func accept(
            _ request: RPCRequest,
            on stream: RPCServerStream
        ) throws(RPCStatus) -> any RPCServerStreamHandler {
            let names = request.connection.peer.uriSANs.joined(separator: " ")
            return RPCUnaryHandler(stream: stream) { _, reply in reply.succeed(ByteBuffer(string: names)) }
        }
    }

    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let authority: CertificateAuthority
    private let other: CertificateAuthority
    private let now: Instant

    init() throws {
        now = Instant(milliseconds: Int64(Date().timeIntervalSince1970) * 1000)
        authority = try CertificateAuthority.create(trustDomain: "fleet.example", now: now)
        other = try CertificateAuthority.create(trustDomain: "fleet.example", now: now)
    }

    private struct Presented {
        var chain: String
        var key: String
    }

    private func host(of authority: CertificateAuthority, at now: Instant) throws -> Presented {
        let key = try HostKey.generate()
        let issued = try authority.issueHost(csrPEM: key.certificateSigningRequest(), hostID: "h-1", now: now)
        return Presented(chain: issued.pem + "\n" + authority.certificatePEM, key: key.pem)
    }

    private func controller(of authority: CertificateAuthority) throws -> Presented {
        let credentials = try authority.issueServer(names: ["localhost"], addresses: ["127.0.0.1"], now: now)
        return Presented(chain: credentials.certificateChainPEM, key: credentials.keyPEM)
    }

    /// Connects once and returns the identities that the server saw.
    private func call(server: Presented, trust: RPCClientTLS.Trust, client: Presented?) async throws -> String {
        let tls = RPCServerTLS(
            certificateChainPEM: Array(server.chain.utf8),
            privateKeyPEM: Array(server.key.utf8),
            clientTrustRootsPEM: Array(authority.certificatePEM.utf8)
        )
        let listener = RPCServer(
            configuration: RPCServerConfiguration(host: "127.0.0.1", port: 0, tls: tls),
            service: Mirror(),
            logger: Self.logger
        )
        try await listener.start()
        let identity = client.map {
            RPCClientTLS.Identity(certificateChainPEM: Array($0.chain.utf8), privateKeyPEM: Array($0.key.utf8))
        }
        let result: Result<String, any Error>
        do {
            let connection = try await RPCClient.connect(
                to: RPCTarget(host: "127.0.0.1", port: listener.localPort),
                tls: RPCClientTLS(trust: trust, identity: identity),
                logger: Self.logger
            )
            let answer = try await connection.unary(path: "/mirror/Who", message: ByteBuffer(), deadline: .seconds(10))
            connection.close()
            result = .success(String(buffer: answer))
        } catch {
            result = .failure(error)
        }
        await listener.shutdownGracefully(deadline: .seconds(1))
        return try result.get()
    }

    private var roots: RPCClientTLS.Trust { .roots(pem: Array(authority.certificatePEM.utf8)) }

    private var pin: RPCClientTLS.Trust {
        let (pin, now) = (TrustPin(authority: authority.digest), now)
        return .pinned { try pin.verify(chain: $0, host: "127.0.0.1", now: now) }
    }

    @Test func theControllerAndAHostKnowEachOther() async throws {
        let seen = try await call(server: controller(of: authority), trust: roots, client: host(of: authority, at: now))
        #expect(HostIdentity.parse(uriSAN: seen, trustDomain: "fleet.example") == "h-1")
    }

    @Test func aPinnedControllerIsTrustedWithoutAnIdentity() async throws {
        #expect(try await call(server: controller(of: authority), trust: pin, client: nil).isEmpty)
    }

    @Test func anotherAuthoritysControllerIsRefused() async throws {
        let stranger = try controller(of: other)
        await #expect(throws: RPCStatus.self) { try await call(server: stranger, trust: roots, client: nil) }
        await #expect(throws: RPCStatus.self) { try await call(server: stranger, trust: pin, client: nil) }
    }

    @Test func aHostInTheControllersPlaceIsRefused() async throws {
        let host = try host(of: authority, at: now)
        await #expect(throws: RPCStatus.self) { try await call(server: host, trust: roots, client: nil) }
        await #expect(throws: RPCStatus.self) { try await call(server: host, trust: pin, client: nil) }
    }

    @Test func aHostOfAnotherAuthorityIsRefused() async throws {
        let server = try controller(of: authority)
        let stranger = try host(of: other, at: now)
        await #expect(throws: RPCStatus.self) { try await call(server: server, trust: roots, client: stranger) }
    }

    @Test func anExpiredHostIsRefused() async throws {
        let server = try controller(of: authority)
        let before = Instant(milliseconds: now.milliseconds - 8 * 86_400_000)
        let expired = try host(of: authority, at: before)
        await #expect(throws: RPCStatus.self) { try await call(server: server, trust: roots, client: expired) }
    }

    @Test func aListenersCertificateIsNoHost() async throws {
        let server = try controller(of: authority)
        await #expect(throws: RPCStatus.self) { try await call(server: server, trust: roots, client: server) }
    }
}
