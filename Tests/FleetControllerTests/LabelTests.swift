import Fleet
import FleetAgent
import FleetManifest
import FleetStore
import FleetTestSupport
import Synchronization
import Testing

@testable import FleetController

/// Labels of what manifests declare.
@Suite(.timeLimit(.minutes(2))) struct LabelTests {
    /// Applying the spec again after an abort begins a rollout; labelling must not.
    @Test func aLabelBeginsNoRollout() async throws {
        try await ControllerFixture.run { fixture in
            let script = ScriptedHost()
            let hosts = [(try await fixture.enrol("h1"), script)]
            try await fixture.withHosts(hosts) {
                _ = try await fixture.apply(version: "1")
                try await fixture.wait("version 1, known to have succeeded") { view in
                    view.rollout?.state == .succeeded
                        && script.state.withLock { $0.assignment.items.first?.succeeded.count == 1 }
                }
                script.fail(["2"])
                _ = try await fixture.apply(version: "2")
                let aborted = try await fixture.wait("aborted") { $0.rollout?.state == .aborted }
                let view = try await fixture.operations.label(
                    [NamedObject(kind: .deployment, name: "wine")],
                    set: ["team": "risk"],
                    removing: [],
                    by: fixture.admin,
                    reason: "sorting"
                )
                #expect(view.changes.map(\.action) == [.update])
                let after = try await fixture.operations.deployment(named: "wine")
                #expect(after.deployment.labels["team"] == "risk")
                #expect(after.rollout?.id == aborted?.rollout?.id && after.rollout?.state == .aborted)
                #expect(after.written.number == aborted?.written.number)
                #expect(after.wanted?.version == "1")
            }
            #expect(try await fixture.operations.read { try $0.auditBreak() } == nil)
        }
    }
}
