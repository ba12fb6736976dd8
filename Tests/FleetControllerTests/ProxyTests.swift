import DaemonKit
import Fleet
import FleetProtocol
import FleetSecurity
import FleetTestSupport
import Foundation
import NIOCore
import RPCTransport
import Synchronization
import Testing

@testable import FleetAgent
@testable import FleetController

/// Enrolment, both connections and blobs through a real proxy.
@Suite(
    .timeLimit(.minutes(2)),
    .enabled(if: Tinyproxy.isThere, "there is no tinyproxy: run Deploy/scripts/setup")
) struct ProxyTests {
    /// Enrols through a proxy; what the message of a refusal says.
    private func enrol(_ name: String, through proxy: ProxySetting, _ fixture: ControllerFixture) async throws -> String
    {
        let token = try await fixture.operations.makeHostTokens(
            count: 1,
            labels: ["site": "lyon"],
            timeToLive: .seconds(60),
            by: fixture.admin
        ).tokens[0]
        var enrolment = fixture.enrolment(name, token: token, data: "\(fixture.directory)/hosts/\(name)")
        enrolment.proxy = proxy
        do {
            try await enrolment.run(time: .system, random: .system, logger: fixture.logger)
            return "(it was enrolled)"
        } catch {
            return "\(error)"
        }
    }

    @Test func everythingGoesThroughIt() async throws {
        let proxy = try await Tinyproxy()
        let setting = ProxySetting(url: "http://127.0.0.1:\(proxy.port)")
        try await ControllerFixture.run { fixture in
            #expect(try await enrol("h1", through: setting, fixture) == "(it was enrolled)")
            let identity = try AgentIdentity(directory: "\(fixture.directory)/hosts/h1")
            #expect(identity.settings.proxy == setting)
            let host = ScriptedHost()
            try await fixture.withHosts([(identity, host)]) {
                _ = try await fixture.apply(version: "1")
                try await fixture.wait("serving") { $0.rollout?.state == .succeeded }
                let digest = Digest(of: "model 1".utf8)
                let blobs = ControllerBlobs(bulk: BulkConnection(identity: identity, logger: fixture.logger))
                var bytes: [UInt8] = []
                for try await chunk in try await blobs.open(digest, from: 0).body {
                    bytes += Array(chunk.readableBytesView)
                }
                #expect(String(decoding: bytes, as: UTF8.self) == "model 1")
            }
            #expect(host.state.withLock { $0.serving.count } == 1)
        }
        let tunnels = proxy.log.split(separator: "\n").count { $0.contains("CONNECT 127.0.0.1:") }
        #expect(tunnels == 3, "enrolment, control, bulk: \(proxy.log)")
    }

    @Test func aPasswordIsAskedForAndGiven() async throws {
        let proxy = try await Tinyproxy(account: "ana s3cret")
        let url = "http://127.0.0.1:\(proxy.port)"
        try await ControllerFixture.run { fixture in
            let file = "\(fixture.directory)/credentials"
            func write(_ text: String) throws {
                try? FileManager.default.removeItem(atPath: file)
                let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
                #expect(FileManager.default.createFile(atPath: file, contents: Data(text.utf8), attributes: attributes))
            }
            let without = try await enrol("h1", through: ProxySetting(url: url), fixture)
            #expect(without.contains("(407)") && without.contains("--proxy-credentials"), "\(without)")
            try write("ana:wrong\n")
            let setting = ProxySetting(url: url, credentials: file)
            let wrong = try await enrol("h1", through: setting, fixture)
            #expect(wrong.contains("those that were given are not taken") && !wrong.contains("wrong\n"), "\(wrong)")
            try write("ana:s3cret\n")
            #expect(try await enrol("h1", through: setting, fixture) == "(it was enrolled)")
            let text = try String(contentsOfFile: "\(fixture.directory)/hosts/h1/agent.json", encoding: .utf8)
            #expect(!text.contains("s3cret"))
            let identity = try AgentIdentity(directory: "\(fixture.directory)/hosts/h1")
            let host = ScriptedHost()
            try await fixture.withHosts([(identity, host)]) {
                let limit = ContinuousClock.now + .seconds(20)
                while host.state.withLock({ !$0.hasSession }), ContinuousClock.now < limit { await Task.yield() }
                #expect(host.state.withLock { $0.hasSession })
            }
        }
    }

    @Test func whatCannotBeReachedIsNamed() async throws {
        let proxy = try await Tinyproxy()
        let port = proxy.port
        try await ControllerFixture.run { fixture in
            let nobody = try await enrol("h1", through: ProxySetting(url: "http://127.0.0.1:1"), fixture)
            #expect(nobody.contains("cannot connect to the proxy 127.0.0.1:1"), "\(nobody)")
            var identity = try await fixture.enrol("h2")
            try identity.setProxy(ProxySetting(url: "http://127.0.0.1:\(port)"))
            var settings = identity.settings
            settings.controllerPort = 1
            try Data(try JSONEncoder().encode(settings)).write(
                to: URL(filePath: "\(fixture.directory)/hosts/h2/agent.json")
            )
            let lost = try AgentIdentity(directory: "\(fixture.directory)/hosts/h2")
            let dialer = ControllerDialer(identity: lost, time: .system, logger: fixture.logger)
            let refusal = await #expect(throws: RPCStatus.self) { _ = try await dialer.connect() }
            #expect(refusal?.message.contains("could not reach 127.0.0.1:1") == true, "\(refusal?.message ?? "")")
            // A proxy that is none: the controller itself.
            try identity.setProxy(ProxySetting(url: "http://127.0.0.1:\(fixture.controller.agentPort)"))
            let strange = ControllerDialer(identity: identity, time: .system, logger: fixture.logger)
            await #expect(throws: RPCStatus.self) { _ = try await strange.connect() }
            try identity.setProxy(ProxySetting.none)
            let direct = ControllerDialer(identity: identity, time: .system, logger: fixture.logger)
            try await direct.connect().close()
        }
    }

    /// TLS to the proxy, and TLS to the controller in it; Python's TLS stands before tinyproxy.
    @Test func aProxyMaySpeakTLSItself() async throws {
        let proxy = try await Tinyproxy()
        let port = proxy.port
        try await ControllerFixture.run { fixture in
            let identity = try await fixture.enrol("h1")
            let credentials = try fixture.operations.authority.issueServer(
                names: ["localhost"],
                addresses: ["127.0.0.1"],
                now: TimeSource.system.now()
            )
            let front = try await TLSFront(
                certificate: credentials.certificateChainPEM,
                key: credentials.keyPEM,
                to: port,
                in: fixture.directory
            )
            var configuration = RPCClientConfiguration()
            configuration.proxy = RPCProxy(
                host: "127.0.0.1",
                port: front.port,
                isTLS: true,
                trustRootsPEM: Array(identity.authorityPEM.utf8)
            )
            func connect() async throws -> RPCClientConnection {
                try await RPCClient.connect(
                    to: RPCTarget(
                        host: "127.0.0.1",
                        port: fixture.controller.agentPort,
                        serverName: "muster-controller"
                    ),
                    tls: RPCClientTLS(trust: .roots(pem: Array(identity.authorityPEM.utf8))),
                    configuration: configuration,
                    logger: fixture.logger
                )
            }
            try await connect().close()
            // The system does not know its authority.
            configuration.proxy?.trustRootsPEM = nil
            let refusal = await #expect(throws: RPCStatus.self) { _ = try await connect() }
            #expect(refusal?.message.contains("check its certificate") == true, "\(refusal?.message ?? "")")
            front.stop()
        }
    }
}
