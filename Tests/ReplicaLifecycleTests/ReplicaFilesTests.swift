import Fleet
import ReplicaLifecycle
import Testing

/// The revisions whose files must stay.
struct ReplicaFilesTests {
    private static func revision(_ number: UInt64) -> RevisionReference {
        RevisionReference(
            number: number,
            digest: Digest(of: "revision \(number)".utf8),
            written: Digest(of: "written \(number)".utf8)
        )
    }

    private static func hold(_ number: UInt64) -> Hold {
        Hold(
            id: "h\(number)",
            deployment: "d",
            revision: revision(number),
            actor: "ada",
            reason: "wrong",
            since: Instant(milliseconds: 1)
        )
    }

    private static func record(good: [UInt64], standing: UInt64?, held: [UInt64] = []) -> ReplicaRecord {
        var record = ReplicaRecord(deployment: "d")
        record.good = good.map(revision)
        record.standing = standing.map(revision)
        record.serving = record.standing
        record.holds = held.map(hold)
        return record
    }

    private static func numbers(_ record: ReplicaRecord) -> Set<UInt64> { Set(record.protectedRevisions.map(\.number)) }

    @Test func whatServesAndTheWayBackStay() {
        #expect(Self.numbers(Self.record(good: [1, 2, 3], standing: 3)) == [2, 3])
        #expect(Self.numbers(Self.record(good: [1, 2, 3], standing: 4)) == [3, 4])
        #expect(Self.numbers(Self.record(good: [1, 2, 3], standing: 3, held: [2])) == [1, 3])
        #expect(Self.numbers(Self.record(good: [1], standing: 1)) == [1])
        #expect(Self.numbers(ReplicaRecord(deployment: "d")).isEmpty)
    }

    @Test func whileSomethingMovesBothEndsAndTheirWaysBackStay() {
        var record = Self.record(good: [1, 2, 3], standing: 3, held: [3])
        record.passage = Passage(goal: Self.revision(2), endpoint: nil, purpose: .rollback(id: "r"))
        record.previous = Self.revision(4)
        record.provisional = Self.revision(5)
        #expect(Self.numbers(record) == [1, 2, 3, 4, 5])
    }

    @Test func whatIsFetchedStaysUntilItsItemHasEnded() throws {
        var record = Self.record(good: [1], standing: 1)
        let content = Array("{}".utf8)
        let wanted = try #require(
            Revision(number: 9, digest: Digest(of: content), written: Digest(of: [9]), bytes: content)
        )
        record.item = AssignmentItem(
            deployment: "d",
            name: "wine",
            number: 7,
            revision: wanted,
            stableFor: .seconds(1),
            rollbackStableFor: .seconds(1)
        )
        #expect(Self.numbers(record) == [1, 9])
        record.settlement = Settlement(item: 7, goal: wanted.reference, state: .reverted)
        #expect(Self.numbers(record) == [1])
        record.settlement = Settlement(item: 7, goal: nil, state: .removed)
        #expect(Self.numbers(record).isEmpty)
        // It is added again.
        record.item?.number = 8
        #expect(Self.numbers(record) == [1, 9])
    }
}
