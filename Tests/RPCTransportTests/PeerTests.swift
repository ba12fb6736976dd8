import Foundation
import NIOCore
import RPCTransport
import Testing

/// Where the other peers' programs lie, and what runs them.
private enum Peers {
    static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Peers")
    static let python = ProcessInfo.processInfo.environment["MUSTER_PEERS_PYTHON"] ?? "python3"

    static func run(_ program: String, _ arguments: [String]) async throws -> (status: Int32, text: String) {
        try await RPCTransportTests.run(python, [directory.appendingPathComponent(program).path] + arguments)
    }
}

@Suite("Python's grpcio as a client", .timeLimit(.minutes(2)))
struct GRPCPeerTests {
    @Test(
        arguments: [
            "calls", "errors", "deadlines", "cancellation", "half_closed", "rst_flood", "headers_too_large",
        ]
    )
    func speaks(_ scenario: String) async throws {
        let probe = try await run(Peers.python, ["-c", "import grpc"])
        try #require(
            probe.status == 0,
            """
            \(Peers.python) has no grpcio, the independent peer of this test: run Deploy/scripts/setup, \
            and set MUSTER_PEERS_PYTHON as Deploy/scripts/test does
            """
        )
        try await withServer { server in
            let outcome = try await Peers.run(
                "peer.py",
                ["localhost:\(server.server.localPort)", server.certificates.directory.path, scenario]
            )
            #expect(outcome.text.split(separator: "\n").last == "ok", "\(outcome.text)")
            if scenario == "rst_flood" {
                #expect(server.server.metrics.violations["resetFlood"] ?? 0 >= 1)
            }
        }
    }
}

/// What a hostile client sends, how the server must answer, and what it must count.
struct Hostility: Sendable, CustomTestStringConvertible {
    let name: String
    let answer: String
    let violation: String?

    var testDescription: String { name }

    static let all = [
        Hostility(name: "bad_utf8_path", answer: "HEADERS 1 \nopen", violation: nil),
        Hostility(name: "reset_flood", answer: "GOAWAY 0 11\nclosed", violation: "resetFlood"),
        Hostility(name: "ping_flood", answer: "GOAWAY 0 11\nclosed", violation: "pingFlood"),
        Hostility(name: "settings_flood", answer: "GOAWAY 0 11\nclosed", violation: "settingsFlood"),
        Hostility(name: "continuation_flood", answer: "GOAWAY 0 11\nclosed", violation: "continuationFlood"),
        Hostility(name: "empty_data_flood", answer: "GOAWAY 0 11\nclosed", violation: "emptyDataFlood"),
        Hostility(name: "header_list", answer: "HEADERS 1 \nopen", violation: "headerList"),
        Hostility(name: "not_http2", answer: "GOAWAY 0 1\nclosed", violation: "badPreface"),
        Hostility(name: "no_alpn", answer: "closed", violation: nil),
        Hostility(name: "tls12", answer: "handshake refused", violation: nil),
        Hostility(name: "silent", answer: "closed", violation: "idleTimeout"),
    ]
}

@Suite("A hostile client", .timeLimit(.minutes(2)))
struct HostilePeerTests {
    @Test(arguments: Hostility.all)
    func isAnswered(_ hostility: Hostility) async throws {
        try await withServer(
            configure: { configuration in
                if hostility.name == "silent" {
                    // Long enough for whoever comes next on a busy machine.
                    configuration.idleTimeout = .seconds(3)
                    configuration.keepaliveTimeout = .seconds(1)
                }
            },
            { server in
                let outcome = try await Peers.run(
                    "hostile.py",
                    ["127.0.0.1", "\(server.server.localPort)", server.certificates.directory.path, hostility.name]
                )
                #expect(
                    outcome.text.trimmingCharacters(in: .newlines).hasSuffix(hostility.answer),
                    "\(outcome.text)"
                )
                if let violation = hostility.violation {
                    #expect(
                        server.server.metrics.violations[violation] ?? 0 >= 1,
                        "\(server.server.metrics.violations)"
                    )
                }
                // Whoever comes next is served.
                let connection = try await server.connect()
                let message = ByteBuffer(string: "next")
                #expect(try await connection.unary(path: "/test.Echo/Unary", message: message) == message)
                connection.close()
            }
        )
    }

    @Test func handshakesThatNeverEndAreCut() async throws {
        try await withServer(configure: { $0.handshakeTimeout = .milliseconds(100) }) { server in
            let outcome = try await run(
                Peers.python,
                [
                    "-c",
                    """
                    import socket
                    peers = [socket.create_connection(("127.0.0.1", \(server.server.localPort))) for _ in range(10)]
                    for peer in peers:
                        peer.settimeout(10)
                        peer.recv(1)
                    """,
                ]
            )
            #expect(outcome.status == 0, "\(outcome.text)")
            #expect(server.server.metrics.violations["handshakeTimeout"] == 10)
        }
    }
}

@Suite("h2load as a client", .timeLimit(.minutes(2)))
struct LoadPeerTests {
    @Test func tenThousandCalls() async throws {
        try await withServer { server in
            let body = server.certificates.directory.appendingPathComponent("h2load.body")
            try Data([0, 0, 0, 0, 64] + [UInt8](repeating: 7, count: 64)).write(to: body)
            let outcome = try await run(
                "h2load",
                [
                    "-n", "10000", "-c", "10", "-m", "16", "-d", body.path, "-H", "content-type: application/grpc",
                    "-H",
                    "te: trailers", "https://127.0.0.1:\(server.server.localPort)/test.Echo/Unary",
                ]
            )
            #expect(outcome.text.contains("10000 succeeded, 0 failed, 0 errored"), "\(outcome.text)")
            #expect(server.server.metrics.messagesOut == 10_000)
            #expect(server.server.metrics.violations == [:])
        }
    }
}
