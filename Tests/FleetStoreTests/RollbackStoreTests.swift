import Fleet
import FleetStore
import Testing

@Suite struct RollbackStoreTests {
    private static let references = ["1", "2"].enumerated().map { index, version in
        Revision(
            number: UInt64(index + 1),
            content: StoreFixture.content(version),
            written: Digest(of: version.utf8)
        ).reference
    }

    private static let asked = Instant(milliseconds: 1_000)

    private static func rollback(_ id: String, drill: Bool = false) -> Rollback {
        Rollback(
            id: id,
            actor: "ana",
            reason: "wrong",
            at: Instant(milliseconds: 1_000),
            scope: .selector("env=prod"),
            hosts: "site=lyon",
            to: .version("1"),
            strategy: .rolling,
            onFailure: .stop,
            isDrill: drill
        )
    }

    private static func order(_ id: String, _ deployment: String = "uid-d", drill: Bool = false) -> RollbackOrder {
        RollbackOrder(
            rollback: id,
            deployment: deployment,
            strategy: .rolling,
            onFailure: .keepServing,
            at: Instant(milliseconds: 1_000),
            target: references[0],
            drill: drill
        )
    }

    private static func entry(
        _ id: String,
        _ host: String,
        _ receipt: Receipt,
        _ deployment: String = "uid-d"
    ) -> RollbackEntry {
        RollbackEntry(
            rollback: id,
            deployment: deployment,
            host: host,
            name: "name-\(host)",
            wave: 2,
            from: references[1],
            turn: .wait,
            since: Instant(milliseconds: 5),
            receipt: receipt,
            receiptAt: Instant(milliseconds: 6),
            itemNumber: 9
        )
    }

    private static func fixture() async throws -> StoreFixture {
        let fixture = try await StoreFixture()
        for name in ["d", "e"] { try await fixture.apply(name, version: "1") }
        try await fixture.write { writer in
            for host in ["h1", "h2", "h3"] { _ = try writer.putHost(StoreFixture.host(host)) }
        }
        return fixture
    }

    @Test func whatIsPutIsRead() async throws {
        let fixture = try await Self.fixture()
        let rollbacks = [
            Self.rollback("r1"),
            Rollback(
                id: "r2",
                actor: "bo",
                reason: "b",
                at: Instant(milliseconds: 2),
                scope: .deployments(["d", "e"]),
                to: .time(Instant(milliseconds: 77))
            ),
            Rollback(id: "r3", actor: "bo", reason: "b", at: Instant(milliseconds: 2), scope: .all),
        ]
        try await fixture.write(actor: "ana", reason: "wrong") { writer in
            for rollback in rollbacks { try writer.putRollback(rollback, orders: [Self.order(rollback.id)]) }
        }
        try await fixture.read { reader throws in
            #expect(try reader.rollbacks(limit: 2) == [rollbacks[2], rollbacks[1]])
            #expect(try reader.rollbacks(before: "r3", limit: 1) == [rollbacks[1]])
            #expect(try reader.rollbacks(before: "r2", limit: 9) == [rollbacks[0]])
            #expect(try reader.rollbacks(before: "r1", limit: 9).isEmpty)
            #expect(try rollbacks.map { try reader.rollback($0.id) } == rollbacks)
            let record = try #require(try reader.audit(of: .rollback, "r1", limit: 9).first)
            #expect(record.verb == "rollback" && record.actor == "ana" && record.reason == "wrong")
            #expect(record.after?.contains(#""scope":"selector env=prod""#) == true)
            #expect(record.after?.contains(#""deployments":["d"]"#) == true)
            let kinds = try reader.changes(after: record.revision - 1, limit: 9).map(\.kind)
            #expect(kinds == ["Rollback", "Rollback", "Rollback"])
        }
        await expect(.notFound) {
            try await fixture.write { try $0.putRollback(Self.rollback("r4"), orders: [Self.order("r4", "nobody")]) }
        }
    }

