import HTTP2Session
import Logging
import NIOCore
import RPCTransport
import Synchronization
import Testing

@Suite("Connections: TLS, GOAWAY, limits", .timeLimit(.minutes(1)))
struct ConnectionTests {
    private func whoami(_ connection: RPCClientConnection) async throws -> String {
        String(buffer: try await connection.unary(path: "/test.Echo/Whoami", message: ByteBuffer()))
    }

    @Test func aClientCertificateNamesThePeer() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            #expect(try await whoami(connection) == TestCertificates.clientURI)
            #expect(server.service.seen.withLock { $0.peers.first?.hasCertificate == true })
            connection.close()
        }
    }

    @Test func noClientCertificateIsNobody() async throws {
        try await withServer { server in
            let connection = try await server.connect(server.certificates.anonymousTLS)
            #expect(try await whoami(connection) == "nobody")
            connection.close()
        }
    }

    @Test func aCallerWithoutACertificateMaySayLittle() async throws {
        try await withServer { server in
            let large = ByteBuffer(repeating: 1, count: (32 << 10) + 1)
            let nobody = try await server.connect(server.certificates.anonymousTLS)
            let status = await failure { try await nobody.unary(path: "/test.Echo/Unary", message: large) }
            #expect(status?.code == .resourceExhausted)
            let small = ByteBuffer(repeating: 1, count: 32 << 10)
            #expect(try await nobody.unary(path: "/test.Echo/Unary", message: small) == small)
            let known = try await server.connect()
            #expect(try await known.unary(path: "/test.Echo/Unary", message: large) == large)
            nobody.close()
            known.close()
        }
    }

    @Test func aCallerWithoutACertificateMayNotStay() async throws {
        try await withServer(
            configure: {
                $0.anonymousDeadline = .milliseconds(100)
                $0.anonymousLifetime = nil
                $0.keepaliveTimeout = .milliseconds(100)
            },
            { server in
                let known = try await server.connect()
                let kept = try await known.openStream(path: "/test.Echo/Bidi")
                let nobody = try await server.connect(server.certificates.anonymousTLS)
                let call = try await nobody.openStream(path: "/test.Echo/Never")
                #expect(await failure { for try await _ in call.inbound {} }?.code == .deadlineExceeded)
                #expect(server.server.metrics.violations["anonymousDeadline"] == 1)
                nobody.close()
                // Whoever bears a certificate is not disturbed.
                var iterator = kept.inbound.makeAsyncIterator()
                try await kept.send(ByteBuffer(string: "still here"))
                #expect(try await iterator.next().map { String(buffer: $0) } == "still here")
                known.close()
            }
        )
    }

    @Test func aConnectionWithoutACertificateIsSentAway() async throws {
        try await withServer(configure: { $0.anonymousLifetime = .milliseconds(100) }) { server in
            let known = try await server.connect()
            try await server.connect(server.certificates.anonymousTLS).closed.get()
            #expect(server.server.metrics.violations["anonymousLifetime"] == 1)
            let message = ByteBuffer(string: "still here")
            #expect(try await known.unary(path: "/test.Echo/Unary", message: message) == message)
            known.close()
        }
    }

    @Test func anotherAuthoritysClientIsRefused() async throws {
        try await withServer { server in
            let certificates = server.certificates
            let stranger = RPCClientTLS(
                trust: .roots(pem: certificates.authority),
                identity: .init(
                    certificateChainPEM: certificates.strangerChain,
                    privateKeyPEM: certificates.strangerKey
                )
            )
            let status = await failure { try await server.connect(stranger) }
            #expect(status?.code == .unauthenticated)
            try await eventually("it is counted") { server.server.metrics.handshakesFailed == 1 }
            #expect(server.server.metrics.connectionsOpen == 0)
        }
    }

    @Test func anotherAuthoritysServerIsRefused() async throws {
        try await withServer { server in
            let tls = RPCClientTLS(trust: .roots(pem: server.certificates.strangerAuthority))
            let status = await failure { try await server.connect(tls) }
            #expect(status?.code == .unauthenticated)
        }
    }

    @Test func theServersNameIsChecked() async throws {
        try await withServer { server in
            let certificates = server.certificates
            try server.server.replaceTLS(
                RPCServerTLS(
                    certificateChainPEM: certificates.namedChain,
                    privateKeyPEM: certificates.namedKey,
                    clientTrustRootsPEM: certificates.authority
                )
            )
            for (name, isGood) in [("controller.test", true), ("elsewhere.test", false), ("127.0.0.1", false)] {
                let target = RPCTarget(host: "127.0.0.1", port: server.server.localPort, serverName: name)
                let tls = server.certificates.anonymousTLS
                let status = await failure {
                    try await RPCClient.connect(to: target, tls: tls, logger: Logger(label: "test")).close()
                }
                #expect((status == nil) == isGood, "\(name): \(String(describing: status))")
                if !isGood { #expect(status?.code == .unauthenticated) }
            }
        }
    }

    @Test func aPinSeesTheChain() async throws {
        try await withServer { server in
            let chain = Mutex<[[UInt8]]>([])
            let good = RPCClientTLS(trust: .pinned { der in chain.withLock { $0 = der } })
            let connection = try await server.connect(good)
            #expect(chain.withLock { $0.count } == 1)
            #expect(connection.peer.hasCertificate)
            connection.close()
            let bad = RPCClientTLS(trust: .pinned { _ in throw RPCStatus(.unauthenticated, "another authority") })
            let status = await failure { try await server.connect(bad) }
            #expect(status?.code == .unauthenticated)
        }
    }

    @Test func theCertificateIsReplacedWhileRunning() async throws {
        try await withServer { server in
            let certificates = server.certificates
            let before = try await server.connect()
            try server.server.replaceTLS(
                RPCServerTLS(
                    certificateChainPEM: certificates.strangerChain,
                    privateKeyPEM: certificates.strangerKey,
                    clientTrustRootsPEM: certificates.authority
                )
            )
            #expect(await failure { try await server.connect() }?.code == .unauthenticated)
            #expect(try await whoami(before) == TestCertificates.clientURI)
            #expect(throws: RPCStatus.self) {
                try server.server.replaceTLS(
                    RPCServerTLS(certificateChainPEM: [1], privateKeyPEM: [2], clientTrustRootsPEM: nil)
                )
            }
            before.close()
        }
    }

    @Test func nobodyListens() async throws {
        let certificates = try TestCertificates.shared.get()
        let status = await failure {
            // Port 1 is reserved and nothing listens on it in a test bed.
            try await RPCClient.connect(
                to: RPCTarget(host: "127.0.0.1", port: 1),
                tls: certificates.anonymousTLS,
                logger: Logger(label: "test")
            )
        }
        #expect(status?.code == .unavailable)
    }

    @Test func aPortThatIsTaken() async throws {
        try await withServer { server in
            let tls = server.certificates.serverTLS
            let port = server.server.localPort
            let second = RPCServer(
                configuration: RPCServerConfiguration(host: "127.0.0.1", port: port, tls: tls),
                service: TestService(),
                logger: Logger(label: "test")
            )
            let status = await failure { try await second.start() }
            #expect(status?.code == .unavailable)
            #expect(status?.message.contains("\(port)") == true)
            await second.shutdownGracefully(deadline: .seconds(1))
        }
    }

    @Test func shutdownLetsCallsEnd() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            let goaway = Mutex(false)
            try await connection.eventLoop.submit {
                connection.onGoaway = { goaway.withLock { $0 = true } }
            }.get()
            let call = try await connection.openStream(path: "/test.Echo/Bidi")
            var iterator = call.inbound.makeAsyncIterator()
            try await call.send(ByteBuffer(string: "before"))
            #expect(try await iterator.next() != nil)
            async let down: Void = server.server.shutdownGracefully(deadline: .seconds(20))
            try await eventually("GOAWAY arrives") { goaway.withLock { $0 } }
            #expect(
                await failure { try await connection.unary(path: "/test.Echo/Unary", message: ByteBuffer()) }?.code
                    == .unavailable
            )
            try await call.send(ByteBuffer(string: "after"))
            #expect(try await iterator.next().map { String(buffer: $0) } == "after")
            call.finishSending()
            #expect(try await iterator.next() == nil)
            await down
            try await connection.closed.get()
            try await eventually("the service hears of it") {
                server.service.seen.withLock { $0.connectionsClosed } == 1
            }
        }
    }

    @Test func shutdownCutsAtItsDeadline() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            let call = try await connection.openStream(path: "/test.Echo/Never")
            try await call.send(ByteBuffer(string: "x"))
            try await eventually("it is there") { server.server.metrics.messagesIn == 1 }
            await server.server.shutdownGracefully(deadline: .milliseconds(50))
            let status = await failure { for try await _ in call.inbound {} }
            #expect(status?.code == .unavailable || status?.code == .internal)
            #expect(server.server.metrics.connectionsOpen == 0)
        }
    }

    @Test func aLostServerEndsCalls() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            let call = try await connection.openStream(path: "/test.Echo/Never")
            connection.close()
            #expect(await failure { for try await _ in call.inbound {} }?.code != nil)
            try await connection.closed.get()
            #expect(await failure { try await call.send(ByteBuffer()) } != nil)
            #expect(
                await failure { try await connection.unary(path: "/test.Echo/Unary", message: ByteBuffer()) }?.code
                    == .unavailable
            )
        }
    }

    @Test func tooManyConnections() async throws {
        try await withServer(configure: { $0.maximumConnections = 2 }) { server in
            let first = try await server.connect()
            let second = try await server.connect()
            #expect(await failure { try await server.connect() } != nil)
            try await eventually("counted") { server.server.metrics.connectionsRefused == 1 }
            first.close()
            try await eventually("room again") { server.server.metrics.connectionsOpen == 1 }
            try await server.connect().close()
            second.close()
        }
    }

    @Test func handshakesWaitForOneAnother() async throws {
        try await withServer(configure: { $0.maximumHandshakes = 2 }) { server in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 { group.addTask { try await server.connect().close() } }
                try await group.waitForAll()
            }
            #expect(server.server.metrics.connectionsAccepted == 20)
            #expect(server.server.metrics.connectionsRefused == 0)
        }
    }

    @Test func anIdleConnectionIsSentAway() async throws {
        try await withServer(
            configure: {
                $0.idleTimeout = .milliseconds(50)
                $0.keepaliveTimeout = .milliseconds(100)
            },
            { server in
                let connection = try await server.connect()
                try await connection.closed.get()
                #expect(server.server.metrics.violations["idleTimeout"] == 1)
            }
        )
    }

    @Test func keepaliveLeavesALivingConnectionAlone() async throws {
        try await withServer(
            configure: {
                $0.keepaliveInterval = .milliseconds(200)
                $0.keepaliveTimeout = .seconds(30)
                // A busy machine stretches the test, not the pings' pace: their flood limit is not what is tested.
                $0.limits.pings.burst = 100_000
            },
            { server in
                var configuration = RPCClientConfiguration()
                configuration.keepaliveInterval = .milliseconds(200)
                configuration.keepaliveTimeout = .seconds(30)
                configuration.limits.pings.burst = 100_000
                let connection = try await server.connect(configuration: configuration)
                let call = try await connection.openStream(path: "/test.Echo/Bidi")
                var iterator = call.inbound.makeAsyncIterator()
                for _ in 0..<2 {
                    try await connection.eventLoop.scheduleTask(in: .milliseconds(700)) {}.futureResult.get()
                    try await call.send(ByteBuffer(string: "x"))
                    #expect(try await iterator.next() != nil)
                }
                #expect(server.server.metrics.violations == [:])
                connection.close()
            }
        )
    }
}
