import DaemonKit
import Fleet
import FleetController
import FleetSecurity
import Foundation
import Logging
import OperatorAPI
import Testing

@testable import FleetClient

/// The client against a real controller.
@Suite(.serialized) struct OperatorClientTests {
    private struct Peer: Sendable {
        var url: String
        var directory: String
        var credentials: OperatorCredentials
    }

    private static func withPeer(
        rate: RequestRate.Limit = .usual,
        _ body: @escaping @Sendable (Peer) async throws -> Void
    ) async throws {
        let directory = NSTemporaryDirectory() + "muster-client-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let settings = ControllerSettings(dataDirectory: directory, agentPort: 0, apiPort: 0)
        let controller = try await Controller(settings: settings, logger: logger)
        let server = try OperatorServer(
            host: "127.0.0.1",
            port: 0,
            certificateChainPEM: controller.apiCredentials.certificateChainPEM,
            keyPEM: controller.apiCredentials.keyPEM,
            operations: controller.operations,
            logger: logger,
            rate: rate
        )
        try await controller.start()
        let data = try Data(contentsOf: URL(filePath: controller.credentialsPath))
        let credentials = try JSONDecoder().decode(OperatorCredentials.self, from: data)
        let (ports, listening) = AsyncStream<Int>.makeStream()
        let failure = await withTaskGroup(of: Void.self) { group -> (any Error)? in
            for part in controller.parts { group.addTask { try? await part.run() } }
            group.addTask {
                try? await server.run { listening.yield($0) }
                listening.finish()
            }
            defer { group.cancelAll() }
            do {
                for await port in ports {
                    try await body(
                        Peer(url: "https://127.0.0.1:\(port)", directory: directory, credentials: credentials)
                    )
                    break
                }
                return nil
            } catch {
                return error
            }
        }
        await controller.close()
        if let failure { throw failure }
    }