    /// The newest rollback, and whatever a host has not ended with; what is undone is gone.
    @Test func planningIsToldOfWhatMatters() async throws {
        let fixture = try await Self.fixture()
        try await fixture.write { writer in
            for id in ["r1", "r2", "r3"] { try writer.putRollback(Self.rollback(id), orders: [Self.order(id)]) }
            try writer.putRollback(Self.rollback("x", drill: true), orders: [Self.order("x", drill: true)])
            try writer.saveRollbackEntries([
                Self.entry("r1", "h1", .offline), Self.entry("r1", "h2", .pinned),
                Self.entry("r2", "h1", .done(serving: Self.references[0])),
                Self.entry("r3", "h2", .inProgress(.staged)),
            ])
        }
        // Its hosts get their places after it was asked for.
        try await fixture.write { try $0.putRollback(Self.rollback("r4"), orders: [Self.order("r4", "uid-e")]) }
        try await fixture.read { reader throws in
            let before = Instant(milliseconds: 999)
            #expect(try reader.runningRollbacks(of: "uid-e", since: before) == ["r4"])
            #expect(try reader.runningRollbacks(of: "uid-e", since: Self.asked).isEmpty)
        }
        func orders() async throws -> [String] {
            try await fixture.read { try $0.rollbackOrders(of: "uid-d").map(\.rollback) }
        }
        #expect(try await orders() == ["r1", "r3"])
        try await fixture.read { reader throws in
            #expect(try reader.rollbackOrders(of: "uid-d").first == Self.order("r1"))
            #expect(try reader.rollbackEntries(of: "uid-d").mapValues(\.rollback) == ["h1": "r1", "h2": "r3"])
            #expect(try reader.rollbackEntries(of: "uid-d")["h1"] == Self.entry("r1", "h1", .offline))
            #expect(try reader.runningRollbacks(of: "uid-d", since: Self.asked) == ["r3"])
        }
        try await fixture.write { writer in
            try writer.saveRollbackEntries([
                Self.entry("x", "h3", .inProgress(.starting)), Self.entry("r3", "h2", .offline),
            ])
        }
        #expect(try await orders() == ["r1", "r3", "x"])
        #expect(try await fixture.read { try $0.runningRollbacks(of: "uid-d", since: Self.asked) }.isEmpty)
        try await fixture.write { _ = try $0.undoRollback("r3") }
        #expect(try await orders() == ["r1", "r2", "x"])
    }

    @Test func everyReceiptIsReadAsItWasSaved() async throws {
        let fixture = try await Self.fixture()
        let receipts: [Receipt] = [
            .done(serving: Self.references[0]), .unaffected(serving: nil), .unaffected(serving: Self.references[1]),
            .inProgress(.observing), .offline, .noTarget(.keepServing), .noTarget(.stop), .pinned,
            .failed(cause: "its \"probe\"", serving: Self.references[1]), .failed(cause: "x", serving: nil),
        ]
        let entries = receipts.enumerated().map { Self.entry("r1", "h\($0.offset)", $0.element) }
        try await fixture.write { writer in
            try writer.putRollback(Self.rollback("r1"), orders: [Self.order("r1")])
            try writer.saveRollbackEntries(entries)
        }
        try await fixture.read { reader throws in
            #expect(try reader.rollbackEntries(ofRollback: "r1", limit: 99).map(\.entry) == entries)
            let first = try reader.rollbackEntries(ofRollback: "r1", limit: 4)
            let rest = try reader.rollbackEntries(ofRollback: "r1", after: ("uid-d", first[3].entry.host), limit: 99)
            #expect((first + rest).map(\.entry) == entries)
            #expect(try reader.rollbackEntries(ofRollback: "r1", deployment: "uid-e", limit: 9).isEmpty)
            let counts = try reader.receiptCounts(ofRollbacks: ["r1", "r0"])
            #expect(counts.mapValues { $0.reduce(0) { $0 + $1.count } } == ["r1": entries.count])
            #expect(counts["r1"]?.filter { $0.receipt == .failed }.map(\.count) == [2])
            #expect(counts["r1"]?.filter { $0.receipt == .noTarget }.map(\.count) == [2])
            #expect(try reader.receiptCounts(ofRollbacks: []).isEmpty)
        }
    }

