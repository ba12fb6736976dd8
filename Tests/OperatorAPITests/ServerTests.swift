import Fleet
import FleetController
import Foundation
import Testing

@testable import OperatorAPI

@Suite(.serialized, .timeLimit(.minutes(2))) struct ServerTests {
    @Test func onlyTLS13IsSpoken() async throws {
        try await ServerFixture.run { server in
            let old = try await server.call("GET", "/hosts", with: ["--tls-max", "1.2"])
            #expect(old.exit != 0)
            #expect(try await server.call("GET", "/hosts", with: ["--tlsv1.3"]).status == 200)
            let plain = try await Curl.run(
                "curl",
                ["-sS", "--max-time", "5", "http://127.0.0.1:\(server.port)/v1/whoami"]
            )
            #expect(plain.exit != 0)
            let version = try await server.call("GET", "/hosts", with: ["--http2"])
            #expect(version.status == 200)
        }
    }

    @Test func aPortThatIsTakenIsSaid() async throws {
        try await ServerFixture.run { server in
            let second = try ServerFixture.server(for: server.controller, port: server.port, log: server.log)
            let error = await #expect(throws: ControllerError.self) { try await second.run() }
            #expect(error?.code == .unavailable)
            #expect(error?.description.contains("127.0.0.1:\(server.port): Address already in use") == true)
            #expect(error?.hint?.contains("--listen-api") == true)
            #expect(second.localPort == 0)
        }
    }

    @Test func aCertificateThatIsNoneIsSaid() async throws {
        try await ServerFixture.run { server in
            let error = #expect(throws: ControllerError.self) {
                try OperatorServer(
                    host: "127.0.0.1",
                    port: 0,
                    certificateChainPEM: "nonsense",
                    keyPEM: "nonsense",
                    operations: server.controller.operations,
                    logger: server.log.logger
                )
            }
            #expect(error?.hint?.contains("authority.pem") == true)
        }
    }

    @Test func oneConnectionCarriesManyRequests() async throws {
        try await ServerFixture.run { server in
            let result = try await Curl.run(
                "curl",
                server.arguments("GET", "/hosts", token: server.token) + ["-o", "/dev/null", "-o", "/dev/null"]
                    + [server.url("/models"), "-w", "%{http_version} %{num_connects}\n"]
            )
            #expect(String(decoding: result.output, as: UTF8.self) == "1.1 1\n1.1 0\n")
        }
    }
}
