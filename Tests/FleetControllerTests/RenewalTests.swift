import DaemonKit
import Fleet
import FleetProtocol
import FleetSecurity
import FleetStore
import FleetTestSupport
import Foundation
import NIOCore
import RPCTransport
import Synchronization
import Testing

@testable import FleetAgent
@testable import FleetController

/// Certificates that are renewed in time, and those that are not: real agents' links and a real controller. TLS looks at the
/// machine's clock, so a certificate that has ended is one that a controller of some days ago has given.
@Suite(.timeLimit(.minutes(2))) struct RenewalTests {
    private static let day = Span.seconds(86_400)

    /// Runs a test with a host that enrolled so many days ago with a controller that is started anew.
    private func away(
        _ days: Int64,
        renewWithin: Span = .seconds(30 * 86_400),
        time: TimeSource = .system,
        meanwhile: @escaping @Sendable (ControllerFixture) async throws -> Void = { _ in },
        _ body: @escaping @Sendable (ControllerFixture, AgentIdentity) async throws -> Void
    ) async throws {
        let directory = NSTemporaryDirectory() + "muster-renewal-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let past = ShiftedTime(days: -days).source
        try await ControllerFixture.run(directory: directory, time: past) { fixture in
            _ = try await fixture.enrol("h1", time: past)
            try await meanwhile(fixture)
        }
        try await ControllerFixture.run(directory: directory, time: time, renewWithin: renewWithin) { fixture in
            // The port is another one now.
            let path = "\(directory)/hosts/h1/agent.json"
            var settings = try AgentIdentity(directory: "\(directory)/hosts/h1").settings
            settings.controllerPort = fixture.controller.agentPort
            try Data(try JSONEncoder().encode(settings)).write(to: URL(fileURLWithPath: path))
            try await body(fixture, try AgentIdentity(directory: "\(directory)/hosts/h1"))
        }
    }

    private func until(_ what: String, _ condition: () async throws -> Bool) async rethrows {
        let limit = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < limit {
            if try await condition() { return }
            await Task.yield()
        }
        Issue.record("never \(what)")
    }

    private func facts(_ identity: AgentIdentity) throws -> CertificateFacts {
        try CertificateFacts(pem: identity.certificatePEM())
    }

    private func dial(_ identity: AgentIdentity, _ fixture: ControllerFixture) async -> String {
        do {
            let dialer = ControllerDialer(identity: identity, time: .system, logger: fixture.logger)
            try await dialer.connect().close()
            return "(it was let in)"
        } catch {
            return "\(error)"
        }
    }

    // MARK: After a long absence

    @Test func aHostThatWasAwayReturnsByItsKey() async throws {
        try await away(20) { fixture, identity in
            let old = try facts(identity)
            #expect(old.notAfter < TimeSource.system.now())
            let host = ScriptedHost()
            try await fixture.withHosts([(identity, host)]) {
                await until("in a session") { host.state.withLock { $0.hasSession } }
                // The bulk connection dials with the new one too: the old one would not be taken.
                let bulk = BulkConnection(identity: identity, logger: fixture.logger)
                bulk.forget(try await bulk.open())
            }
            let new = try facts(identity)
            #expect(new.notAfter > TimeSource.system.now() + .seconds(6 * 86_400) && new.key == old.key)
            let written = try AgentIdentity(directory: "\(fixture.directory)/hosts/h1")
            #expect(try written.certificatePEM() == identity.certificatePEM())
            let page = try await fixture.operations.audit(kind: .host, name: "h1")
            #expect(page.items.map(\.verb) == ["enrol", "renew"])
            #expect(page.items.last?.actor == "host/h1" && page.items.last?.after?.contains("bound key") == true)
        }
    }

    @Test(arguments: [
        (40, 30, "longer ago than the 30 days of this controller"), (20, 0, "lets no host back in by its key"),
        (20, 12, "restart the controller once with a longer --renew-within"),
    ]) func theOperatorsLimitHolds(days: Int64, limit: Int64, words: String) async throws {
        try await away(days, renewWithin: .seconds(limit * 86_400)) { fixture, identity in
            let why = await dial(identity, fixture)
            #expect(why.contains(words), "\(why)")
            let end = try facts(identity).notAfter
            #expect(end < TimeSource.system.now())
        }
    }

    @Test func aRevokedHostAndADeletedOneStayOut() async throws {
        try await away(20) { fixture, identity in
            _ = try await fixture.operations.revokeHost("h1", by: fixture.admin, reason: "stolen")
            #expect(await dial(identity, fixture).contains("host 'h1' was revoked"))
            _ = try await fixture.operations.deleteHost("h1", by: fixture.admin, reason: nil)
            // A refusal costs the address a second.
            await until("told so") { await dial(identity, fixture).contains("no host of this fleet has that id") }
        }
    }

    /// What a peer without a certificate sends, and what it gets.
    private func refusal(
        _ fixture: ControllerFixture,
        _ identity: AgentIdentity,
        key: HostKey,
        spoil: (inout BoundKeyProof) -> Void = { _ in },
        times: Int = 1
    ) async throws -> String {
        let connection = try await RPCClient.connect(
            to: RPCTarget(host: "127.0.0.1", port: fixture.controller.agentPort, serverName: "muster-controller"),
            tls: RPCClientTLS(trust: .roots(pem: Array(identity.authorityPEM.utf8))),
            logger: fixture.logger
        )
        defer { connection.close() }
        var request = WireRenewRequest()
        request.certificateSigningRequest = try key.certificateSigningRequest()
        request.boundKey.hostID = identity.settings.hostID
        let first = try await connection.unary(path: LinkMethod.renew, message: request.buffer())
        var proof = BoundKeyProof(
            hostID: identity.settings.hostID,
            authority: fixture.controller.authorityDigest,
            challenge: Array(try WireRenewResponse(buffer: first).challenge),
            request: request.certificateSigningRequest
        )
        #expect(proof.challenge.count >= 16)
        spoil(&proof)
        request.boundKey.signature = Data(try key.signature(of: proof))
        do {
            for _ in 0..<times { _ = try await connection.unary(path: LinkMethod.renew, message: request.buffer()) }
            return "(it was let in)"
        } catch {
            return "\(error)"
        }
    }

    @Test func onlyTheBoundKeyAndAFreshProofCount() async throws {
        try await away(20) { fixture, identity in
            let key = try HostKey(pem: identity.keyPEM)
            let other = try await refusal(fixture, identity, key: try HostKey.generate())
            #expect(other.contains("its last certificate bound another key"), "\(other)")
            try await until("the challenge must be signed") {
                try await refusal(fixture, identity, key: key) { $0.challenge[0] ^= 1 }
                    .contains("not what it was asked to sign")
            }
            try await until("so must the host's id") {
                try await refusal(fixture, identity, key: key) { $0.hostID = "another" }
                    .contains("not what it was asked to sign")
            }
            try await until("a proof is good once") {
                try await refusal(fixture, identity, key: key, times: 2)
                    .contains("it was asked for nothing on this connection")
            }
            try await until("and a good one is good") {
                try await refusal(fixture, identity, key: key) == "(it was let in)"
            }
        }
    }

    @Test func anAddressThatFailsIsHeldOff() async throws {
        try await away(20) { fixture, identity in
            let strange = try HostKey.generate()
            _ = try await refusal(fixture, identity, key: strange)
            #expect(try await refusal(fixture, identity, key: strange).contains("try again in a second"))
        }
    }

    @Test func aKeyThatWasNeverKeptIsLearntInTheNextSession() async throws {
        let meanwhile: @Sendable (ControllerFixture) async throws -> Void = { fixture in
            // As a controller gave it that kept no keys.
            let identity = try AgentIdentity(directory: "\(fixture.directory)/hosts/h1")
            let (host, now) = (identity.settings.hostID, TimeSource.system.now() + .seconds(-2 * 86_400))
            let old = try fixture.operations.authority.issueHost(
                csrPEM: try HostKey(pem: identity.keyPEM).certificateSigningRequest(),
                hostID: host,
                now: now
            )
            try identity.replaceCertificate(old.pem)
            let record = CertificateRecord(serial: old.serialHex, host: host, notAfter: old.notAfter, issuedAt: now)
            try await fixture.operations.store.write(
                Change(actor: "test", now: now, term: fixture.operations.term)
            ) { try $0.putCertificate(record) }
        }
        try await away(5, meanwhile: meanwhile) { fixture, identity in
            let host = ScriptedHost()
            let id = identity.settings.hostID
            let unknown = try await fixture.operations.store.read { reader in
                try reader.hostsWithUnknownKey(at: .init(milliseconds: 0))
            }
            #expect(unknown == [id])
            try await fixture.withHosts([(identity, host)]) {
                try await until("the key is kept") {
                    try await fixture.operations.store.read {
                        try $0.hostsWithUnknownKey(at: .init(milliseconds: 0)).isEmpty
                    }
                }
            }
            let kept = try await fixture.operations.store.read { try $0.certificates(of: id).map(\.key) }
            #expect(Set(kept) == [try facts(identity).key])
        }
    }

    // MARK: At half of its life

    @Test func aSessionThatBeginsLateRenewsAtOnce() async throws {
        try await away(4) { fixture, identity in
            let old = try facts(identity)
            try await fixture.withHosts([(identity, ScriptedHost())]) {
                try await until("renewed") { try facts(identity).serialHex != old.serialHex }
            }
            let stored = try await fixture.operations.store.read { try $0.certificates(of: identity.settings.hostID) }
            #expect(stored.map(\.serial) == [old.serialHex, try facts(identity).serialHex])
            #expect(try await fixture.operations.audit(kind: .host, name: "h1").items.map(\.verb) == ["enrol"])
        }
    }

    @Test func aLongSessionRenewsInTime() async throws {
        try await ControllerFixture.run { fixture in
            let identity = try await fixture.enrol("h1")
            let old = try facts(identity)
            let (time, host) = (ShiftedTime(days: 0), ScriptedHost())
            let link = ControllerLink(identity: identity, host: host, time: time.source, logger: fixture.logger)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await link.run() }
                await until("in a session") { host.state.withLock { $0.hasSession } && time.waiters == 1 }
                time.shift(days: 3)
                await until("looked at again") { time.waiters == 1 }
                #expect(try facts(identity) == old, "too early")
                time.shift(days: 4)
                try await until("renewed") { try facts(identity).serialHex != old.serialHex }
                #expect(host.state.withLock { $0.hasSession })
                group.cancelAll()
            }
        }
    }

    @Test func aFullDiskCostsNoCertificate() async throws {
        try await away(20) { fixture, identity in
            let path = "\(fixture.directory)/hosts/h1/certificate.pem"
            let old = try Data(contentsOf: URL(fileURLWithPath: path))
            // Nothing can be renamed onto a directory.
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.createDirectory(atPath: path + "/full", withIntermediateDirectories: true)
            #expect(throws: (any Error).self) { try identity.replaceCertificate(String(decoding: old, as: UTF8.self)) }
            let host = ScriptedHost()
            try await fixture.withHosts([(identity, host)]) {
                await until("in a session") { host.state.withLock { $0.hasSession } }
            }
            let new = try identity.certificatePEM()
            try FileManager.default.removeItem(atPath: path)
            try identity.writeHeldCertificate()
            #expect(try String(contentsOfFile: path, encoding: .utf8) == new)
        }
    }

    @Test func anAnswerForAnotherKeyIsNotTaken() async throws {
        try await ControllerFixture.run { fixture in
            let (identity, other) = (try await fixture.enrol("h1"), try await fixture.enrol("h2"))
            let old = try identity.certificatePEM()
            #expect(throws: AgentLinkError.self) { try identity.replaceCertificate(other.certificatePEM()) }
            #expect(try identity.certificatePEM() == old)
        }
    }

    // MARK: Beyond its end

    @Test func anOpenSessionEndsWithItsCertificate() async throws {
        let time = ShiftedTime(days: 0)
        let directory = NSTemporaryDirectory() + "muster-renewal-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await ControllerFixture.run(directory: directory, time: time.source) { fixture in
            let identity = try await fixture.enrol("h1")
            let host = ScriptedHost()
            try await fixture.withHosts([(identity, host)]) {
                await until("in a session") { host.state.withLock { $0.hasSession } }
                let bulk = BulkConnection(identity: identity, logger: fixture.logger)
                let open = try await bulk.open()
                time.shift(days: 8)
                await until("sent away") { !host.state.withLock { $0.hasSession } }
                let path = LinkMethod.blobs + String(repeating: "0", count: 64)
                #expect(try await open.get(path: path).head.status == 401)
                // What it has already it may renew.
                try await CertificateRenewal(identity: identity).renew(on: open)
                let end = try facts(identity).notAfter
                #expect(end > time.source.now())
            }
        }
    }
}
