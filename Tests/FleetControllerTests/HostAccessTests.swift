import Fleet
import FleetAgent
import FleetStore
import FleetTestSupport
import Foundation
import Synchronization
import Testing

@testable import FleetController

/// What a person does with hosts themselves, seen from real links.
@Suite(.timeLimit(.minutes(2))) struct HostAccessTests {
    /// Runs a test with a deployment that serves on these hosts.
    private func serving(
        _ names: [String],
        _ body: @escaping @Sendable (ControllerFixture, [String: ScriptedHost]) async throws -> Void
    ) async throws {
        try await ControllerFixture.run { fixture in
            var hosts: [(AgentIdentity, ScriptedHost)] = []
            var scripts: [String: ScriptedHost] = [:]
            for name in names {
                let script = ScriptedHost()
                hosts.append((try await fixture.enrol(name), script))
                scripts[name] = script
            }
            try await fixture.withHosts(hosts) { [scripts] in
                _ = try await fixture.apply(version: "1")
                try await fixture.wait("version 1 everywhere") { view in
                    view.rollout?.state == .succeeded && view.hosts.count == names.count
                        && view.hosts.allSatisfy { $0.serving?.version == "1" }
                }
                try await body(fixture, scripts)
            }
        }
    }

    @Test func aRevokedHostIsSentAwayAndServesOn() async throws {
        try await serving(["h1", "h2"]) { fixture, scripts in
            let view = try await fixture.operations.revokeHost("h1", by: fixture.admin, reason: "stolen")
            #expect(view.host.isRevoked)
            let audit = try await fixture.operations.audit(kind: .host, name: "h1")
            #expect(audit.items.map(\.verb) == ["enrol", "revoke"])
            let limit = ContinuousClock.now + .seconds(20)
            while scripts["h1"]?.state.withLock({ $0.hasSession }) == true, ContinuousClock.now < limit {
                await Task.yield()
            }
            #expect(scripts["h1"]?.state.withLock { $0.hasSession } == false)
            #expect(scripts["h1"]?.state.withLock { $0.serving.count } == 1, "its model was taken down")
            let hosts = try await fixture.operations.hosts(nil).items
            #expect(hosts.map(\.connected) == [false, true] && hosts.map(\.host.isRevoked) == [true, false])
            let slip = await refusal {
                _ = try await fixture.operations.revokeHost("h3", by: fixture.admin, reason: "x")
            }
            #expect(slip?.code == .notFound && slip?.hint?.contains("did you mean") == true)
        }
    }

    @Test func aHostIsForgottenOnceItIsGone() async throws {
        try await serving(["h1", "h2"]) { fixture, _ in
            let early = await refusal {
                _ = try await fixture.operations.deleteHost("h1", by: fixture.admin, reason: nil)
            }
            #expect(early?.code == .conflict && early?.hint?.contains("muster host revoke h1") == true)
            _ = try await fixture.operations.revokeHost("h1", by: fixture.admin, reason: "scrapped")
            _ = try await fixture.operations.deleteHost("h1", by: fixture.admin, reason: nil)
            #expect(try await fixture.operations.hosts(nil).items.map(\.host.name) == ["h2"])
            try await fixture.wait("without it") { $0.hosts.map(\.host) == ["h2"] }
            // The others go on.
            _ = try await fixture.apply(version: "2")
            try await fixture.wait("version 2") { view in
                view.rollout?.state == .succeeded && view.hosts.map(\.serving?.version) == ["2"]
            }
            let page = try await fixture.operations.audit(kind: .host, name: "h1")
            #expect(page.items.map(\.verb) == ["enrol", "revoke", "delete"])
        }
    }

    @Test func labelsDecideWhereItRuns() async throws {
        try await serving(["h1", "h2", "h3"]) { fixture, scripts in
            let all: Set<String> = ["h1", "h2", "h3"]
            let braked = await refusal {
                _ = try await fixture.operations.label(
                    all,
                    set: ["site": "ulm"],
                    removing: [],
                    by: fixture.admin,
                    reason: nil,
                    allowRemoval: false
                )
            }
            #expect(braked?.code == .removalNotAllowed && braked?.message.contains("3 hosts: h1, h2, h3") == true)
            #expect(try await fixture.operations.hosts(nil).items.allSatisfy { $0.host.labels["site"] == "lyon" })
            // One host needs no leave.
            let listing = try await fixture.operations.label(
                ["h2"],
                set: ["site": "ulm", "rack": "7"],
                removing: ["no-such-label"],
                by: fixture.admin,
                reason: "moved",
                allowRemoval: false
            )
            #expect(listing.items.map(\.host.labels) == [["site": "ulm", "rack": "7"]])
            try await fixture.wait("removed where it is not selected") { $0.hosts.map(\.host) == ["h1", "h3"] }
            #expect(scripts["h2"]?.state.withLock { $0.serving.isEmpty } == true)
            _ = try await fixture.operations.label(
                ["h2"],
                set: ["site": "lyon"],
                removing: ["rack"],
                by: fixture.admin,
                reason: nil,
                allowRemoval: false
            )
            try await fixture.wait("back") { view in
                view.hosts.count == 3 && view.hosts.allSatisfy { $0.serving?.version == "1" }
            }
            let labels = try await fixture.operations.hosts(nil).items.map(\.host.labels)
            #expect(labels == Array(repeating: ["site": "lyon"], count: 3))
        }
    }

    @Test func aCordonedHostIsLeftOutUntilItIsFree() async throws {
        try await serving(["h1", "h2"]) { fixture, _ in
            let view = try await fixture.operations.cordonHost("h1", by: fixture.admin, reason: "its disk")
            #expect(view.host.cordon?.actor == fixture.admin.name && view.host.cordon?.reason == "its disk")
            // Who said so first stays.
            let again = try await fixture.operations.cordonHost("h1", by: fixture.admin, reason: "another")
            #expect(again.host.cordon == view.host.cordon)
            _ = try await fixture.apply(version: "2")
            let left = try await fixture.wait("version 2 on the other") { view in
                view.rollout?.state == .succeeded && view.hosts.map(\.serving?.version) == ["1", "2"]
            }
            let whys = left?.explanations.map(\.why) ?? []
            #expect(whys.contains { $0.hasPrefix("h1 is cordoned by") && $0.contains("its disk") }, "\(whys)")
            _ = try await fixture.operations.uncordonHost("h1", by: fixture.admin, reason: "a new disk")
            try await fixture.wait("version 2 everywhere") { view in
                view.hosts.allSatisfy { $0.serving?.version == "2" }
            }
            let page = try await fixture.operations.audit(kind: .host, name: "h1")
            #expect(page.items.map(\.verb) == ["enrol", "cordon", "uncordon"])
            #expect(page.items.map(\.reason) == [nil, "its disk", "a new disk"])
        }
    }

    @Test func aPortIsGrantedToEndpointsAndTakenBack() async throws {
        try await serving(["h1"]) { fixture, _ in
            let operations = fixture.operations
            let admin = fixture.admin
            let view = try await operations.adoptPort(9090, onHost: "h1", by: admin, reason: "an older server")
            #expect(view.host.adoptedPorts?.map(\.port) == [9090] && view.host.adoptedPorts?.first?.actor == admin.name)
            // Who said so first stays.
            let again = try await operations.adoptPort(9090, onHost: "h1", by: admin, reason: "another")
            #expect(again.host.adoptedPorts == view.host.adoptedPorts)
            let two = try await operations.adoptPort(8080, onHost: "h1", by: admin, reason: nil)
            #expect(two.host.adoptedPorts?.map(\.port) == [8080, 9090])
            let unknown = await #expect(throws: ControllerError.self) {
                _ = try await operations.adoptPort(8080, onHost: "h2", by: admin, reason: nil)
            }
            #expect(unknown?.message == "there is no host 'h2'" && unknown?.hint == "did you mean 'h1'?")
            let never = await #expect(throws: ControllerError.self) {
                _ = try await operations.releasePort(8081, onHost: "h1", by: admin, reason: nil)
            }
            #expect(never?.code == .notFound && never?.hint == "granted: 8080, 9090", "\(never.map { "\($0)" } ?? "")")
            _ = try await operations.releasePort(8080, onHost: "h1", by: admin, reason: nil)
            let last = try await operations.releasePort(9090, onHost: "h1", by: admin, reason: "it is stopped")
            #expect(last.host.adoptedPorts == nil)
            let page = try await operations.audit(kind: .host, name: "h1")
            #expect(page.items.map(\.verb) == ["enrol", "adopt-port", "adopt-port", "release-port", "release-port"])
            _ = try await operations.revokeHost("h1", by: admin, reason: "stolen")
            let revoked = await #expect(throws: ControllerError.self) {
                _ = try await operations.adoptPort(8080, onHost: "h1", by: admin, reason: nil)
            }
            #expect(revoked?.code == .conflict)
        }
    }

    private final class Told: Sendable {
        let end = Mutex<Instant?>(nil)
    }

    @Test func theEndOfACertificateIsToldAlsoByTheNextController() async throws {
        let directory = NSTemporaryDirectory() + "muster-certificates-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let told = Told()
        try await ControllerFixture.run(directory: directory) { fixture in
            _ = try await fixture.enrol("h1")
            let end = try #require(try await fixture.operations.host(named: "h1").certificateEnds)
            let left = end.milliseconds - Int64(Date().timeIntervalSince1970 * 1000)
            #expect((6 * 86_400_000...7 * 86_400_000).contains(left), "a host's certificate lives for 7 days")
            told.end.withLock { $0 = end }
        }
        try await ControllerFixture.run(directory: directory) { fixture in
            #expect(try await fixture.operations.host(named: "h1").certificateEnds == told.end.withLock { $0 })
            let revoked = try await fixture.operations.revokeHost("h1", by: fixture.admin, reason: "stolen")
            #expect(revoked.certificateEnds == nil)
        }
    }

    /// A grant that cannot be used says so: where the host cannot switch, and where its agent is older than the order.
    @Test func aGrantThatDoesNothingIsToldOf() async throws {
        var state = HostEntry.State(
            host: FleetHost(
                id: "h",
                name: "h1",
                labels: [:],
                machine: "m",
                instance: "i",
                enrolledAt: Instant(milliseconds: 1)
            ),
            given: 0,
            outboxAcknowledged: 0,
            lastHeard: nil
        )
        state.report = HostReport(
            sequence: 1,
            assignment: .none,
            facts: HostFacts(
                agentVersion: "1",
                user: "u",
                isRoot: false,
                address: "10.0.0.1",
                kernel: "",
                processors: 1,
                memory: 1,
                boot: "b",
                endpointRefusal: "nft is not installed"
            ),
            replicas: []
        )
        #expect(state.adoptionWarnings(of: state.host).isEmpty, "nothing is granted")
        var granted = state.host
        granted.adoptedPorts = [
            PortAdoption(port: 8080, actor: "ada", reason: nil, since: Instant(milliseconds: 1))
        ]
        // Also where memory has not taken it over yet.
        let told = state.adoptionWarnings(of: granted).first ?? ""
        #expect(told.contains("cannot switch endpoints: nft is not installed"), "\(told)")
        state.report?.facts.endpointRefusal = nil
        #expect(state.adoptionWarnings(of: granted).isEmpty)
    }

    @Test func aPlanShowsWhoIsCordoned() async throws {
        try await serving(["h1", "h2"]) { fixture, _ in
            _ = try await fixture.operations.cordonHost("h1", by: fixture.admin, reason: "its disk")
            let plan = try await fixture.operations.plan(try await fixture.documents(version: "2"), by: fixture.admin)
            let note = plan.hosts.first { $0.host == "h1" }?.note
            #expect(note?.contains("it follows after: muster host uncordon h1") == true, "\(note ?? "none")")
        }
    }

    /// What is stored later counts, whichever of two changes is taken over first; and who was told of a change does not read
    /// from a memory that lacks it.
    @Test func memoryFollowsTheStore() async throws {
        try await ControllerFixture.run { fixture in
            let id = try await fixture.enrol("h1").settings.hostID
            let directory = fixture.operations.directory
            let entry = try #require(directory[id])
            let records = try await fixture.operations.write(by: fixture.admin, reason: nil) { writer in
                var records: [HostRecord] = []
                for rack in ["1", "2", "3", "2"] {
                    _ = try writer.setLabels(["rack": rack], ofHost: id)
                    records.append(try FleetOperations.host("h1", in: writer.reader))
                }
                return records
            }
            #expect(entry.take(records[1]) && !entry.take(records[0]) && !entry.take(records[1]))
            #expect(entry.host.labels == ["rack": "2"])
            // There and back again: the way back is nothing new, and what lay between comes too late.
            #expect(!entry.take(records[3]) && !entry.take(records[2]))
            #expect(entry.host.labels == ["rack": "2"])
            #expect(directory.settled(named: "h1") === entry && directory.settled(named: "h2") == nil)
            await directory.changing {
                #expect(directory.settled(named: "h1") == nil)
                #expect((try? await fixture.operations.host(named: "h1"))?.host.labels == ["rack": "2"])
            }
            #expect(directory.settled(named: "h1") === entry)
            #expect(try await fixture.operations.host(named: "h1").host == entry.host)
            let slip = await refusal { _ = try await fixture.operations.host(named: "h2") }
            #expect(slip?.code == .notFound && slip?.hint?.contains("'h1'") == true)
        }
    }
}
