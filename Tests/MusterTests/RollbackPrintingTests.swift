import Fleet
import Testing

@testable import muster

@Suite struct RollbackPrintingTests {
    private func tree(_ view: RollbackView, all: Bool = false) -> String {
        RollbackTree.text(view, style: .none, now: Samples.now, all: all)
    }

    private func view(_ hosts: [RollbackHostView], undone: Rollback.Undo? = nil) -> RollbackView {
        RollbackView(rollback: Samples.rollback(undone: undone), deployments: [Samples.rollbackDeployment(hosts)])
    }

    @Test func everyReceiptIsInTheTreeAndTheSummarySums() {
        let view = view(Samples.everyReceipt)
        #expect(
            tree(view) == """
                rollback 4f1c0a9b2d3e of wine: under way
                  by ada, 2026-11-21T18:39:30Z (30s ago): wine 71 is class 0
                  to each host's last good version, fast
                  9 hosts: 1 done, 1 unaffected, 3 in progress, 1 offline, 1 without a target, 1 pinned, 1 failed
                └─ wine: 1 done, 1 unaffected, 3 in progress, 1 offline, 1 without a target, 1 pinned, 1 failed; condemned 2.0.0 (2), hold b7c1
                   ├─ cloud-1  done                                        2.0.0 (2) → 1.0.0 (1)  in 7.5s
                   ├─ lyon-1   in progress: probing                        2.0.0 (2) → 1.0.0 (1)  12s
                   ├─ lyon-2   in progress: staged, waits for its turn     2.0.0 (2) → 1.0.0 (1)  12s
                   ├─ lyon-3   in progress: not told yet                   2.0.0 (2) → 1.0.0 (1)  12s
                   ├─ paris-1  failed: the golden probe fails              2.0.0 (2) → 2.0.0 (2)  12s
                   ├─ rome-1   unaffected                                  1.0.0 (1)              12s
                   ├─ ulm-1    offline, applies on return                  2.0.0 (2)              12s      unreachable for 10m
                   ├─ ulm-2    no target: keeps serving what is condemned  2.0.0 (2) → 2.0.0 (2)  12s
                   └─ ulm-3    pinned on the host                          2.0.0 (2)              12s      pinned by bob: inventory
                """
        )
        #expect(view.counts.total == view.deployments.reduce(0) { $0 + $1.hosts.count })
    }

    @Test func aFleetIsCountedAndThoseInTheWayComeFirst() {
        let done = (1...30).map { Samples.place("h\($0)", .done(serving: Samples.reference(1))) }
        let failed = Samples.place("z", .failed(cause: "no memory", serving: nil), to: nil)
        let view = view(done + [failed])
        let lines = tree(view).split(separator: "\n")
        #expect(lines.count == 4 + 1 + 11 + 1)
        #expect(lines[5] == "   ├─ z   failed: no memory  2.0.0 (2) → nothing    12s")
        #expect(lines[15] == "   └─ … and 21 more")
        #expect(lines[16] == "  for every host: muster rollback status 4f1c0a9b2d3e --all")
        #expect(tree(view, all: true).split(separator: "\n").count == 4 + 1 + 31)
        var hidden = view
        hidden.deployments[0].hosts = [failed]
        #expect(hidden.deployments[0].hidden == 30)
        #expect(tree(hidden).hasSuffix("for every host: muster rollback status 4f1c0a9b2d3e --all"))
        let many = RollbackView(
            rollback: Samples.rollback(scope: .all),
            deployments: (1...12).map { number in
                var deployment = Samples.rollbackDeployment([Samples.place("h", .done(serving: Samples.reference(1)))])
                deployment.name = "d\(number)"
                return deployment
            }
        )
        #expect(tree(many).split(separator: "\n").count == 4 + 12 + 10 + 1)
        #expect(tree(many).contains("\n  12 hosts: 12 done\n"))
    }

    @Test func whatToDoNextFollowsFromHowItEnded() {
        let good = [Samples.place("a", .done(serving: Samples.reference(1)))]
        let takeBack = "Only a person takes it back: muster rollback undo 4f1c0a9b2d3e --reason REASON"
        #expect(
            RollbackPrinter.nextStep(after: view(good))
                == "Every receipt: muster rollback receipts 4f1c0a9b2d3e\n\(takeBack)"
        )
        let dark = view(good + [Samples.place("b", .offline)])
        #expect(dark.state == .waiting && dark.isGood)
        #expect(
            RollbackPrinter.nextStep(after: dark) == """
                1 host is offline and goes back on return, without anybody's doing.
                To see them: muster rollback status 4f1c0a9b2d3e --all
                \(takeBack)
                """
        )
        let bad = view(good + [Samples.place("b", .pinned)])
        #expect(bad.state == .ended && !bad.isGood)
        #expect(RollbackPrinter.nextStep(after: bad)?.hasPrefix("To see why: muster explain deployment/wine\n") == true)
        #expect(RollbackPrinter.nextStep(after: view([Samples.place("b", .inProgress(.probing))])) == nil)
        let undone = view(good, undone: .init(actor: "bob", at: Samples.ago(3), reason: "it was right"))
        #expect(
            RollbackPrinter.nextStep(after: undone)
                == "It was taken back by bob at 2026-11-21T18:39:57Z: it was right"
        )
        #expect(tree(undone).hasPrefix("rollback 4f1c0a9b2d3e of wine: undone\n"))
    }

    @Test func aRehearsalEndsWhereItBegan() {
        let host = Samples.place("cloud-1", .done(serving: Samples.reference(1)))
        var deployment = Samples.rollbackDeployment([host])
        deployment.holds = []
        let drill = RollbackView(rollback: Samples.rollback(isDrill: true), deployments: [deployment])
        #expect(
            tree(drill) == """
                drill 4f1c0a9b2d3e of wine: ended
                  by ada, 2026-11-21T18:39:30Z (30s ago): wine 71 is class 0
                  to each host's last good version, measured, and back again
                  1 host: 1 done
                └─ wine: 1 done
                   └─ cloud-1  done  2.0.0 (2) → 1.0.0 (1), and back  in 7.5s
                """
        )
        #expect(RollbackPrinter.beginning(drill, style: .none, now: Samples.now).hasPrefix("drill 4f1c0a9b2d3e"))
        #expect(RollbackPrinter.nextStep(after: drill) == "Every receipt: muster rollback receipts 4f1c0a9b2d3e")
    }

    @Test func aRehearsalThatIsEndedSaysWhoStillReturns() {
        var deployment = Samples.rollbackDeployment([Samples.place("cloud-1", .inProgress(.reverting))])
        deployment.holds = []
        var rollback = Samples.rollback(isDrill: true)
        rollback.undone = .init(actor: "bob", at: Samples.now, reason: "enough")
        let drill = RollbackView(rollback: rollback, deployments: [deployment])
        #expect(tree(drill).hasPrefix("drill 4f1c0a9b2d3e of wine: under way\n"))
        #expect(
            RollbackPrinter.undone(drill, style: .none) == """
                ended drill 4f1c0a9b2d3e: nobody begins it any more; 1 host still returns

                To follow it: muster rollback status 4f1c0a9b2d3e -w
                """
        )
        let left = RollbackView(
            rollback: Samples.rollback(),
            deployments: [Samples.rollbackDeployment([])],
            refused: ["wine": "minReadiness asks for 100%"]
        )
        #expect(RollbackPrinter.undone(left, style: .none).hasPrefix("left out wine: minReadiness asks for 100%"))
    }

    @Test func aLogTellsEachChangeOnce() {
        var log = RollbackLog()
        #expect(
            log.lines(for: view([Samples.place("a", .inProgress(.probing)), Samples.place("b", .offline)])) == [
                "2026-11-21T18:39:48Z wine a in progress: probing",
                "2026-11-21T18:39:48Z wine b offline, applies on return",
            ]
        )
        let done = Samples.place("a", .done(serving: Samples.reference(1)))
        #expect(
            log.lines(for: view([done, Samples.place("b", .offline)]))
                == ["2026-11-21T18:39:48Z wine a done, 2.0.0 (2) → 1.0.0 (1)"]
        )
        #expect(log.lines(for: view([done, Samples.place("b", .offline)])) == [])

        var long = RollbackLog()
        let moving = (1...40).map { Samples.place("h\($0)", .inProgress(.probing)) }
        #expect(long.lines(for: view(moving)) == ["wine: 40 in progress"])
        let some = (1...9).map { Samples.place("h\($0)", .done(serving: Samples.reference(1))) }
        let failed = Samples.place(
            "h10",
            .failed(cause: "no memory", serving: nil),
            to: nil,
            reason: "8 GiB are needed"
        )
        #expect(
            long.lines(for: view(some + [failed] + moving.dropFirst(10))) == [
                "2026-11-21T18:39:48Z wine h10 failed: no memory, 2.0.0 (2) → nothing: 8 GiB are needed",
                "wine: 9 done, 30 in progress, 1 failed",
            ]
        )
    }

    @Test func theBeginningSaysWhatWasCondemnedJoinedAndLeftOut() {
        var view = view([Samples.place("lyon-1", .inProgress(.pending), turn: nil)])
        view.refused = ["beer": "no revision is wanted"]
        #expect(
            RollbackPrinter.beginning(view, style: .none, now: Samples.now, hosts: false) == """
                condemned wine 2.0.0 (revision 2) of wine: hold b7c1, by ada
                left out beer: no revision is wanted

                rollback 4f1c0a9b2d3e: 1 host: 1 in progress
                """
        )
        view.joined = ["wine"]
        let joined = RollbackPrinter.beginning(view, style: .none, now: Samples.now)
        #expect(joined.hasPrefix("joined the rollback of wine that runs already: nobody goes two versions back\n"))
        #expect(!joined.contains("condemned wine 2.0.0"))
        #expect(
            RollbackPrinter.nextSteps(view.rollback) == """
                To follow it: muster rollback status 4f1c0a9b2d3e -w
                To take it back: muster rollback undo 4f1c0a9b2d3e --reason REASON
                """
        )
        #expect(!RollbackPrinter.nextSteps(Samples.rollback(isDrill: true)).contains("undo"))
    }

    @Test func receiptsAndListsAreTables() {
        let receipts = [
            Samples.place("cloud-1", .done(serving: Samples.reference(1))), Samples.place("ulm-1", .offline, to: nil),
        ]
        #expect(
            RollbackPrinter.receipts(receipts, style: .none, now: Samples.now) == """
                DEPLOYMENT  HOST     FROM       TO         RECEIPT                     AT                    PROVEN                TOOK  AUDIT  REASON
                wine        cloud-1  2.0.0 (2)  1.0.0 (1)  done                        2026-11-21T18:39:48Z  2026-11-21T18:39:47Z  7.5s  41     -
                wine        ulm-1    2.0.0 (2)  -          offline, applies on return  2026-11-21T18:39:48Z  -                     -     -      -
                """
        )
        let undone = view([], undone: .init(actor: "bob", at: Samples.now, reason: nil))
        #expect(
            ObjectPrinter.table([view(Samples.everyReceipt), undone], isWide: false, style: .none, now: Samples.now)
                == """
                ID            AGE  BY   WHAT  STATE    HOSTS                                                                                   REASON
                4f1c0a9b2d3e  30s  ada  wine  running  1 done, 1 unaffected, 3 in progress, 1 offline, 1 without a target, 1 pinned, 1 failed  wine 71 is class 0
                4f1c0a9b2d3e  30s  ada  wine  undone   -                                                                                       wine 71 is class 0
                """
        )
        #expect(ObjectPrinter.table([RollbackView](), isWide: false, style: .none, now: Samples.now) == "no rollbacks")
    }

    @Test func anUndoSaysWhatMayRunAgainAndWhatToFollow() {
        #expect(
            RollbackPrinter.undone(view([]), style: .none) == """
                lifted b7c1: wine 2.0.0 (revision 2) of wine may run again

                To follow its rollout: muster rollout status wine -w
                """
        )
    }

    @Test func holdsSayWhereTheyApplyAndWhoLiftedThem() {
        var hold = Samples.hold
        hold.hold.rollback = "4f1c0a9b2d3e"
        #expect(
            hold.description(style: .none, now: Samples.now) == """
                Id:          b7c1
                Deployment:  wine
                Condemned:   wine 2.0.0 (revision 2)
                Content:     \(Samples.reference(2).written)
                On:          every host
                By:          ada
                Since:       2026-11-21T17:38:20Z (1h ago)
                Reason:      wine 71 is class 0
                Rollback:    4f1c0a9b2d3e
                To lift it:  muster hold lift b7c1
                """
        )
        hold.hosts = ["lyon-1", "ulm-1"]
        hold.lifted = .init(actor: "bob", at: Samples.ago(60), reason: "it was right")
        let text = hold.description(style: .none, now: Samples.now)
        #expect(text.contains("\nOn:          lyon-1, ulm-1\n"))
        #expect(text.hasSuffix("\nLifted:      by bob at 2026-11-21T18:39:00Z (1m ago)\nWhy:         it was right"))
    }
}
