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
        var view = Samples.rollout(.progressing, [.verified, .starting, .pending], wave: 0, explanations: [waits])
        view.expectedEnd = Samples.ago(-240)
        view.expectation = "at the pace of wave 1"
        #expect(
            RolloutTree.text(view, style: .none, now: Samples.now) == """
                wine to wine 2.0.0 (revision 2): progressing, 45s
                  wave 1 of 2
                  3 hosts: 1 verified, 1 moving, 1 waiting
                  may end at 2026-11-21T18:44:00Z (in 4m): at the pace of wave 1
                ├─ wave 1, under way: 1 verified
                │  └─ host-0  verified  30s
                └─ wave 2, waits: 1 moving, 1 waiting
                   ├─ host-1  starting  30s  the model is not ready
                   └─ host-2  pending   30s
                  host-1 starts
                    since  2026-11-21T18:39:30Z (30s ago)
                    who    host-1
                    next   muster describe host host-1
                """
        )
    }

    /// 10,000 hosts: one in the first wave, 999 in the second, the others wait; 30 move, 12 are in trouble.
    private static var large: RolloutView {
        var targets = (0..<10_000).map { index in
            Samples.target(index, index < 500 ? .verified : .pending, wave: index == 0 ? 0 : index < 1000 ? 1 : 2)
        }
        for index in 500..<530 { targets[index] = Samples.target(index, .observing, wave: 1) }
        for index in 600..<612 { targets[index].overlay = .unreachable(since: Samples.ago(600)) }
        var view = Samples.view(.progressing, targets, wave: 1)
        view.targets = targets.filter { $0.standing == .moving || $0.standing.needsAttention }
        return view
    }

    @Test func aLongListIsCounted() {
        let text = RolloutTree.text(Self.large, style: .none, now: Samples.now)
        let lines = text.split(separator: "\n")
        #expect(lines.count < 25, "\(text)")
        #expect(lines.contains("  10000 hosts: 500 verified, 30 moving, 9458 waiting, 12 unreachable"))
        #expect(lines.contains("├─ wave 2, under way: 499 verified, 30 moving, 458 waiting, 12 unreachable"))
        #expect(lines.contains("│  ├─ host-600  pending  30s  unreachable for 10m"), "trouble comes first")
        #expect(lines.contains("│  └─ … and 32 more like these"))
        #expect(text.contains("9958 hosts are only counted; for every one: muster rollout status wine --all"))
        var all = Self.large
        all.targets = (0..<10_000).map { Samples.target($0, .verified, wave: $0 == 0 ? 0 : $0 < 1000 ? 1 : 2) }
        let whole = RolloutTree.text(all, style: .none, now: Samples.now, all: true)
        #expect(whole.split(separator: "\n").count > 10_000)
    }

    @Test func theLogOfALongListTellsTroubleAndTenths() {
        var log = RolloutLog()
        let first = log.lines(for: Self.large)
        #expect(first.count == 12 + 2 + 1, "twelve in trouble, two waves, the rollout: \(first)")
        #expect(first.contains { $0.hasSuffix("host-600 pending (unreachable)") })
        #expect(first.contains { $0.contains("wave 2, under way of 3: 499 verified, 30 moving") })
        #expect(log.lines(for: Self.large) == [])
        var next = Self.large
        next.waves[1].counts.add(.verified, 80)
        #expect(log.lines(for: next).count == 1)
        next.waves[1].counts.add(.verified, 20)
        #expect(log.lines(for: next).isEmpty, "less than another tenth of the wave")
    }

    @Test func aCommandNamesTheNextStep() {
        let view = Samples.rollout(.paused, [.verified, .pending])
        #expect(
            RolloutTelling.text(.pause, view, style: .none) == """
                paused the rollout of wine to wine 2.0.0 (revision 2)
                  paused: wave 1 of 2
                  1 verified, 1 waiting

                To go on: muster rollout resume wine
                """
        )
        let skipped = RolloutTelling.text(.skip(host: "h1"), view, style: .none)
        #expect(skipped.hasPrefix("skipped h1 in the rollout of wine"))
        #expect(skipped.hasSuffix("To follow it: muster rollout status wine -w"))
    }

    @Test func theHistoryIsOneLineARollout() {
        var aborted = Samples.rollout(.aborted, [.verified, .pending])
        aborted.rollout.actor = "ada"
        let text = RolloutHistory.text(
            [Samples.rollout(.progressing, [.verified]), aborted],
            deployment: "wine",
            style: .none,
            now: Samples.now
        )
        #expect(
            text == """
                STARTED               TO         STATE        VERIFIED  TOOK  BY   REASON
                2026-11-21T18:39:00Z  2.0.0 (2)  progressing  1/1       1m    -    wave 1 of 1
                2026-11-21T18:39:00Z  2.0.0 (2)  aborted      1/2       15s   ada  wave 1 of 2
                """
        )
        #expect(RolloutHistory.text([], deployment: "wine", style: .none, now: Samples.now).contains("no rollout yet"))
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
}
