import Fleet
import Testing

@testable import FleetController
@testable import FleetStore

/// Which claims freeze a controller, and which only the host that makes them.
@Suite struct RestoreWatchTests {
    private static let start = Instant(milliseconds: 1_795_286_220_000)
    private static let later = start + .seconds(105)

    private func watch(frozen: Bool = false, revision: UInt64 = 1) -> RestoreWatch {
        RestoreWatch(record(frozen: frozen, revision: revision), decidedFrom: Self.later)
    }

    private func record(epoch: UInt64 = 1, frozen: Bool, revision: UInt64) -> ControllerRecord {
        ControllerRecord(
            id: "c",
            createdAt: Self.start,
            epoch: epoch,
            term: 1,
            revision: revision,
            frozen: frozen ? .init(since: Self.start, reason: "restored") : nil
        )
    }

    private func claim(_ generation: UInt64, epoch: UInt64 = 1) -> AssignmentVersion {
        AssignmentVersion(epoch: epoch, generation: generation)
    }

    @Test(arguments: [(1, 1), (2, 2), (3, 2), (200, 2), (201, 3), (10_000, 100)])
    func soManyAreBelieved(enrolled: Int, enough: Int) {
        #expect(RestoreWatch.enough(of: enrolled) == enough)
    }

    @Test func oneHostOfManyIsQuarantinedAndTheOthersGoOn() {
        let watch = watch()
        #expect(watch.greeted("a", with: claim(1), given: 1) == .usual)
        #expect(watch.greeted("liar", with: claim(7, epoch: 9), given: 1) == .claims)
        #expect(watch.isFrozen && !watch.maySend(to: "a"), "nothing is sent while others may say the same")
        #expect(watch.verdict(enrolled: 300, now: Self.start) == .undecided)
        #expect(watch.verdict(enrolled: 300, now: Self.later) == .doubtful(["liar"]))
        #expect(watch.verdict(enrolled: 300, now: Self.later) == .resumed)
        #expect(watch.verdict(enrolled: 300, now: Self.later) == .nothing)
        #expect(!watch.isFrozen && watch.maySend(to: "a") && !watch.maySend(to: "liar"))
        // It says it again: nobody else waits for that.
        #expect(watch.greeted("liar", with: claim(8, epoch: 9), given: 1) == .usual)
        #expect(!watch.isFrozen && watch.quarantined == ["liar": claim(8, epoch: 9)])
        #expect(watch.greeted("liar", with: claim(1), given: 1) == .withdraws)
        #expect(watch.maySend(to: "liar"))
        // However often it changes its mind, nobody waits for it.
        #expect(watch.greeted("liar", with: claim(9, epoch: 9), given: 1) == .claims)
        #expect(!watch.isFrozen && !watch.maySend(to: "liar") && watch.maySend(to: "a"))
        #expect(watch.verdict(enrolled: 300, now: Self.later) == .nothing)
    }

    @Test func aClaimIsDecidedAsSoonAsEveryHostIsHeard() {
        let watch = watch()
        for host in ["a", "b"] { _ = watch.greeted(host, with: claim(1), given: 1) }
        _ = watch.greeted("liar", with: claim(2), given: 1)
        #expect(watch.verdict(enrolled: 4, now: Self.start) == .undecided)
        _ = watch.greeted("c", with: claim(1), given: 1)
        #expect(watch.verdict(enrolled: 4, now: Self.start) == .doubtful(["liar"]))
    }

    @Test func whatWasHeldBackIsSentWhenAClaimIsTakenBack() {
        let watch = watch()
        _ = watch.greeted("a", with: claim(2), given: 1)
        #expect(watch.verdict(enrolled: 300, now: Self.start) == .undecided)
        #expect(watch.greeted("a", with: claim(1), given: 1) == .usual)
        #expect(watch.isWaiting)
        #expect(watch.verdict(enrolled: 300, now: Self.start) == .resumed)
        #expect(!watch.isWaiting)
    }

    @Test func enoughHostsFreezeItWheneverTheyCome() {
        let watch = watch()
        _ = watch.greeted("a", with: claim(2), given: 1)
        #expect(watch.verdict(enrolled: 300, now: Self.later) == .doubtful(["a"]))
        _ = watch.greeted("b", with: claim(3), given: 1)
        _ = watch.greeted("c", with: claim(4), given: 1)
        let claims = ["a": claim(2), "b": claim(3), "c": claim(4)]
        #expect(watch.verdict(enrolled: 300, now: Self.later) == .restored(claims))
        watch.committed(record(epoch: 2, frozen: true, revision: 2), storing: claims)
        #expect(watch.isFrozen && watch.epoch == 2 && watch.quarantined.isEmpty)
        #expect(watch.verdict(enrolled: 300, now: Self.later) == .nothing)
        // Another one that was away raises the epoch; one that was believed has nothing more to say.
        _ = watch.greeted("d", with: claim(1, epoch: 5), given: 1)
        #expect(watch.verdict(enrolled: 300, now: Self.later) == .restored(["d": claim(1, epoch: 5)]))
        watch.committed(record(epoch: 6, frozen: true, revision: 3), storing: ["d": claim(1, epoch: 5)])
        _ = watch.greeted("d", with: claim(1, epoch: 90), given: 1)
        #expect(watch.verdict(enrolled: 300, now: Self.later) == .doubtful(["d"]))
        #expect(watch.isDoubtful("d"))
    }

    @Test func hostsThatWereDoubtedAreEnoughTogether() {
        let watch = watch()
        for host in ["a", "b"] {
            _ = watch.greeted(host, with: claim(2), given: 1)
            #expect(watch.verdict(enrolled: 201, now: Self.later) == .doubtful([host]))
        }
        #expect(watch.greeted("b", with: claim(1), given: 1) == .withdraws)
        _ = watch.greeted("c", with: claim(3), given: 1)
        #expect(watch.verdict(enrolled: 201, now: Self.later) == .doubtful(["c"]))
        #expect(watch.greeted("b", with: claim(2), given: 1) == .claims)
        let claims = ["a": claim(2), "b": claim(2), "c": claim(3)]
        #expect(watch.verdict(enrolled: 201, now: Self.later) == .restored(claims))
    }

    @Test func aVersionThatNoControllerGivesIsNone() {
        let watch = watch()
        #expect(watch.isPossible(claim(1 << 53, epoch: 1 << 20)))
        #expect(!watch.isPossible(claim((1 << 53) + 1)))
        #expect(!watch.isPossible(claim(1, epoch: (1 << 20) + 2)))
    }
}