    private static func withClient(
        _ peer: Peer,
        token: String? = nil,
        pem: String? = nil,
        timeout: Span = OperatorClient.usualTimeout,
        _ body: (OperatorClient) async throws -> Void
    ) async throws {
        let fetched = try await AuthorityPin.fetch(url: peer.url, pin: peer.credentials.authority)
        let client = try OperatorClient(
            profile: OperatorProfile(
                url: peer.url,
                token: token ?? peer.credentials.token,
                authority: peer.credentials.authority,
                authorityPEM: pem ?? fetched
            ),
            timeout: timeout
        )
        do {
            try await body(client)
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
    }

    @Test func everyCallMeetsItsRoute() async throws {
        try await Self.withPeer { peer in
            try await Self.withClient(peer) { client in
                #expect(try await client.whoAmI().role == "admin")
                let model = #"{"apiVersion":"muster/v1","kind":"Model","metadata":{"name":"wine","labels":{"a":"b"}}}"#
                #expect(try await client.plan(documents: [model]).changes.map(\.action) == [.create])
                let applied = try await client.apply(documents: [model], reason: "a \"test\"")
                #expect(applied.changes.map(\.name) == ["wine"])
                #expect(try await client.get(.models, "wine").model.labels == ["a": "b"])
                #expect(try await client.list(.models, selector: "a in (b, c), !x").items.count == 1)
                #expect(try await client.list(.models, selector: "a!=b").items.isEmpty)
                #expect(try await client.list(.modelVersions).items.isEmpty)
                #expect(try await client.list(.runtimes).items.isEmpty)
                #expect(try await client.list(.deployments).items.isEmpty)
                #expect(try await client.list(.hosts).items.isEmpty)
                #expect(try await client.list(.rollouts).items.isEmpty)
                #expect(try await client.list(.holds).items.isEmpty)
                let tokens = try await client.createHostTokens(labels: ["site": "lyon"], ttl: .seconds(60), count: 3)
                #expect(tokens.tokens.count == 3 && tokens.labels == ["site": "lyon"])
                try await Self.watch(client, since: applied.revision)
                let deleted = try await client.delete(path: "models", name: "wine", reason: nil, allowRemoval: false)
                #expect(deleted.changes.map(\.action) == [.delete])
            }
        }
    }

    private static func watch(_ client: OperatorClient, since revision: UInt64) async throws {
        var names: [String] = []
        for name in ["x1", "x2"] {
            let document = #"{"apiVersion":"muster/v1","kind":"Model","metadata":{"name":"\#(name)"}}"#
            _ = try await client.apply(documents: [document], reason: nil)
        }
        try await client.watch(from: revision) { event in
            if event.kind == "Model" { names.append(event.name) }
            return names.count < 2
        }
        #expect(names == ["x1", "x2"])
    }

    @Test func aLongListIsReadPageByPage() async throws {
        try await Self.withPeer { peer in
            let path = "\(peer.directory)/bundle"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try Data("x".utf8).write(to: URL(filePath: "\(path)/model.txt"))
            let bundle = try BundleDirectory(path: path)
            try await Self.withClient(peer) { client in
                _ = try await client.push(bundle) { _, _ in }
                let head = #"{"apiVersion":"muster/v1","kind":"#
                let others = [
                    #"\(head)"Model","metadata":{"name":"m"}}"#,
                    #"\(head)"ModelVersion","metadata":{"name":"m-1"},"spec":{"model":"m","version":"1","format":"x","bundle":"\#(bundle.list.digest)"}}"#,
                    #"\(head)"Runtime","metadata":{"name":"r"},"spec":{"driver":"process","command":["x"],"ports":["http"],"update":"recreate","health":{"ready":{"http":{"port":"http","path":"/"}}}}}"#,
                ].map { $0.replacing(#"\(head)"#, with: head) }
                let deployments = (1...5).map {
                    head
                        + #""Deployment","metadata":{"name":"d\#($0)"},"spec":{"content":{"model":{"name":"m","version":"1"},"runtime":"r"},"scope":{"hosts":"a=b"}}}"#
                }
                _ = try await client.apply(documents: others + deployments, reason: nil)
                for page in [1, 2, 5, 500] {
                    let listing = try await client.list(.deployments.paged(by: page))
                    #expect(listing.items.map(\.deployment.name) == ["d1", "d2", "d3", "d4", "d5"])
                    #expect(listing.next == nil && listing.revision > 0)
                }
                #expect(try await client.list(.deployments.paged(by: 2), selector: "a").items.isEmpty)
            }
        }
    }

    @Test func refusalsArriveWithTheirPointers() async throws {
        try await Self.withPeer { peer in
            try await Self.withClient(peer) { client in
                let wrong = #"{"apiVersion":"muster/v1","kind":"Model","metadata":{"name":"wine"},"spec":{"ownr":"x"}}"#
                let error = await #expect(throws: ClientError.self) { try await client.plan(documents: [wrong]) }
                #expect(error?.code == .refused)
                #expect(error?.problem?.status == 422)
                #expect(error?.problem?.errors?.map(\.pointer) == ["/documents/0/spec/ownr"])
                #expect(error?.problem?.errors?.first?.hint?.hasPrefix("did you mean 'owner'?") == true)
                let missing = await #expect(throws: ClientError.self) { try await client.get(.models, "wine") }
                #expect(missing?.problem?.status == 404)
                let lifted = await #expect(throws: ClientError.self) { try await client.liftHold("x/y", reason: "z") }
                #expect(lifted?.code == .refused)
            }
            try await Self.withClient(peer, token: "muster-op-nobody") { client in
                let error = await #expect(throws: ClientError.self) { try await client.whoAmI() }
                #expect(error?.problem?.status == 401)
                #expect(error?.hint?.contains("muster login") == true)
            }
        }
    }

    @Test func whoAsksTooOftenIsAskedToWait() async throws {
        try await Self.withPeer(rate: .init(perSecond: 1, atOnce: 1)) { peer in
            try await Self.withClient(peer) { client in
                // The second comes too early, and is sent again when the controller says.
                for _ in 0..<2 {
                    let identity = try await client.whoAmI()
                    #expect(identity.role == "admin")
                }
            }
            try await Self.withClient(peer, timeout: Span(milliseconds: 900)) { client in
                let error = await #expect(throws: ClientError.self) {
                    for _ in 0..<20 { _ = try await client.whoAmI() }
                }
                #expect(error?.problem?.status == 429, "it does not wait longer than the call may take")
            }
        }
    }

    @Test func aBundleIsSentOnceAndWhole() async throws {
        try await Self.withPeer { peer in
            let path = "\(peer.directory)/bundle"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            let content = (0..<1_300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 / 251) }
            try Data(content).write(to: URL(filePath: "\(path)/model.bin"))
            try Data(content).write(to: URL(filePath: "\(path)/copy.bin"))
            let bundle = try BundleDirectory(path: path)
            try await Self.withClient(peer) { client in
                let first = try await client.push(bundle) { _, total in #expect(total == 1_300_000) }
                #expect(first.uploaded == 1 && first.bytes == 1_300_000)
                #expect(try await client.hasBlob(bundle.list.digest, size: 1))
                #expect(try await client.hasBlob(Digest(of: content), size: 1))
                let second = try await client.push(bundle) { _, _ in Issue.record("sent again") }
                #expect(second.uploaded == 0)
                // A file that changes between the hashing and the sending is refused, not stored.
                try Data(content.reversed()).write(to: URL(filePath: "\(path)/late.bin"))
                let late = try BundleDirectory(path: path)
                try Data(content).write(to: URL(filePath: "\(path)/late.bin"))
                let error = await #expect(throws: ClientError.self) { try await client.push(late) { _, _ in } }
                #expect(error?.message.contains("cut short or changed") == true)
                #expect(try await !client.hasBlob(late.list.digest, size: 1))
            }
        }
    }

    @Test func onlyThePinnedAuthorityIsTrusted() async throws {
        try await Self.withPeer { peer in
            let pin = Digest(of: "another".utf8)
            let wrongPin = await #expect(throws: ClientError.self) {
                try await AuthorityPin.fetch(url: peer.url, pin: pin)
            }
            #expect(wrongPin?.code == .untrusted)
            #expect(wrongPin?.message.contains("\(peer.credentials.authority)") == true)
            let now = Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
            let stranger = try CertificateAuthority.create(trustDomain: "muster.test", now: now)
            try await Self.withClient(peer, pem: stranger.certificatePEM) { client in
                let error = await #expect(throws: ClientError.self) { try await client.whoAmI() }
                #expect(error?.code == .untrusted)
            }
            // A name that the certificate bears as well.
            var local = peer
            local.url = peer.url.replacing("127.0.0.1", with: "localhost")
            try await Self.withClient(local) { client in
                let identity = try await client.whoAmI()
                #expect(identity.role == "admin")
            }
        }
        let nobody = await #expect(throws: ClientError.self) {
            try await AuthorityPin.fetch(url: "https://127.0.0.1:1", pin: Digest(of: []))
        }
        #expect(nobody?.code == .unreachable)
    }

    @Test(
        arguments: [
            ("https://a.example", "https://a.example:7444"), ("https://a:1/", "https://a:1"),
            ("https://[::1]:9", "https://[::1]:9"), ("http://a", nil), ("a:7444", nil), ("https://u@a", nil),
            ("https://a/b", nil), ("", nil), ("https://a?x=1", nil),
        ] as [(String, String?)]
    )
    func addressesAreReadStrictly(text: String, origin: String?) {
        #expect((try? ServerURL.origin(of: text)) == origin)
    }
}
