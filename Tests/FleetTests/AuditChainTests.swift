import Fleet
import Testing

@Suite struct AuditChainTests {
    static func records(_ count: UInt64) -> [AuditRecord] {
        var previous = AuditChain.genesis
        return (1...count).map { sequence in
            var record = AuditRecord(
                sequence: sequence,
                at: Instant(milliseconds: Int64(sequence) * 1000),
                actor: "ana",
                reason: sequence == 2 ? "why not" : nil,
                verb: "update",
                project: "default",
                kind: "Model",
                name: "wine",
                revision: sequence,
                before: nil,
                after: "{}",
                previousHash: previous,
                hash: ""
            )
            record.hash = record.expectedHash
            previous = record.hash
            return record
        }
    }

    /// The number of the first record that is refused; `nil` when all are taken.
    private func refused(_ records: [AuditRecord]) -> UInt64? {
        var chain = AuditChain()
        return records.first { chain.take($0) != nil }?.sequence
    }

    @Test func whatWasWrittenIsWhole() throws {
        let records = Self.records(5)
        #expect(refused(records) == nil)
        var chain = AuditChain()
        for record in records { #expect(chain.take(record) == nil) }
        let last = try #require(records.last)
        #expect(chain.problem(endingAt: AuditReference(sequence: 5, hash: last.hash)) == nil)
        #expect(chain.problem(endingAt: AuditReference(sequence: 6, hash: last.hash))?.contains("removed") == true)
    }

    @Test func whatWasChangedIsFound() {
        let records = Self.records(5)
        var changed = records
        changed[1].reason = "no reason"
        #expect(refused(changed) == 2)
        // Whoever changes a record and its hash breaks the one after it.
        changed[1].hash = changed[1].expectedHash
        #expect(refused(changed) == 3)
        #expect(refused(records.filter { $0.sequence != 3 }) == 4)
        #expect(refused([records[0], records[2], records[1]]) == 3)
        #expect(refused(Array(records.dropFirst())) == 2)
    }

    @Test func everyFieldIsProven() {
        let good = Self.records(1)[0]
        let forgeries: [(inout AuditRecord) -> Void] = [
            { $0.at = Instant(milliseconds: 1) }, { $0.actor = "eve" }, { $0.reason = "" }, { $0.verb = "create" },
            { $0.project = "other" }, { $0.kind = "Host" }, { $0.name = "beer" }, { $0.revision = 2 },
            { $0.before = "{}" }, { $0.after = nil }, { $0.previousHash = good.hash },
        ]
        for forge in forgeries {
            var record = good
            forge(&record)
            #expect(refused([record]) == 1, "\(record)")
        }
    }
}
