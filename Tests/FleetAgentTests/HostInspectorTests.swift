import DaemonKit
import Fleet
import Testing

@testable import FleetAgent

/// What a host says of itself, with a real replica.
@Suite(.timeLimit(.minutes(1))) struct HostInspectorTests {
    @Test func whatRunsAndWhatItTakesIsSaid() async throws {
        try await AgentFixture.run { fixture in
            let first = try fixture.revision(1, answer: 10)
            try await fixture.agent { agent in
                try await agent.give(fixture.item(1, .converge, first))
                let report = try await agent.until { $0.state == .verified }
                let inspector = HostInspector(
                    settings: fixture.settings,
                    files: fixture.files,
                    supervisor: agent,
                    check: HostCheck(files: fixture.files, ports: .standard, setting: .off),
                    startedAt: Instant(milliseconds: 1),
                    time: .system
                )
                let inspection = inspector.inspection()
                #expect(inspection.host == "host-1" && inspection.directory == fixture.files.directory)
                let replica = try #require(inspection.replicas.first)
                #expect(replica.report == report && replica.model == "wine" && replica.version == "1.0.0")
                #expect(replica.endpoint == 8080 && replica.log == "\(fixture.files.logs)/wine.log")
                #expect(inspection.files["blobs"] ?? 0 > 0 && inspection.files["journal"] ?? 0 > 0)
                #expect(inspection.memoryUsed ?? 0 > 0 && inspection.disk ?? 0 > inspection.diskUsed ?? 0)
                #expect(inspection.findings.contains { $0.name == "endpoint" && $0.next != nil })
                let bytes = try JSONCoding.encode(inspection)
                #expect(try JSONCoding.decode(HostInspection.self, from: bytes) == inspection)
                #expect(agent.log(of: "uid-1") == ReplicaLogPlace(name: "wine", path: "\(fixture.files.logs)/wine.log"))
                #expect(agent.log(of: "uid-2") == nil)
            }
        }
    }
}
