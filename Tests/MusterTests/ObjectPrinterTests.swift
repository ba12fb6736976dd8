import Fleet
import FleetManifest
import Testing

@testable import muster

@Suite struct ObjectPrinterTests {
    private func table(_ view: some PrintedView, _ format: OutputFormat = .table) throws -> String {
        try ObjectPrinter.text(view, as: format, style: .none, now: Samples.now)
    }

    @Test func deployments() throws {
        let new = Samples.revision(2, "2.0.0")
        let hosts = [
            Samples.host("lyon-1", .verified, serving: new),
            Samples.host("ulm-1", .starting, serving: Samples.revision(1, "1.0.0"), reason: "the model is not ready"),
        ]
        let view = try Samples.deployment(hosts: hosts, holds: [Samples.hold])
        #expect(
            try table(view) == """
                NAME  MODEL  WRITTEN  WANTED  HOSTS  STATUS   AGE
                wine  wine   2.0.0    2.0.0   1/2    waiting  2h
                """
        )
        #expect(
            try table(view, .wide) == """
                NAME  MODEL  WRITTEN  WANTED  HOSTS  STATUS   AGE  RUNTIME   SELECTOR             ENDPOINT   HOLDS  LABELS
                wine  wine   2.0.0    2.0.0   1/2    waiting  2h   mlserver  site in (lyon, ulm)  8080→http  1      env=demo
                """
        )
        #expect(try table(view, .name) == "deployment/wine")
        #expect(
            view.description(style: .none, now: Samples.now) == """
                Name:        wine
                Uid:         uid
                Labels:      env=demo
                Status:      waiting
                Written:     wine 2.0.0 (revision 2)
                Wanted:      wine 2.0.0 (revision 2)
                Runtime:     mlserver
                Selector:    site in (lyon, ulm)
                Endpoint:    8080 → http
                Stable for:  30s (rollback 3s)
                Created:     2026-11-21T16:38:20Z (2h ago)

                Holds:
                  b7c1  wine 2.0.0 (revision 2), by ada at 2026-11-21T17:38:20Z: wine 71 is class 0

                Hosts:
                  HOST    STATE     SERVING    WAY BACK   PID   SINCE  REASON
                  lyon-1  verified  2.0.0 (2)  1.0.0 (1)  4711  1m     -
                  ulm-1   starting  1.0.0 (1)  1.0.0 (1)  4711  1m     the model is not ready
                """
        )
    }

    @Test func statusesAreToldApart() throws {
        let new = Samples.revision(2, "2.0.0")
        let settled = [Samples.host("lyon-1", .verified, serving: new)]
        func status(_ view: DeploymentView) -> String { view.cells(now: Samples.now)[5].text }
        #expect(status(try Samples.deployment(hosts: settled)) == "converged")
        #expect(status(try Samples.deployment(hosts: settled, holds: [Samples.hold])) == "held")
        #expect(status(try Samples.deployment(hosts: [])) == "no hosts")
        var view = try Samples.deployment(hosts: settled)
        view.rollout = Samples.rollout(.aborting, [.reverting]).rollout
        #expect(status(view) == "aborting")
        view.removing = true
        #expect(status(view) == "removing")
    }

    @Test func hostsHoldsAndRollouts() throws {
        let host = HostView(
            host: FleetHost(
                id: "h1",
                name: "lyon-1",
                labels: ["site": "lyon", "gpu": ""],
                machine: "m",
                instance: "i",
                enrolledAt: Samples.ago(100)
            ),
            connected: true,
            lastSeen: Samples.ago(4),
            report: HostReport(
                sequence: 1,
                assignment: .none,
                facts: HostFacts(
                    agentVersion: "0.1.0",
                    user: "root",
                    isRoot: true,
                    address: "127.0.0.11",
                    kernel: "Linux 6.1",
                    processors: 2,
                    memory: 8 << 30,
                    boot: "b"
                ),
                replicas: []
            ),
            warnings: ["replicas run as root"]
        )
        #expect(
            try table(host, .wide) == """
                NAME    STATUS               LABELS          REPLICAS  SEEN  ADDRESS     USER  AGENT  KERNEL     CPUS  MEMORY   ID
                lyon-1  connected, warnings  gpu=,site=lyon  0/0       4s    127.0.0.11  root  0.1.0  Linux 6.1  2     8.0 GiB  h1
                """
        )
        #expect(
            try table(Samples.hold) == """
                ID    DEPLOYMENT  CONDEMNED  BY   SINCE  REASON
                b7c1  wine        2.0.0 (2)  ada  1h     wine 71 is class 0
                """
        )
        #expect(
            try table(Samples.rollout(.progressing, [.verified, .starting, .pending], wave: 1)) == """
                DEPLOYMENT  TO         STATE        WAVE  HOSTS  SINCE
                wine        2.0.0 (2)  progressing  2/2   1/3    45s
                """
        )
        let none = Listing<HoldView>(items: [], revision: 1)
        #expect(try ObjectPrinter.text(none, as: .table, style: .none, now: Samples.now) == "no holds")
        #expect(try ObjectPrinter.text(none, as: .name, style: .none, now: Samples.now) == "")
    }

    @Test func yamlOfADeclaredObjectCanBeAppliedAgain() throws {
        let view = try Samples.deployment(hosts: [])
        let yaml = try table(view, .yaml)
        var batch = ManifestBatch()
        batch.add(yaml: yaml.utf8, file: "m.yaml")
        #expect(batch.problems == [])
        #expect(batch.documents.map(\.manifest) == [.deployment(view.deployment)])
        let hold = try table(Samples.hold, .yaml)
        #expect(hold.contains("deployment: wine\n") && hold.contains("actor: ada\n"))
    }

    @Test func coloursAreOnlyPaint() throws {
        let view = Samples.rollout(.aborted, [.reverted, .revertFailed])
        let painted = try ObjectPrinter.text(view, as: .table, style: TextStyle(isColoured: true), now: Samples.now)
        #expect(painted.contains("\u{1B}[31maborted\u{1B}[0m"))
        let bare = painted.replacing(/\u{1B}\[[0-9]*m/, with: "")
        #expect(bare == (try table(view)))
    }
}