    /// A last receipt is in the audit once, and again when the host says when it had proven its target.
    @Test func aLastReceiptIsAudited() async throws {
        let fixture = try await Self.fixture()
        let served = [HostOutcome.Kind.serving(Self.references[1]), .serving(Self.references[0])]
        try await fixture.write { writer in
            try writer.putRollback(Self.rollback("r1"), orders: [Self.order("r1")])
            _ = try writer.saveOutcomes(served.enumerated().map(Self.outcome), of: "h1", instance: "i")
            try writer.saveRollbackEntries([Self.entry("r1", "h1", .inProgress(.staged))])
        }
        let before = try await fixture.read { try $0.audit(of: .rollback, "r1", limit: 9).count }
        #expect(before == 1)
        var done = Self.entry("r1", "h1", .done(serving: Self.references[0]))
        done.to = Self.references[0]
        for _ in 0..<2 { try await fixture.write { [done] in try $0.saveRollbackEntries([done]) } }
        let first = try await fixture.read { reader throws in
            let record = try #require(try reader.audit(of: .rollback, "r1", limit: 9).first)
            let newest = try reader.audit(after: 0, limit: 999).last
            #expect(record.verb == "receipt" && record.sequence == newest?.sequence)
            let after = try #require(record.after)
            #expect(after.contains(#""askedBy":"ana""#) && after.contains(#""hostName":"name-h1""#))
            #expect(after.contains(#""fromSince":0,"fromUntil":1"#) && !after.contains("provenAt"))
            #expect(after.contains(#""to":{"digest":"\#(Self.references[0].digest)""#))
            return record
        }
        let place = try await fixture.read { try $0.rollbackEntries(ofRollback: "r1", limit: 9).first?.audit }
        #expect(place?.sequence == first.sequence && place?.hash == first.hash)
        let proof = HostOutcome.Kind.rolledBack(id: "r1", receipt: .done(serving: Self.references[0]))
        try await fixture.write { writer in
            _ = try writer.saveOutcomes([Self.outcome(7, proof)], of: "h1", instance: "i")
        }
        // Planning knows nothing of that and saves it as it was.
        try await fixture.write { [done] in try $0.saveRollbackEntries([done]) }
        try await fixture.read { reader throws in
            let records = try reader.audit(of: .rollback, "r1", limit: 9)
            #expect(records.map(\.verb) == ["receipt", "receipt", "rollback"])
            #expect(records.first?.after?.contains(#""provenAt":7"#) == true)
            let entry = try #require(try reader.rollbackEntries(ofRollback: "r1", limit: 9).first)
            #expect(entry.entry.provenAt == Instant(milliseconds: 7) && entry.audit?.hash == records.first?.hash)
            #expect(try reader.auditBreak() == nil)
        }
    }

    /// A newer rollback was taken back, and the older one is for the host again.
    @Test func whatAHostHasNotEndedIsItsEntry() async throws {
        let fixture = try await Self.fixture()
        try await fixture.write { writer in
            for id in ["r1", "r2"] { try writer.putRollback(Self.rollback(id), orders: [Self.order(id)]) }
            try writer.saveRollbackEntries([
                Self.entry("r2", "h1", .failed(cause: "its hold was lifted", serving: nil)),
                Self.entry("r1", "h1", .offline), Self.entry("r1", "h2", .pinned), Self.entry("r2", "h2", .pinned),
            ])
        }
        let entries = try await fixture.read { try $0.rollbackEntries(of: "uid-d") }
        #expect(entries.mapValues(\.rollback) == ["h1": "r1", "h2": "r2"])
    }

