import Fleet
import Testing

@testable import muster

@Suite struct RollbackPlanTests {
    private let old = Samples.revision(1, "1.0.0")
    private let new = Samples.revision(2, "2.0.0")

    private var plan: RollbackPlanView {
        let hosts = [
            RollbackPlanHost(
                deployment: "wine",
                host: "lyon-1",
                from: new,
                to: old,
                receipt: .inProgress,
                readiness: .ready
            ),
            RollbackPlanHost(
                deployment: "wine",
                host: "lyon-2",
                from: new,
                to: old,
                receipt: .inProgress,
                reason: "model.json is damaged",
                readiness: .notReady
            ),
            RollbackPlanHost(
                deployment: "wine",
                host: "rome-1",
                from: old,
                receipt: .unaffected
            ),
            RollbackPlanHost(
                deployment: "wine",
                host: "ulm-1",
                from: new,
                receipt: .offline,
                unreachableSince: Samples.ago(600)
            ),
            RollbackPlanHost(
                deployment: "wine",
                host: "ulm-2",
                from: new,
                receipt: .noTarget,
                reason: "it has served nothing else; it keeps serving"
            ),
            RollbackPlanHost(deployment: "wine", host: "ulm-3", from: new, receipt: .pinned, reason: "pinned by bob"),
        ]
        var counts = ReceiptCounts()
        for host in hosts { counts.add(host.receipt) }
        return RollbackPlanView(
            deployments: [
                RollbackPlanDeployment(name: "beer", condemned: [], refusal: "no revision is wanted"),
                RollbackPlanDeployment(name: "cider", condemned: [], joins: "4f1c0a9b2d3e"),
                RollbackPlanDeployment(
                    name: "wine",
                    condemned: [new],
                    ways: [.init(from: new, to: old, hosts: 2), .init(from: new, to: nil, hosts: 1)],
                    counts: counts
                ),
            ],
            hosts: hosts,
            counts: counts,
            estimate: .seconds(12),
            expectation: "the way back of 1 of 2 hosts is on disk",
            confirm: "all"
        )
    }

    private func text(_ plan: RollbackPlanView) -> String {
        RollbackPlanPrinter.text(plan, style: .none, now: Samples.now, all: "muster rollback --all --plan --all-hosts")
    }

    @Test func aPlanShowsWhoGoesWhereAndWhoCannot() {
        #expect(
            text(plan) == """
                beer: left out: no revision is wanted
                cider is being rolled back already; this joins rollback 4f1c0a9b2d3e: nobody goes two versions back
                wine: condemns wine 2.0.0 (revision 2), until a person lifts the hold
                  2 hosts: 2.0.0 (2) → 1.0.0 (1)
                  1 host: 2.0.0 (2) → nowhere to go
                  1 host: serve something else, and stay

                DEPLOYMENT  HOST                 FROM       TO         READY  NOTE
                wine        lyon-1               2.0.0 (2)  1.0.0 (1)  yes    -
                wine        lyon-2               2.0.0 (2)  1.0.0 (1)  no     model.json is damaged
                wine        rome-1               1.0.0 (1)  stays      -      -
                wine        ulm-1 (unreachable)  2.0.0 (2)  not known  -      unreachable for 10m, goes on return
                wine        ulm-2                2.0.0 (2)  nowhere    -      it has served nothing else; it keeps serving
                wine        ulm-3                2.0.0 (2)  pinned     -      pinned by bob

                6 hosts: 1 stay as they are, 2 go back, 1 offline, go on return, 1 have nowhere to go, 1 pinned, stay
                About 12s for the hosts that can be reached: the way back of 1 of 2 hosts is on disk
                """
        )
        #expect(RollbackPlanPrinter.doesSomething(plan))
    }

    @Test func aLongPlanIsCounted() {
        var long = plan
        long.counts.add(.inProgress, 20)
        let lines = text(long)
        #expect(!lines.contains("lyon-1"), "nothing is in its way")
        #expect(
            lines.contains("\nwine        lyon-2               2.0.0 (2)  1.0.0 (1)  no     model.json is damaged\n")
        )
        #expect(lines.contains("\n\n22 more only counted; for every one: muster rollback --all --plan --all-hosts\n\n"))
        long.hosts = []
        #expect(text(long).contains("\n\n26 hosts only counted; for every one: muster"))
    }

    @Test func nobodyIsToldToGoNowhereUnawares() {
        var empty = plan
        empty.deployments = [plan.deployments[0]]
        empty.hosts = []
        empty.counts = ReceiptCounts()
        #expect(text(empty) == "beer: left out: no revision is wanted\n\nNo host is concerned.")
        #expect(!RollbackPlanPrinter.doesSomething(empty))
        var stuck = plan
        stuck.hosts = []
        stuck.counts = ReceiptCounts()
        stuck.counts.add(.noTarget, 3)
        #expect(
            text(stuck).hasSuffix(
                "\n3 hosts: 3 have nowhere to go\n"
                    + "Nobody has anywhere to go: hosts keep serving what is condemned, or stop, as --on-failure says."
            )
        )
    }

    @Test func whatChangedSinceItWasShownStopsIt() throws {
        try RollbackQuestion.check(plan, isLike: plan)
        var joined = plan
        joined.deployments[2].condemned = []
        joined.deployments[2].joins = "4f1c0a9b2d3e"
        try RollbackQuestion.check(joined, isLike: plan)
        var changed = plan
        changed.deployments[2].condemned = [old]
        let failure = try #require(throws: CommandFailure.self) { try RollbackQuestion.check(changed, isLike: plan) }
        #expect(
            failure.message == "nothing was rolled back: somebody else has changed 'wine' meanwhile; "
                + "now it would condemn wine 1.0.0 (revision 1)"
        )
    }
}
