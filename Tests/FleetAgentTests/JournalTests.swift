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

    /// How format 1 wrote records: a frame each, no header.
    private func oldFormat(_ records: [JournalRecord]) throws -> [UInt8] {
        try records.flatMap { JournalFrame.bytes(of: try JSONCoding.encode($0)) }
    }

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
            try journal.append([.numbered(after: 0), .replica(record), outcome(1), outcome(2), .assignment(version)])
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
        var journal = try Journal(path: path, disk: fickle)
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

    @Test func theFirstFormatIsReadAndReplaced() throws {
        defer { FileAccess.remove(path) }
        let version = AssignmentVersion(epoch: 2, generation: 9)
        let old = try oldFormat([outcome(1), .acknowledged(through: 1), outcome(2), .assignment(version)])
        for torn in [[], Array(old.prefix(7))] {
            try write(old + torn)
            let expected = try Journal(path: path).state
            #expect(expected.outbox.map(\.sequence) == [2])
            #expect(expected.assignment == version)
            #expect(expected.isNumbered, "its numbers were sent")
            guard case .goOn(expected, JournalHeader.newest, _, torn: 0) = JournalReading(try FileAccess.read(path))
            else {
                Issue.record("it was not written anew, in the newest format")
                return
            }
        }
    }

    @Test func aDiskThatIsFullContinuesTheFirstFormat() throws {
        defer { FileAccess.remove(path) }
        try write(try oldFormat([outcome(1)]))
        let fickle = FickleDisk()
        fickle.isFull.withLock { $0 = true }
        var journal = try Journal(path: path, disk: fickle)
        fickle.isFull.withLock { $0 = false }
        try journal.append([outcome(2), outcome(3)])
        guard case .goOn(let state, 1, _, 0) = JournalReading(try FileAccess.read(path)) else {
            Issue.record("the file was not continued")
            return
        }
        #expect(state.outbox.map(\.sequence) == [1, 2, 3])
    }

    @Test func thereIsOneDecisionForEveryStateOfTheFile() throws {
        let first = try oldFormat([outcome(1)])
        let empty = JournalState()
        let header = JournalFrame.bytes(of: try JSONCoding.encode(JournalHeader(snapshot: first.count)))
        let batch = JournalFrame.bytes(of: try JSONCoding.encode([outcome(2), outcome(3)]))
        let whole = header + first + batch
        let newer = JournalFrame.bytes(of: Array(#"{"journal":{"format":3,"snapshot":0}}"#.utf8))
        let strange = JournalFrame.bytes(of: Array(#"{"surprise":{}}"#.utf8))
        var second = batch
        second[3] = UInt8(ascii: "2")
        let state = empty.applying([outcome(1), outcome(2), outcome(3)])
        let table: [(name: String, bytes: [UInt8]?, decision: JournalReading)] = [
            ("no file", nil, .begin),
            ("an empty file", [], .begin),
            ("whole", whole, .goOn(state, format: 2, end: whole.count, torn: 0)),
            (
                "a torn batch: none of it", whole.dropLast(1),
                .goOn(empty.applying([outcome(1)]), format: 2, end: whole.count - batch.count, torn: batch.count - 1)
            ),
            (
                "zeros where a batch was to be", header + first + Array(repeating: 0, count: 4096),
                .goOn(empty.applying([outcome(1)]), format: 2, end: header.count + first.count, torn: 4096)
            ),
            ("a snapshot that is not whole", Array((header + first).dropLast(1)), .damaged(offset: header.count)),
            ("a snapshot that is gone", header, .damaged(offset: header.count)),
            ("a header that is not whole", Array(header.dropLast(1)), .damaged(offset: 0)),
            ("nothing but zeros", Array(repeating: 0, count: 4096), .damaged(offset: 0)),
            ("something else", Array("#!/bin/sh".utf8), .damaged(offset: 0)),
            ("damage before a batch", header + first.map { $0 ^ 1 } + batch, .damaged(offset: header.count)),
            ("a newer format", newer + batch, .newer(format: 3)),
            ("a newer frame", header + first + second, .newer(format: 2)),
            ("a newer record", header + first + strange + batch, .unknown(offset: header.count + first.count)),
        ]
        for row in table { #expect(JournalReading(row.bytes.map { Array($0) }) == row.decision, "\(row.name)") }
        try #require(throws: AgentError.self) { try open(newer) }
        for bytes in [newer, header + first + strange] {
            let error = #expect(throws: AgentError.self) { try open(bytes) }
            #expect(error?.code == .journalNewer)
            #expect(error?.message.contains("install the newer agent again") == true)
            #expect(try FileAccess.read(path) == bytes, "nothing may be changed")
        }
        FileAccess.remove(path)
    }

    private func open(_ bytes: [UInt8]) throws {
        try write(bytes)
        _ = try Journal(path: path)
    }

    @Test func anAgentOfTheFirstFormatRefusesWhatIsWrittenNow() throws {
        defer { FileAccess.remove(path) }
        _ = try Journal(path: path)
        // It reads every frame as one record.
        let first = try #require(JournalFrame.scan(try FileAccess.read(path) ?? []).payloads.first)
        #expect(throws: (any Error).self) { try JSONCoding.decode(JournalRecord.self, from: first) }
    }

    @Test func aLostJournalDoesNotGiveNumbersTwice() {
        let lost = JournalState().applying([outcome(1), outcome(2)])
        #expect(!lost.isNumbered)
        let heard = lost.acknowledgement(through: 57).map { lost.applying([$0]) }
        #expect(heard?.outbox.map(\.sequence) == [58, 59])
        #expect(heard?.lastOutcome == 59)
        #expect(heard?.acknowledgement(through: 57) == nil)
        #expect(heard?.acknowledgement(through: 58) == .acknowledged(through: 58))
        // A host that is new, and one whose journal is older than what the controller knows.
        let fresh = lost.acknowledgement(through: 0).map { lost.applying([$0]) }
        #expect(fresh?.outbox.map(\.sequence) == [1, 2])
        let stale = fresh.flatMap { fresh in fresh.acknowledgement(through: 9).map { fresh.applying([$0]) } }
        #expect(stale?.outbox.map(\.sequence) == [10, 11])
        for state in [lost, heard, fresh, stale].compactMap({ $0 }) {
            #expect(JournalState().applying(state.snapshot) == state)
        }
    }

    @Test func anotherIdentityBeginsWithNoAssignmentAndKeepsTheRest() throws {
        defer { FileAccess.remove(path) }
        let version = AssignmentVersion(epoch: 3, generation: 41)
        do {
            var journal = try Journal(path: path)
            try journal.append([.replica(ReplicaRecord(deployment: "d")), outcome(1), .assignment(version)])
            try journal.append(journal.state.enrolledAnew)
        }
        let state = try Journal(path: path).state
        #expect(state.assignment == .none)
        #expect(state.replicas.keys.sorted() == ["d"] && state.outbox.map(\.sequence) == [1])
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