    @Test func anOutcomeIsAReceipt() async throws {
        let fixture = try await Self.fixture()
        let reference = Self.references[0]
        try await fixture.write { writer in
            try writer.putRollback(Self.rollback("r1"), orders: [Self.order("r1")])
            let kinds: [HostOutcome.Kind] = [
                .rolledBack(id: "r1", receipt: .done(serving: reference)),
                .rolledBack(id: "forgotten", receipt: .pinned),
            ]
            _ = try writer.saveOutcomes(kinds.enumerated().map(Self.outcome), of: "h1", instance: "i")
        }
        let entries = try await fixture.read { try $0.rollbackEntries(of: "uid-d") }
        #expect(entries.keys.sorted() == ["h1"])
        #expect(entries["h1"]?.receipt == .done(serving: reference) && entries["h1"]?.to == reference)
        #expect(entries["h1"]?.provenAt == Instant(milliseconds: 0) && entries["h1"]?.name == "name-h1")
    }

    /// It had left before it was told to; planning knows that, and the host does not.
    @Test func whoeverHasLeftStaysDone() async throws {
        let reference = Self.references[0]
        for (receipt, expected) in [
            (Receipt.done(serving: reference), Receipt.done(serving: reference)),
            (.done(serving: Self.references[1]), .unaffected(serving: reference)),
            (.inProgress(.staging), .unaffected(serving: reference)),
        ] {
            let fixture = try await Self.fixture()
            try await fixture.write { writer in
                try writer.putRollback(Self.rollback("r1"), orders: [Self.order("r1")])
                try writer.saveRollbackEntries([Self.entry("r1", "h1", receipt)])
                let kind = HostOutcome.Kind.rolledBack(id: "r1", receipt: .unaffected(serving: reference))
                _ = try writer.saveOutcomes([kind].enumerated().map(Self.outcome), of: "h1", instance: "i")
            }
            let entries = try await fixture.read { try $0.rollbackEntries(of: "uid-d") }
            #expect(entries["h1"]?.receipt == expected)
        }
    }

    @Test func undoingLiftsEveryHoldOfIt() async throws {
        let fixture = try await Self.fixture()
        try await fixture.write { writer in
            try writer.putRollback(Self.rollback("r1"), orders: [Self.order("r1"), Self.order("r1", "uid-e")])
            for (id, uid) in [("a", "uid-d"), ("b", "uid-e"), ("c", "uid-d")] {
                var hold = StoreFixture.hold(id, Self.references[0], of: uid)
                if id != "c" { hold.rollback = "r1" }
                if id == "b" { hold.hosts = ["h1", "h2"] }
                try writer.putHold(hold)
            }
        }
        #expect(try await fixture.read { try $0.holds(of: "uid-e").map(\.hosts) } == [["h1", "h2"]])
        let (rollback, lifted) = try await fixture.write(9, actor: "bo", reason: "mended") { try $0.undoRollback("r1") }
        #expect(rollback.undone == Rollback.Undo(actor: "bo", at: Instant(milliseconds: 9_000), reason: "mended"))
        #expect(lifted.map(\.id) == ["a", "b"])
        try await fixture.read { reader throws in
            #expect(try reader.rollback("r1") == rollback)
            #expect(try reader.holds().map(\.id) == ["c"])
            #expect(try reader.holds(ofRollback: "r1").map { $0.lift?.actor } == ["bo", "bo"])
            #expect(try reader.audit(of: .rollback, "r1", limit: 9).map(\.verb) == ["undo", "rollback"])
        }
        let again = try await fixture.write(10, actor: "cy") { try $0.undoRollback("r1") }
        #expect(again.rollback == rollback && again.lifted.isEmpty)
        await expect(.notFound) { try await fixture.write { try $0.undoRollback("r9") } }
    }

