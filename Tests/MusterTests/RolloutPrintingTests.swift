import Fleet
import Testing

@testable import muster

@Suite struct RolloutPrintingTests {
    @Test func theTreeShowsWavesAndHosts() {
        let waits = Explanation(
            why: "host-1 starts",
            since: Samples.ago(30),
            who: "host-1",
            next: "muster describe host host-1"
        )
        let view = Samples.rollout(.progressing, [.verified, .starting, .pending], wave: 0, explanations: [waits])
        #expect(
            RolloutTree.text(view, style: .none, now: Samples.now) == """
                wine to wine 2.0.0 (revision 2): progressing, 45s
                  wave 1 of 2
                ├─ wave 1
                │  └─ host-0  verified  30s
                └─ wave 2, waits
                   ├─ host-1  starting  30s  the model is not ready
                   └─ host-2  pending   30s
                  host-1 starts
                    since  2026-11-21T18:39:30Z (30s ago)
                    who    host-1
                    next   muster describe host host-1
                """
        )
    }

    @Test func theLogTellsEachChangeOnce() {
        var log = RolloutLog()
        let first = log.lines(for: Samples.rollout(.progressing, [.staging, .pending]))
        #expect(
            first == [
                "2026-11-21T18:39:30Z wine host-0 staging", "2026-11-21T18:39:30Z wine host-1 pending",
                "2026-11-21T18:39:15Z wine to wine 2.0.0 (revision 2) progressing: wave 1 of 2",
            ]
        )
        let same = log.lines(for: Samples.rollout(.progressing, [.staging, .pending]))
        #expect(same == [])
        let next = log.lines(for: Samples.rollout(.succeeded, [.verified, .pending]))
        #expect(
            next == [
                "2026-11-21T18:39:30Z wine host-0 verified",
                "2026-11-21T18:39:15Z wine to wine 2.0.0 (revision 2) succeeded: wave 1 of 2",
            ]
        )
    }

    @Test func aRollbackIsOverWhenEveryReachableHostHasAReceipt() {
        let old = Samples.revision(1, "1.0.0")
        let new = Samples.revision(2, "2.0.0")
        let done = Receipt.done(serving: Samples.reference(1))
        func outcome(_ hosts: [DeploymentHostView]) -> ReceiptLog.Outcome {
            var log = ReceiptLog(hold: Samples.hold.hold)
            _ = log.lines(for: hosts)
            return log.outcome
        }
        #expect(outcome([Samples.host("a", .starting, serving: nil)]) == .running)
        #expect(outcome([Samples.host("a", .verified, serving: old, receipt: done)]) == .done)
        // The controller has settled the rollback: the receipt is gone, what is served stays.
        #expect(outcome([Samples.host("a", .verified, serving: old)]) == .done)
        #expect(outcome([Samples.host("a", .verified, serving: new)]) == .running)
        #expect(outcome([Samples.host("a", .revertFailed, serving: nil)]) == .failed)
        // A receipt that an earlier rollback left, while the host still serves what is condemned.
        #expect(outcome([Samples.host("a", .verified, serving: new, receipt: done)]) == .running)
        let offline = Samples.host("b", .verified, serving: new, connected: false)
        #expect(outcome([Samples.host("a", .verified, serving: old, receipt: done), offline]) == .done)
        let stuck = Samples.host("b", .verified, serving: new, receipt: .noTarget(.keepServing))
        #expect(outcome([Samples.host("a", .verified, serving: old, receipt: done), stuck]) == .failed)
        #expect(outcome([Samples.host("a", .starting, serving: nil), stuck]) == .running)
        var log = ReceiptLog(hold: Samples.hold.hold)
        let lines = log.lines(for: [Samples.host("a", .verified, serving: old, receipt: done), offline])
        #expect(
            lines == [
                "2026-11-21T18:38:30Z a done, serves 1.0.0 (revision 1)",
                "2026-11-21T18:38:30Z b offline, applies on return, serves 2.0.0 (revision 2)",
            ]
        )
    }
}
