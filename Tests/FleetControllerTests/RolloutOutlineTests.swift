import Fleet
import FleetPlanning
import FleetStore
import Testing

@testable import FleetController

@Suite struct RolloutOutlineTests {
    private let now = Instant(milliseconds: 1_795_286_400_000)
    private let reference = RevisionReference(number: 1, digest: Digest(of: "d".utf8), written: Digest(of: "w".utf8))

    private func target(_ index: Int, wave: Int, verifiedAt: Int64?) -> RolloutTarget {
        RolloutTarget(
            host: "id\(index)",
            name: "h\(index)",
            wave: wave,
            asked: verifiedAt == nil ? .nothing : .go,
            state: verifiedAt == nil ? .pending : .verified,
            since: now,
            sinceActive: .seconds(verifiedAt ?? 0)
        )
    }

    /// One host in the first wave, verified after 60 s; a bake of 100 s; then nine hosts, three at a time.
    private func outline(_ state: Rollout.State, at seconds: Int64, wave: Int = 1) -> RolloutOutline {
        RolloutOutline(
            rollout: Rollout(
                id: "r",
                deployment: "d",
                revision: reference,
                state: state,
                since: now,
                reason: "",
                startedAt: now,
                wave: wave,
                waveEnds: [1, 10],
                clock: ActiveClock(counted: .seconds(seconds))
            ),
            targets: [target(0, wave: 0, verifiedAt: 60)] + (1...9).map { target($0, wave: 1, verifiedAt: nil) }
        )
    }

    private let policy = RolloutPolicy(maxInFlight: .count(3), bake: .seconds(100))

    @Test func countsAndWavesSumToTheList() {
        let outline = outline(.progressing, at: 160)
        #expect(outline.counts.total == 10)
        #expect(outline.waves.map(\.size) == [1, 9])
        #expect(outline.waves.map(\.counts.total) == [1, 9])
        #expect(outline.waves.map(\.state) == [.done, .underWay])
    }

    @Test func aShortListIsShownWholeAndALongOneIsNot() {
        #expect(outline(.progressing, at: 160).shown(all: false).count == 10)
        var targets = (0..<100).map { target($0, wave: 0, verifiedAt: 1) }
        targets[7].failure = "broken"
        let long = RolloutOutline(rollout: outline(.progressing, at: 1).rollout, targets: targets)
        #expect(long.shown(all: false).map(\.name) == ["h7"])
        #expect(long.shown(all: true).count == 100)
    }

    @Test func anEstimateRestsOnAWaveThatIsDone() throws {
        #expect(
            outline(.progressing, at: 10, wave: 0).expectation(at: now, policy: policy, calendar: .always)?.end == nil
        )
        #expect(outline(.paused, at: 160).expectation(at: now, policy: policy, calendar: .always)?.end == nil)
        #expect(outline(.succeeded, at: 160).expectation(at: now, policy: policy, calendar: .always) == nil)
        // Three rounds of 60 s, and a bake of 100 s.
        let open = try #require(outline(.progressing, at: 160).expectation(at: now, policy: policy, calendar: .always))
        #expect(open.end == now + .seconds(280))
        #expect(open.words.contains("at the pace of wave 1"))
    }

    @Test func closedTimesDoNotCount() {
        let calendar = OpenTimes(
            periods: [
                .init(from: now), .init(from: now + .seconds(100), closedBecause: "outside its maintenance windows"),
                .init(from: now + .seconds(1100)),
            ],
            horizon: now + .seconds(2000)
        )
        let end = outline(.progressing, at: 160).expectation(at: now, policy: policy, calendar: calendar)?.end
        #expect(end == now + .seconds(1280))
        #expect(RolloutOutline.end(of: .seconds(1000), from: now, in: calendar) == now + .seconds(2000))
        #expect(RolloutOutline.end(of: .seconds(1001), from: now, in: calendar) == nil)
    }

    @Test func rolesAllowWhatDesignSays() {
        for role in OperatorRole.allCases {
            let identity = OperatorIdentity(name: "bo", role: role)
            for (other, least) in ["viewer", "oncall", "operator", "admin"].compactMap(OperatorRole.init).enumerated() {
                let isAllowed = (try? identity.check(least, to: "do it")) != nil
                #expect(isAllowed == (OperatorRole.allCases.firstIndex(of: role) ?? -1 >= other))
            }
        }
    }
}