    /// Nobody else would end what it is part of.
    @Test func aHostThatIsForgottenEndsWhatIsOpen() async throws {
        let fixture = try await Self.fixture()
        try await fixture.write { writer in
            for id in ["h1", "h2"] { _ = try writer.putHost(StoreFixture.host(id)) }
            let now = Instant(milliseconds: 1)
            try writer.putCertificate(CertificateRecord(serial: "0a", host: "h1", notAfter: now, issuedAt: now))
            _ = try writer.assign(["h1": HostStoreTests.item(nil)], deployment: "uid-d")
            _ = try writer.saveOutcomes([Self.outcome(1, .serving(Self.references[0]))], of: "h1", instance: "i")
            try writer.putRollback(Self.rollback("r1"), orders: [Self.order("r1")])
            try writer.saveRollbackEntries([
                Self.entry("r1", "h1", .inProgress(.staged)), Self.entry("r1", "h2", .offline),
            ])
        }
        try await fixture.write(9, actor: "bo", reason: "scrapped") { try $0.deleteHost("h1") }
        try await fixture.read { reader throws in
            let entries = try reader.rollbackEntries(ofRollback: "r1", limit: 9).map(\.entry)
            #expect(
                entries.map(\.receipt) == [
                    .failed(cause: "the host was deleted by bo: scrapped", serving: Self.references[1]), .offline,
                ]
            )
            #expect(try reader.host("h1") == nil && reader.host("h2") != nil)
            #expect(try reader.certificates(of: "h1").isEmpty && reader.items(of: "uid-d").isEmpty)
            #expect(try reader.servingHistory(ofHost: "h1", limit: 9).map(\.until) == [Instant(milliseconds: 9_000)])
            #expect(try reader.audit(of: .host, "name-h1", limit: 1).map(\.verb) == ["delete"])
            #expect(try reader.auditBreak() == nil)
        }
        await expect(.notFound) { try await fixture.write { try $0.deleteHost("h1") } }
    }

    /// Whoever has not ended with it by then never does: planning knows it no more.
    @Test func undoingEndsWhatIsOpen() async throws {
        let fixture = try await Self.fixture()
        try await fixture.write { writer in
            try writer.putRollback(Self.rollback("r1"), orders: [Self.order("r1")])
            try writer.saveRollbackEntries([
                Self.entry("r1", "h1", .inProgress(.staged)), Self.entry("r1", "h2", .offline),
                Self.entry("r1", "h3", .done(serving: Self.references[0])),
            ])
        }
        _ = try await fixture.write(9, actor: "bo", reason: "mended") { try $0.undoRollback("r1") }
        try await fixture.read { reader throws in
            let entries = try reader.rollbackEntries(ofRollback: "r1", limit: 9)
            let back = Receipt.failed(cause: "taken back by bo: mended", serving: Self.references[1])
            #expect(entries.map(\.entry.receipt) == [back, back, .done(serving: Self.references[0])])
            #expect(entries.map(\.entry.receiptAt.milliseconds) == [9_000, 9_000, 6])
            #expect(entries.allSatisfy { $0.audit != nil })
            #expect(try reader.openReceiptCounts().isEmpty)
            let verbs = try reader.audit(of: .rollback, "r1", limit: 9).map(\.verb)
            #expect(verbs == ["receipt", "receipt", "undo", "receipt", "rollback"])
            #expect(try reader.auditBreak() == nil)
        }
    }

    /// One deployment after the other: the rollback is undone when all are, and what was done is not done again.
    @Test func undoingGoesDeploymentByDeployment() async throws {
        let fixture = try await Self.fixture()
        try await fixture.write { writer in
            try writer.putRollback(Self.rollback("r1"), orders: [Self.order("r1"), Self.order("r1", "uid-e")])
            for (id, uid) in [("a", "uid-d"), ("b", "uid-e")] {
                var hold = StoreFixture.hold(id, Self.references[0], of: uid)
                hold.rollback = "r1"
                try writer.putHold(hold)
            }
            try writer.saveRollbackEntries([
                Self.entry("r1", "h1", .offline), Self.entry("r1", "h1", .inProgress(.staged), "uid-e"),
            ])
        }
        let first = try await fixture.write(8, actor: "bo", reason: "mended") {
            try $0.undoRollback("r1", deployment: "uid-e")
        }
        #expect(first.rollback.undone == nil && first.lifted.map(\.id) == ["b"])
        try await fixture.read { reader throws in
            #expect(try reader.rollback("r1")?.undone == nil)
            #expect(try reader.holds().map(\.id) == ["a"])
            let undone = try reader.rollbackOrders(ofRollback: "r1").map { $0.undone?.actor }
            #expect(undone == [nil, "bo"])
            #expect(try reader.rollbackOrders(of: "uid-d").map(\.rollback) == ["r1"])
            #expect(try reader.rollbackOrders(of: "uid-e").isEmpty && reader.rollbackEntries(of: "uid-e").isEmpty)
            #expect(try reader.rollbackEntries(of: "uid-d")["h1"]?.receipt == .offline)
            #expect(try reader.runningRollbacks(of: "uid-e", since: Instant(milliseconds: 0)).isEmpty)
            let recent = try reader.recentRollbacks(
                of: "uid-e",
                since: Instant(milliseconds: 0),
                ended: Instant(milliseconds: 0)
            )
            #expect(recent.isEmpty)
        }
        let second = try await fixture.write(9, actor: "cy", reason: "too") { try $0.undoRollback("r1") }
        #expect(second.rollback.undone?.actor == "cy" && second.lifted.map(\.id) == ["a"])
        try await fixture.read { reader throws in
            #expect(try reader.rollbackOrders(ofRollback: "r1").map { $0.undone?.actor } == ["cy", "bo"])
            #expect(try reader.rollback("r1")?.undone?.reason == "too")
            let records = try reader.audit(of: .rollback, "r1", limit: 9).filter { $0.verb == "undo" }
            #expect(records.map { $0.after?.contains(#""deployments":["d"]"#) } == [true, false])
        }
    }

    /// Whoever has begun a rehearsal that a person ends is not done with it: planning brings it home.
    @Test func anEndedRehearsalKeepsWhoeverHasBegun() async throws {
        let fixture = try await Self.fixture()
        var begun = Self.entry("x", "h1", .inProgress(.starting))
        begun.turn = .go
        var waiting = Self.entry("x", "h2", .inProgress(.pending))
        waiting.turn = nil
        try await fixture.write { [begun, waiting] writer in
            try writer.putRollback(Self.rollback("x", drill: true), orders: [Self.order("x", drill: true)])
            try writer.saveRollbackEntries([begun, waiting])
        }
        _ = try await fixture.write(9, actor: "bo", reason: "enough") { try $0.undoRollback("x") }
        try await fixture.read { [begun] reader throws in
            let order = try #require(try reader.rollbackOrders(of: "uid-d").first)
            #expect(order.rollback == "x" && order.undone?.words == "taken back by bo: enough")
            let entries = try reader.rollbackEntries(of: "uid-d")
            #expect(entries["h1"] == begun)
            #expect(
                entries["h2"]?.receipt == .failed(cause: "taken back by bo: enough", serving: Self.references[1])
            )
        }
        begun.receipt = .done(serving: Self.references[1])
        try await fixture.write { [begun] in try $0.saveRollbackEntries([begun]) }
        #expect(try await fixture.read { try $0.rollbackOrders(of: "uid-d") }.isEmpty)
    }

    private static func outcome(_ sequence: Int, _ kind: HostOutcome.Kind) -> HostOutcome {
        HostOutcome(
            sequence: UInt64(sequence),
            deployment: "uid-d",
            item: 1,
            revision: nil,
            kind: kind,
            at: Instant(milliseconds: Int64(sequence))
        )
    }
}
