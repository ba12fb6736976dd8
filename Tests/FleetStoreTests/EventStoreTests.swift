import Fleet
import StoreDriver
import Testing

@testable import FleetStore

/// Which facts of hosts are events, also those that an older controller stored.
@Suite struct EventStoreTests {
    private static let reference = RevisionReference(
        number: 1,
        digest: Digest(of: "1".utf8),
        written: Digest(of: "written".utf8)
    )

    private static let receipts: [(receipt: Receipt, isEvent: Bool)] = [
        (.done(serving: reference), true), (.unaffected(serving: nil), true), (.noTarget(.stop), true), (.pinned, true),
        (.failed(cause: "x", serving: nil), true), (.inProgress(.pending), false), (.offline, false),
    ]
    private static let others: [(kind: HostOutcome.Kind, isEvent: Bool)] = [
        (.verified, true), (.reverted(cause: "x"), true), (.revertFailed(cause: "it's \"x\""), true), (.removed, true),
        (.serving(nil), false), (.serving(reference), false),
        (.local(LocalAction(actor: "uid 0", verb: "pin", reason: nil)), false),
    ]
    private static let facts = others + receipts.map { (kind: .rolledBack(id: "r", receipt: $0), isEvent: $1) }

    private static func outcome(_ index: Int) -> HostOutcome {
        HostOutcome(
            sequence: UInt64(index + 1),
            deployment: index.isMultiple(of: 2) ? "u" : "v",
            item: 1,
            revision: nil,
            kind: facts[index].kind,
            at: Instant(milliseconds: 0)
        )
    }

    private static func told(where isMeant: (HostOutcome) -> Bool = { _ in true }) -> [UInt64] {
        facts.indices.filter { facts[$0].isEvent }.map(outcome).filter(isMeant).map(\.sequence)
    }

    private static func sequences(_ records: [OutcomeRecord]) -> [UInt64] { records.map(\.outcome.sequence).sorted() }

    private static func check(_ reader: FleetReader) throws {
        let begin = Instant(milliseconds: 0)
        #expect(sequences(try reader.newestOutcomes(since: begin, limit: 99)) == told())
        let one = try reader.newestOutcomes(deployment: "v", since: begin, limit: 99)
        #expect(sequences(one) == told { $0.deployment == "v" } && !one.isEmpty)
        #expect(sequences(try reader.newestOutcomes(ofHost: "h", since: begin, limit: 99)) == told())
        #expect(try reader.newestOutcomes(ofHost: "other", since: begin, limit: 99).isEmpty)
        #expect(try reader.newestOutcomes(since: Instant(milliseconds: 1_001), limit: 99).isEmpty)
    }

    @Test func whatIsStoredIsToldOrNot() async throws {
        for (index, fact) in Self.facts.enumerated() { #expect(Self.outcome(index).isEvent == fact.isEvent) }
        let fixture = try await StoreFixture()
        try await fixture.write(1) { writer in
            _ = try writer.saveOutcomes(Self.facts.indices.map(Self.outcome), of: "h", instance: "i")
        }
        try await fixture.read { try Self.check($0) }
    }

    @Test func whatStepSixStoredIsToldOrNot() async throws {
        let directory = try TestDirectory()
        let path = directory.path + "/store.db"
        let database = try StoreDatabase(path: path, migrations: Array(FleetSchema.migrations.prefix(6)))
        try await database.write { transaction in
            for index in Self.facts.indices {
                let outcome = Self.outcome(index)
                try transaction.execute(
                    "INSERT INTO outcome VALUES ('h', 'i', ?, ?, ?, 1000)",
                    [.number(outcome.sequence), .text(outcome.deployment), try .json(outcome)]
                )
            }
        }
        try await database.close()
        let store = try FleetDatabase(path: path)
        try await store.read { try Self.check($0) }
        try await store.close()
        withExtendedLifetime(directory) {}
    }

    /// Facts of one time are told in pages like those of many.
    @Test func aPlaceCutsBetweenAnyTwo() async throws {
        let fixture = try await StoreFixture()
        for (host, time) in [("a", 1), ("b", 1), ("c", 2)] as [(String, Int64)] {
            try await fixture.write(time) { writer in
                let outcomes = (1...11).map { number in
                    HostOutcome(
                        sequence: UInt64(number),
                        deployment: "u",
                        item: 1,
                        revision: nil,
                        kind: .verified,
                        at: Instant(milliseconds: 0)
                    )
                }
                _ = try writer.saveOutcomes(outcomes, of: host, instance: "i")
            }
        }
        try await fixture.read { reader throws in
            let begin = Instant(milliseconds: 0)
            let all = try reader.newestOutcomes(since: begin, limit: 99)
            var found: [OutcomeRecord] = []
            var place: EventPlace?
            while let record = try reader.newestOutcomes(since: begin, before: place, limit: 1).first {
                found.append(record)
                let id = "host/\(record.host)/\(record.instance)/\(record.outcome.sequence)"
                place = EventPlace(EventPlace(at: record.receivedAt, id: id).description)
            }
            #expect(found == all && all.count == 33)
        }
        for text in ["", "x/host", "12", "12/", "/host"] { #expect(EventPlace(text) == nil, "\(text)") }
    }

    /// No answer looks through the facts of a whole fleet, or sorts them.
    @Test(arguments: [
        ("outcome", "received_at", "event = 1", "outcome_event "),
        ("outcome", "received_at", "event = 1 AND host = 'h'", "outcome_event_of_host "),
        ("outcome", "received_at", "event = 1 AND deployment = 'u'", "outcome_event_of_deployment "),
        ("audit", "at", "sequence > 0", "audit_at "),
        ("audit", "at", "project = 'default' AND kind = 'Hold'", "audit_of_kind_at "),
        ("audit", "at", "project = 'default' AND kind = 'Hold' AND name = 'x'", "audit_of_object_at "),
    ])
    func anIndexAnswers(table: String, time: String, condition: String, index: String) async throws {
        let fixture = try await StoreFixture()
        let plan = try await fixture.store.backing.read { transaction in
            try transaction.rows(
                """
                EXPLAIN QUERY PLAN SELECT * FROM \(table) WHERE \(time) >= 0 AND \(condition)
                ORDER BY \(time) DESC, 'x' || sequence DESC LIMIT 9
                """
            ).map { try $0.text("detail") }
        }
        #expect(plan.first?.contains("USING INDEX \(index)") == true, "\(plan)")
        #expect(plan.dropFirst().allSatisfy { !$0.hasSuffix("FOR ORDER BY") }, "\(plan)")
    }
}
