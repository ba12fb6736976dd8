import Fleet
import FleetPlanning
import Testing

/// What `--to VERSION` condemns.
@Suite struct LaterRevisionsTests {
    private static func reference(_ number: UInt64, written: UInt64? = nil) -> RevisionReference {
        RevisionReference(
            number: number,
            digest: Digest(of: "\(number)".utf8),
            written: Digest(of: "written \(written ?? number)".utf8)
        )
    }

    private static func report(_ state: TargetState = .verified, goal: UInt64? = nil) -> ReplicaReport {
        ReplicaReport(
            deployment: "d",
            name: "wine",
            item: 1,
            goal: goal.map { reference($0) },
            state: state,
            since: Instant(milliseconds: 0),
            good: []
        )
    }

    /// 1, 2 and 3 have succeeded.
    private static func later(than target: UInt64, _ reports: [ReplicaReport]) -> [UInt64] {
        LaterRevisions(succeeded: [1, 2, 3].map { reference($0) }, rollout: nil)
            .than(reference(target), on: reports).map(\.number)
    }

    @Test func whatSucceededAfterItIs() {
        #expect(Self.later(than: 1, []) == [2, 3] && Self.later(than: 3, []) == [])
    }

    /// A host in mid-move would go back to what it stood on, although no rollout of that ever succeeded.
    @Test func whatAHostMayComeBackToIs() {
        var moving = Self.report(.starting, goal: 7)
        moving.provisional = Self.reference(6)
        moving.previous = Self.reference(5)
        #expect(Self.later(than: 2, [moving]) == [3, 5, 6, 7])
        moving.previous = Self.reference(1)
        #expect(Self.later(than: 2, [moving]) == [3, 6, 7], "what is older stays")
    }

    @Test(arguments: [TargetState.staging, .staged, .verified, .reverted])
    func whatIsOnlyMadeReadyIsNot(state: TargetState) {
        #expect(Self.later(than: 3, [Self.report(state, goal: 7)]) == [])
    }

    @Test func theTargetsOwnContentIsLeftAlone() {
        var report = Self.report()
        report.serving = Self.reference(9, written: 2)
        #expect(Self.later(than: 2, [report]) == [3])
    }
}
