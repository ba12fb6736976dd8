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
        var hosts = [
            Samples.host("lyon-1", .verified, serving: new),
            Samples.host("ulm-1", .starting, serving: Samples.revision(1, "1.0.0"), reason: "the model is not ready"),
        ]
        hosts[0].rollback = RollbackReadiness(.ready, revision: Samples.reference(1))
        let view = try Samples.deployment(hosts: hosts, holds: [Samples.hold])
        #expect(
            try table(view) == """
                NAME  MODEL  WRITTEN  WANTED  HOSTS  ROLLBACK   STATUS   AGE
                wine  wine   2.0.0    2.0.0   1/2    1/2 ready  waiting  2h
                """
        )
        #expect(
            try table(view, .wide) == """
                NAME  MODEL  WRITTEN  WANTED  HOSTS  ROLLBACK   STATUS   AGE  RUNTIME   SELECTOR             ENDPOINT   HOLDS  LABELS
                wine  wine   2.0.0    2.0.0   1/2    1/2 ready  waiting  2h   mlserver  site in (lyon, ulm)  8080→http  1      env=demo
                """
        )
        #expect(try table(view, .name) == "deployment/wine")
        #expect(
            view.description(style: .none, now: Samples.now) == """
                Name:         wine
                Uid:          uid
                Labels:       env=demo
                Status:       waiting
                Written:      wine 2.0.0 (revision 2)
                Wanted:       wine 2.0.0 (revision 2)
                Runtime:      mlserver
                Selector:     site in (lyon, ulm)
                Endpoint:     8080 → http
                Waves:        1%, 10%, 50%, 100%, spread over site
                At once:      10% of the hosts
                Stable for:   30s (rollback 3s)
                Bake:         none
                May fail:     5% of the hosts after the first wave
                Unreachable:  excluded; they follow on return
                Rollback:     fast; keeps serving where there is nowhere to go
                Created:      2026-11-21T16:38:20Z (2h ago)

                Holds:
                  b7c1  wine 2.0.0 (revision 2), by ada at 2026-11-21T17:38:20Z: wine 71 is class 0

                Hosts:
                  HOST    STATE     SERVING    WAY BACK   PID   SINCE  REASON
                  lyon-1  verified  2.0.0 (2)  1.0.0 (1)  4711  1m     -
                  ulm-1   starting  1.0.0 (1)  1.0.0 (1)  4711  1m     the model is not ready
                """
        )
    }

    @Test func windowsAndFreezesAreDescribed() throws {
        var view = try Samples.deployment(hosts: [])
        view.deployment.policy = .init(
            rollout: .init(
                maxInFlight: .count(3),
                bake: .seconds(300),
                maxFailed: .count(1),
                unreachable: .wait(.seconds(3600)),
                minReadiness: .percent(90)
            ),
            rollbackStrategy: .rolling,
            rollbackOnFailure: .stop,
            windows: [.init(days: [.mon, .tue], opens: 22 * 60, closes: 4 * 60 + 5, zone: "Europe/Paris")],
            freezes: [.init(from: "2026-12-20T00:00", until: "2027-01-03T00:00", zone: "UTC", reason: "end of year")]
        )
        let text = view.description(style: .none, now: Samples.now)
        for line in [
            "At once:      3 hosts", "Bake:         5m after each wave", "May fail:     1 host after the first wave",
            "Unreachable:  waited for, 1h from the rollout's start", "Windows:      mon,tue 22:00-04:05 Europe/Paris",
            "Rollback:     rolling; stops where there is nowhere to go",
            "Readiness:    no rollout unless 90% of the hosts that serve can go back",
            "Freezes:      2026-12-20T00:00 to 2027-01-03T00:00 UTC: end of year",
        ] {
            #expect(text.contains("\(line)\n"), "\(line) in \(text)")
        }
    }

    @Test func statusesAreToldApart() throws {
        let new = Samples.revision(2, "2.0.0")
        let settled = [Samples.host("lyon-1", .verified, serving: new)]
        func status(_ view: DeploymentView) -> String { view.cells(now: Samples.now)[6].text }
        #expect(status(try Samples.deployment(hosts: settled)) == "converged")
        #expect(status(try Samples.deployment(hosts: settled, holds: [Samples.hold])) == "held")
        #expect(status(try Samples.deployment(hosts: [])) == "no hosts")
        var narrow = Samples.hold
        narrow.hosts = ["ulm-1"]
        let onGood = settled + [Samples.host("ulm-1", .reverted, serving: Samples.revision(1, "1.0.0"))]
        let inPart = try Samples.deployment(hosts: onGood, holds: [narrow])
        #expect(status(inPart) == "held on 1 host")
        #expect(inPart.counts.settled == 2)
        let onBad = settled + [Samples.host("lyon-2", .reverted, serving: Samples.revision(1, "1.0.0"))]
        #expect(status(try Samples.deployment(hosts: onBad, holds: [narrow])) == "waiting")
        var view = try Samples.deployment(hosts: settled)
        view.rollout = Samples.rollout(.aborting, [.reverting]).rollout
        #expect(status(view) == "aborting")
        view.removing = true
        #expect(status(view) == "removing")
    }

    @Test func aHostThatIsNotWellAnyMoreIsNotSettled() throws {
        let new = Samples.revision(2, "2.0.0")
        let sick = Samples.host("lyon-1", .verified, serving: new, reason: "the model is not ready any more")
        var view = try Samples.deployment(hosts: [sick, Samples.host("ulm-1", .verified, serving: new)])
        let cells = view.cells(now: Samples.now)
        #expect(cells[4].text == "1/2")
        #expect(cells[5] == .init(""), "nobody says whether it could go back")
        #expect(cells[6] == .init("waiting", .busy))
        #expect(view.whys.map(\.why) == ["lyon-1 was verified, but: the model is not ready any more"])
        #expect(view.description(style: .none, now: Samples.now).contains("lyon-1 was verified, but:"))
        view.explanations = [Explanation(why: "lyon-1 is not well", who: "you")]
        #expect(view.whys.count == 1, "what the controller says of a host is enough")
        #expect(TargetState.verified.tone(reason: "x") == .busy)
        #expect(TargetState.verified.tone(reason: nil) == .good)
    }

    @Test func wellIsOnlySaidOfWhatIsWell() throws {
        let new = Samples.revision(2, "2.0.0")
        var view = try Samples.deployment(hosts: [Samples.host("lyon-1", .verified, serving: new)])
        let well = "deployment/wine is where it should be: 1 of 1 hosts serve wine 2.0.0 (revision 2), verified"
        #expect(view.standing == .init(well, .good))
        view = try Samples.deployment(hosts: view.hosts + [Samples.host("ulm-1", .starting, serving: nil)])
        #expect(view.standing.text.hasPrefix("deployment/wine is on its way: 1 of 2 hosts"))
        #expect(view.standing.tone == .busy)
        var gone = Samples.host("old-1", .removing, serving: new, reason: "draining")
        gone.assigned = false
        #expect(gone.note == "being removed: draining")
        gone.state = .removed
        #expect(gone.note == "removed")
        #expect(Samples.host("a", .verified, serving: new).note == "")
    }

    @Test func aHostWithoutASessionIsNotWhereItShouldBe() {
        var host = Samples.hostView
        #expect(host.whys == [])
        host.connected = false
        #expect(host.whys.map(\.why) == ["host/lyon-1 has no session with the controller"])
        #expect(host.whys.first?.since == Samples.ago(4))
        host.explanations = [Explanation(why: "its lease has lapsed", who: "somebody")]
        #expect(host.whys.count == 1)
        host = Samples.hostView
        host.report?.replicas = [
            ReplicaReport(
                deployment: "uid",
                name: "wine",
                item: 1,
                goal: Samples.reference(2),
                state: .verified,
                since: Samples.ago(9),
                reason: "the model is not ready any more",
                serving: Samples.reference(2)
            )
        ]
        #expect(host.whys.map(\.why) == ["deployment/wine was verified, but: the model is not ready any more"])
        #expect(host.cells(now: Samples.now)[3].text == "0/1")
    }

    @Test func whoCouldNotGoBackSaysWhy() {
        var host = Samples.hostView
        var replica = ReplicaReport(
            deployment: "uid",
            name: "wine",
            item: 1,
            goal: Samples.reference(2),
            state: .verified,
            since: Samples.ago(9),
            serving: Samples.reference(2)
        )
        replica.rollback = RollbackReadiness(.ready, revision: Samples.reference(1), verifiedAt: Samples.ago(30))
        host.report?.replicas = [replica]
        #expect(host.whys.isEmpty)
        #expect(host.cells(now: Samples.now)[11].text == "1/1 ready")
        replica.rollback = RollbackReadiness(.notReady, revision: Samples.reference(1), reason: "model.json is damaged")
        host.report?.replicas = [replica]
        #expect(
            host.whys.map(\.why)
                == ["lyon-1 could not roll deployment/wine back to revision 1 now: model.json is damaged"]
        )
        #expect(host.cells(now: Samples.now)[11].text == "0/1 ready")
        replica.rollback = RollbackReadiness(.none)
        host.report?.replicas = [replica]
        #expect(host.whys.isEmpty)
    }

    @Test func hostsHoldsAndRollouts() throws {
        let host = Samples.hostView
        #expect(
            try table(host, .wide) == """
                NAME    STATUS               LABELS          REPLICAS  SEEN  ADDRESS     USER  AGENT  KERNEL     CPUS  MEMORY   ROLLBACK  ID
                lyon-1  connected, warnings  gpu=,site=lyon  0/0       4s    127.0.0.11  root  0.1.0  Linux 6.1  2     8.0 GiB  -         h1
                """
        )
        #expect(
            try table(Samples.hold) == """
                ID    DEPLOYMENT  CONDEMNED  ON          BY   SINCE  REASON
                b7c1  wine        2.0.0 (2)  every host  ada  1h     wine 71 is class 0
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
