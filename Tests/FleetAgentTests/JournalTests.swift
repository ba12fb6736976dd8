import Fleet
import Foundation
import ReplicaLifecycle
import Synchronization
import Testing

@testable import FleetAgent

/// What a crash may leave, and what a disk may lose.
@Suite struct JournalTests {
    private let path = FileManager.default.temporaryDirectory.path + "/muster-journal-\(UInt64.random(in: 0 ... .max))"

    private func outcome(_ sequence: UInt64) -> JournalRecord {
        .outcome(
            HostOutcome(
                sequence: sequence,
                deployment: "d",
                item: 1,
                revision: nil,
                kind: .verified,
                at: Instant(milliseconds: 5)
            )
        )
    }

    private func write(_ bytes: [UInt8]) throws { try FileAccess.replace(path, with: bytes) }

    /// Bytes of three records, and where each ends.
    private func three() throws -> (bytes: [UInt8], ends: [Int]) {
        defer { FileAccess.remove(path) }
        var ends: [Int] = []
        do {
            var journal = try Journal(path: path)
            for sequence in 1...3 {
                try journal.append([outcome(UInt64(sequence))])
                ends.append(Int(FileAccess.size(of: path) ?? 0))
            }
        }
        return (try FileAccess.read(path) ?? [], ends)
    }

    @Test func everythingReadsBack() throws {
        defer { FileAccess.remove(path) }
        var record = ReplicaRecord(deployment: "d")
        let revision = Revision(
            number: 7,
            content: RevisionContent(
                model: .init(name: "m", version: "1", format: "f", bundle: Digest(of: [1])),
                runtime: RuntimeProfile(name: "r", command: ["x"], ports: ["p"], ready: .init(port: "p", path: "/")),
                environment: ["A": "é\"\n"],
                probe: nil
            ),
            written: Digest(of: [2])
        )
        record.item = AssignmentItem(
            deployment: "d",
            name: "n",
            number: 3,
            order: .rollback(id: "r"),
            revision: revision,
            endpoint: Endpoint(port: 1, to: "p"),
            stableFor: .seconds(3),
            rollbackStableFor: .seconds(1)
        )
        record.revisions = [revision]
        record.standing = revision.reference
        record.settlement = Settlement(
            item: 3,
            goal: revision.reference,
            state: .reverted,
            cause: "c",
            receipt: .offline
        )
        record.passage = Passage(goal: revision.reference, endpoint: nil, purpose: .revert(record.settlement))
        let version = AssignmentVersion(epoch: 2, generation: 9)
        do {
            var journal = try Journal(path: path)
            try journal.append([.replica(record), outcome(1), outcome(2), .assignment(version)])
            try journal.append([.acknowledged(through: 1)])
        }
        var journal = try Journal(path: path)
        let state = journal.state
        #expect(state.replicas == ["d": record])
        #expect(state.assignment == version)
        #expect(state.outbox.map(\.sequence) == [2])
        #expect(state.lastOutcome == 2)
        #expect(journal.tornBytes == 0)
        try journal.compact()
        #expect(try Journal(path: path).state == state)
        try journal.append([.forgotten(deployment: "d")])
        #expect(try Journal(path: path).state.replicas.isEmpty)
    }

    @Test func aTornTailIsCutWhereverItIsTorn() throws {
        let (bytes, ends) = try three()
        defer { FileAccess.remove(path) }
        for length in ends[1]..<bytes.count {
            try write(Array(bytes.prefix(length)))
            let journal = try Journal(path: path)
            #expect(journal.state.lastOutcome == 2)
            #expect(journal.tornBytes == length - ends[1])
            #expect(FileAccess.size(of: path) == Int64(ends[1]))
        }
    }

    @Test func theNextRecordStandsAfterTheCut() throws {
        let (bytes, _) = try three()
        defer { FileAccess.remove(path) }
        try write(Array(bytes.dropLast(3)))
        do {
            var journal = try Journal(path: path)
            try journal.append([outcome(4)])
        }
        #expect(try Journal(path: path).state.outbox.map(\.sequence) == [1, 2, 4])
    }

    @Test func damageInTheMiddleIsReportedWhereverItIs() throws {
        let (bytes, ends) = try three()
        defer { FileAccess.remove(path) }
        for offset in 0..<ends[1] {
            var damaged = bytes
            damaged[offset] ^= 0x40
            try write(damaged)
            do {
                _ = try Journal(path: path)
                Issue.record("damage at byte \(offset) was not seen")
            } catch {
                #expect(error.code == .journalDamaged)
            }
            #expect(try FileAccess.read(path) == damaged, "nothing may be changed")
        }
    }

    @Test func aFullDiskLeavesWhatWasThere() throws {
        defer { FileAccess.remove(path) }
        let fickle = FickleDisk()
        var journal = try Journal(path: path, disk: fickle.disk)
        try journal.append([outcome(1)])
        fickle.isFull.withLock { $0 = true }
        do throws(AgentError) {
            try journal.append([outcome(2), outcome(3)])
            Issue.record("a full disk was not seen")
        } catch {
            #expect(error.message.contains("free some space"))
        }
        #expect(journal.state.outbox.map(\.sequence) == [1])
        #expect(try Journal(path: path).tornBytes == 0)
        fickle.isFull.withLock { $0 = false }
        try journal.append([outcome(2), outcome(3)])
        #expect(try Journal(path: path).state.outbox.map(\.sequence) == [1, 2, 3])
    }

    @Test func spaceIsTakenAhead() throws {
        defer { FileAccess.remove(path) }
        var journal = try Journal(path: path)
        var status = stat()
        for round in 0..<2 {
            #expect(stat(path, &status) == 0)
            #expect(Int(status.st_blocks) * 512 >= Journal.reservation, "round \(round)")
            #expect(FileAccess.size(of: path) ?? 0 < 10_000)
            try journal.append([outcome(1)])
            try journal.compact()
        }
    }

    @Test func itIsReplacedByASnapshotWhenItHasGrown() throws {
        defer { FileAccess.remove(path) }
        var journal = try Journal(path: path)
        for round in 1...40 {
            let batch = (0..<300).map { outcome(UInt64(round * 300 + $0)) }
            try journal.append(batch)
            try journal.append([.acknowledged(through: UInt64(round * 300 + 299))])
        }
        #expect(FileAccess.size(of: path) ?? 0 < Int64(2 * Journal.compactionFloor))
        #expect(journal.state.outbox.isEmpty)
        #expect(try Journal(path: path).state == journal.state)
    }
}
