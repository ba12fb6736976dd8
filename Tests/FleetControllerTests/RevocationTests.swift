import DaemonKit
import Fleet
import FleetProtocol
import FleetTestSupport
import Foundation
import NIOCore
import RPCTransport
import Synchronization
import Testing

@testable import FleetAgent
@testable import FleetController

/// What a revocation ends, and what it does not.
@Suite(.timeLimit(.minutes(2))) struct RevocationTests {
    @Test func everyConnectionIsCutAndTheModelServesOn() async throws {
        try await ControllerFixture.run { fixture in
            let (identity, script) = (try await fixture.enrol("h1"), ScriptedHost())
            try await fixture.withHosts([(identity, script)]) {
                _ = try await fixture.apply(version: "1")
                try await fixture.wait("serving") { $0.rollout?.state == .succeeded }
                let bulk = try await BulkConnection(identity: identity, logger: fixture.logger).open()
                // A stream that is open, and asks for nothing any more.
                let telemetry = try await bulk.openStream(path: LinkMethod.telemetry)
                let entry = try #require(fixture.operations.directory[identity.settings.hostID])
                let control = try #require(entry.state.withLock { $0.session?.connection })
                #expect(entry.state.withLock { $0.connections.count } == 2)
                let began = ContinuousClock.now
                _ = try await fixture.operations.revokeHost("h1", by: fixture.admin, reason: "stolen")
                try await bulk.closed.get()
                await #expect(throws: RPCStatus.self) { for try await _ in telemetry.inbound {} }
                let limit = ContinuousClock.now + .seconds(20)
                while entry.state.withLock({ !$0.connections.isEmpty }), ContinuousClock.now < limit {
                    await Task.yield()
                }
                #expect(entry.state.withLock { $0.connections[ObjectIdentifier(control)] == nil })
                #expect(ContinuousClock.now - began < .seconds(10))
                #expect(script.state.withLock { $0.serving.count } == 1, "its model was taken down")
            }
            let dialer = ControllerDialer(identity: identity, time: .system, logger: fixture.logger)
            let connection = try await dialer.connect()
            for path in [LinkMethod.renew, LinkMethod.telemetry, LinkMethod.session, LinkMethod.answer] {
                let refusal = await #expect(throws: RPCStatus.self) {
                    _ = try await connection.unary(path: path, message: ByteBuffer())
                }
                #expect(refusal?.code == .permissionDenied, "\(path)")
                #expect(refusal?.message.contains("was revoked") == true, "\(path)")
            }
            #expect(try await connection.get(path: LinkMethod.blobs + "00").head.status == 403)
            connection.close()
        }
    }
}
