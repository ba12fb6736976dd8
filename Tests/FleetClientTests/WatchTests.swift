import DaemonKit
import Fleet
import FleetController
import FleetManifest
import FleetSecurity
import Foundation
import Logging
import OperatorAPI
import Testing

@testable import FleetClient

/// A watch outlives its connection.
@Suite(.serialized, .timeLimit(.minutes(1))) struct WatchTests {
    private static func server(for controller: Controller, port: Int = 0) throws -> OperatorServer {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return try OperatorServer(
            host: "127.0.0.1",
            port: port,
            certificateChainPEM: controller.apiCredentials.certificateChainPEM,
            keyPEM: controller.apiCredentials.keyPEM,
            operations: controller.operations,
            logger: logger
        )
    }

    private static func make(_ name: String, by controller: Controller) async throws {
        let model = Model(name: name, labels: [:])
        let admin = OperatorIdentity(name: "admin", role: .admin)
        _ = try await controller.operations.apply([.model(model)], by: admin, reason: nil)
    }

    private static func client(of controller: Controller, port: Int) async throws -> OperatorClient {
        let data = try Data(contentsOf: URL(filePath: controller.credentialsPath))
        let credentials = try JSONDecoder().decode(OperatorCredentials.self, from: data)
        let url = "https://127.0.0.1:\(port)"
        let pem = try await AuthorityPin.fetch(url: url, pin: credentials.authority)
        return try OperatorClient(
            profile: OperatorProfile(
                url: url,
                token: credentials.token,
                authority: credentials.authority,
                authorityPEM: pem
            )
        )
    }

    @Test func aWatchGoesOnWhereItWas() async throws {
        let directory = NSTemporaryDirectory() + "muster-watch-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let settings = ControllerSettings(dataDirectory: directory, agentPort: 0, apiPort: 0)
        let controller = try await Controller(settings: settings, logger: logger)
        try await controller.start()
        let (names, seen) = AsyncStream<String>.makeStream()
        let (ports, listening) = AsyncStream<Int>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for part in controller.parts { group.addTask { try? await part.run() } }
            var port = 0
            var events = names.makeAsyncIterator()
            try await withThrowingTaskGroup(of: Void.self) { first in
                let server = try Self.server(for: controller)
                first.addTask { try? await server.run { listening.yield($0) } }
                for await bound in ports {
                    port = bound
                    break
                }
                let client = try await Self.client(of: controller, port: port)
                group.addTask {
                    try await client.watch(from: 0) { event in
                        if event.kind == "Model" { seen.yield(event.name) }
                        return event.name != "m3"
                    }
                    await client.shutdown()
                    seen.finish()
                }
                try await Self.make("m1", by: controller)
                #expect(await events.next() == "m1")
                first.cancelAll()
            }
            // Nobody listens now.
            try await Self.make("m2", by: controller)
            let second = try Self.server(for: controller, port: port)
            group.addTask { try? await second.run() }
            #expect(await events.next() == "m2", "what changed while it was away")
            try await Self.make("m3", by: controller)
            #expect(await events.next() == "m3")
            #expect(await events.next() == nil, "each once, and it ends by the handler's word")
            group.cancelAll()
        }
        await controller.close()
    }

    @Test func aHandlersErrorIsItsOwn() async throws {
        struct Enough: Error {}
        let directory = NSTemporaryDirectory() + "muster-watch-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let settings = ControllerSettings(dataDirectory: directory, agentPort: 0, apiPort: 0)
        let controller = try await Controller(settings: settings, logger: logger)
        try await controller.start()
        let (ports, listening) = AsyncStream<Int>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            let server = try Self.server(for: controller)
            group.addTask { try? await server.run { listening.yield($0) } }
            var bound = ports.makeAsyncIterator()
            let port = try #require(await bound.next())
            let client = try await Self.client(of: controller, port: port)
            try await Self.make("m1", by: controller)
            await #expect(throws: Enough.self) { try await client.watch(from: 0) { _ in throw Enough() } }
            group.cancelAll()
            try await group.waitForAll()
            let error = await #expect(throws: ClientError.self) {
                try await client.watch(from: 0, patience: Span(milliseconds: 1)) { _ in true }
            }
            #expect(error?.code == .unreachable, "nobody answers any more")
            await client.shutdown()
        }
        await controller.close()
    }
}
