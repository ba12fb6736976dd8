import Fleet
import Testing

@testable import FleetStore

@Suite struct HostStoreTests {
    static func item(_ revision: Revision?, succeeded: [RevisionReference] = []) -> AssignmentItem {
        AssignmentItem(
            deployment: "uid-d",
            name: "d",
            number: 0,
            revision: revision,
            stableFor: .seconds(30),
            rollbackStableFor: .seconds(3),
            succeeded: succeeded
        )
    }

    @Test func aHostIsKeptWithWhatItSaid() async throws {
        let fixture = try await StoreFixture()
        let host = StoreFixture.host("h1")
        let report = HostReport(
            sequence: 7,
            assignment: .none,
            facts: HostFacts(
                agentVersion: "1",
                user: "root",
                isRoot: true,
                address: "127.0.0.11",
                kernel: "Linux",
                processors: 2,
                memory: 1 << 34,
                boot: "b"
            ),
            replicas: []
        )
        try await fixture.write { _ = try $0.putHost(host) }
        try await fixture.write(50) { try $0.saveReports(["h1": report, "gone": report]) }
        try await fixture.write { try $0.saveLastSeen(["h1": Instant(milliseconds: 60_000)]) }
        let stored = try #require(try await fixture.read { try $0.host("h1") })
        #expect(stored.host == host && stored.report == report)
        #expect(stored.lastSeen == Instant(milliseconds: 60_000))
        #expect(stored.resourceVersion == 1)
        await expect(.conflict) {
            try await fixture.write { writer in
                var namesake = StoreFixture.host("h2")
                namesake.name = host.name
                return try writer.putHost(namesake)
            }
        }
    }

    @Test func labelsAndRevocationAreChangesOfTheHost() async throws {
        let fixture = try await StoreFixture()
        try await fixture.write { writer in
            _ = try writer.putHost(StoreFixture.host("h1"))
            let now = Instant(milliseconds: 1)
            try writer.putCertificate(CertificateRecord(serial: "0a", host: "h1", notAfter: now, issuedAt: now))
        }
        await expect(.conflict) { try await fixture.write { try $0.setLabels([:], ofHost: "h1", expected: 9) } }
        try await fixture.write { _ = try $0.setLabels(["site": "ulm"], ofHost: "h1", expected: 1) }
        try await fixture.write(8) { _ = try $0.revokeHost("h1") }
        try await fixture.read { reader throws in
            #expect(try reader.host(named: "name-h1")?.host.labels == ["site": "ulm"])
            #expect(try reader.hosts().map(\.host.isRevoked) == [true])
            #expect(try reader.certificate(serial: "0a")?.revokedAt == Instant(milliseconds: 8_000))
        }
    }

    @Test func aCertificateThatEndedGoesWithTheNext() async throws {
        let fixture = try await StoreFixture()
        func record(_ serial: String, end: Int64, key: Digest? = nil) -> CertificateRecord {
            let end = Instant(milliseconds: end * 1000)
            return CertificateRecord(serial: serial, host: "h1", notAfter: end, issuedAt: end, key: key)
        }
        let key = Digest(of: "key".utf8)
        let first = [record("0a", end: 5), record("0b", end: 20)]
        try await fixture.write(1) { writer in
            for id in ["h1", "h2"] { _ = try writer.putHost(StoreFixture.host(id)) }
            for record in first { try writer.putCertificate(record) }
        }
        #expect(try await fixture.read { try $0.hostsWithUnknownKey(at: Instant(milliseconds: 20_000)) } == ["h1"])
        #expect(try await fixture.read { try $0.hostsWithUnknownKey(at: Instant(milliseconds: 20_001)) }.isEmpty)
        let last = record("0c", end: 30, key: key)
        try await fixture.write(10) { writer in
            try writer.putCertificate(last)
            try writer.bindKey(key, serial: "0b")
            try writer.bindKey(Digest(of: "another".utf8), serial: "0c")
            try writer.auditIdentity("renew", ofHost: "name-h1", facts: ["by": "bound key"])
        }
        let kept = try await fixture.read { try $0.certificates(of: "h1") }
        #expect(kept == [record("0b", end: 20, key: key), last])
        #expect(try await fixture.read { try $0.audit(of: .host, "name-h1", limit: 1).first?.verb } == "renew")
    }

    @Test func onlyAChangedItemGetsANewNumber() async throws {
        let fixture = try await StoreFixture()
        try await fixture.apply("d", version: "1")
        try await fixture.apply("d", version: "2")
        let revisions = try await fixture.read { try $0.revisions(of: "uid-d") }
        try await fixture.write { writer in
            for id in ["h1", "h2"] { _ = try writer.putHost(StoreFixture.host(id)) }
        }
        let first = Self.item(revisions[0])
        typealias Step = (
            items: [String: AssignmentItem], dropped: Set<String>, numbers: [String: UInt64], changed: [String]
        )
        let steps: [Step] = [
            (["h1": first, "h2": first], [], ["h1": 1, "h2": 1], ["h1", "h2"]),
            (["h1": first], [], ["h1": 1], []),
            (["h1": Self.item(revisions[1])], [], ["h1": 2], ["h1"]),
            ([:], ["h1"], [:], ["h1"]),
            ([:], ["h1"], [:], []),
            (["h1": first], [], ["h1": 4], ["h1"]),
        ]
        for step in steps {
            let assigned = try await fixture.write {
                try $0.assign(step.items, dropping: step.dropped, deployment: "uid-d")
            }
            #expect(assigned == AssignedItems(numbers: step.numbers, changed: step.changed))
        }
        try await fixture.read { reader throws in
            let assignment = try reader.assignment(of: "h1")
            #expect(assignment.version == AssignmentVersion(epoch: 1, generation: 4))
            #expect(assignment.items.map(\.number) == [4])
            #expect(assignment.items.first?.revision == revisions[0])
            #expect(try reader.items(of: "uid-d").mapValues(\.number) == ["h1": 4, "h2": 1])
            #expect(try reader.items(of: "uid-d")["h2"]?.revision == revisions[0])
            #expect(try reader.assignment(of: "nobody").version.generation == 0)
        }
        await expect(.notFound) { try await fixture.write { try $0.assign(["h9": first], deployment: "uid-d") } }
    }

    @Test func whatWasDoneOnAHostIsAuditedOnce() async throws {
        let fixture = try await StoreFixture()
        let action = LocalAction(actor: "ada", verb: "pin", reason: "a demo")
        let outcome = HostOutcome(
            sequence: 1,
            deployment: "uid-d",
            item: 1,
            revision: nil,
            kind: .local(action),
            at: Instant(milliseconds: 5)
        )
        _ = try await fixture.write { try $0.putHost(StoreFixture.host("h1")) }
        for _ in 0..<2 {
            _ = try await fixture.write { try $0.saveOutcomes([outcome], of: "h1", instance: "i") }
        }
        try await fixture.read { reader throws in
            let host = try #require(try reader.host("h1"))
            let records = try reader.audit(of: .host, host.host.name, limit: 10).filter { $0.verb == "pin" }
            #expect(records.map(\.actor) == ["host:\(host.host.name)/ada"])
            #expect(records.first?.reason == "a demo")
            #expect(records.first?.after?.contains("uid-d") == true)
            #expect(try reader.auditBreak() == nil)
        }
        // Whoever wrote the object is named when it is not the version that another one has read.
        let error = await #expect(throws: FleetStoreError.self) {
            try await fixture.write { try $0.setLabels(["site": "lyon"], ofHost: "h1", expected: 0) }
        }
        #expect(error?.description.contains("\"pin\"") == false, "\(error.map { "\($0)" } ?? "no error")")
    }

    @Test func anOutcomeIsStoredOnceAndHistoryFollows() async throws {
        let fixture = try await StoreFixture()
        let references = ["1", "2"].map {
            Revision(number: 1, content: StoreFixture.content($0), written: Digest(of: $0.utf8)).reference
        }
        let kinds: [HostOutcome.Kind] = [
            .serving(references[0]), .verified, .serving(references[1]),
            .rolledBack(id: "hold", receipt: .done(serving: references[0])), .serving(nil),
        ]
        let outcomes = kinds.enumerated().map { index, kind in
            HostOutcome(
                sequence: index == 0 ? .max : UInt64(index),
                deployment: "uid-d",
                item: 1,
                revision: nil,
                kind: kind,
                at: Instant(milliseconds: Int64(index))
            )
        }
        let fresh = try await fixture.write { writer in
            try [outcomes.prefix(3), outcomes[...], outcomes[...]].map { part in
                try writer.saveOutcomes(Array(part), of: "h1", instance: "i").count
            }
        }
        #expect(fresh == [3, 2, 0])
        try await fixture.read { reader throws in
            let history = try reader.servingHistory(of: "uid-d", host: "h1")
            #expect(history.map(\.revision) == references)
            #expect(history.map(\.since.milliseconds) == [0, 2])
            #expect(history.map(\.until?.milliseconds) == [2, 4])
        }
        let other = try await fixture.write { try $0.saveOutcomes(outcomes, of: "h1", instance: "second").count }
        #expect(other == 5)
    }

    /// A controller that starts tells a host whose journal was lost which numbers its facts have had: a fact that took one of
    /// them again would be taken for stored.
    @Test func theNewestFactOutlivesTheController() async throws {
        let fixture = try await StoreFixture()
        _ = try await fixture.write { try $0.putHost(StoreFixture.host("h1")) }
        let outcomes = [1, 9, 10].map { sequence in
            HostOutcome(
                sequence: sequence,
                deployment: "uid-d",
                item: 1,
                revision: nil,
                kind: .removed,
                at: Instant(milliseconds: 5)
            )
        }
        _ = try await fixture.write { try $0.saveOutcomes(outcomes, of: "h1", instance: "i") }
        try await fixture.read { reader throws in
            #expect(try reader.newestOutcome(of: "h1", instance: "i") == 10)
            #expect(try reader.newestOutcome(of: "h1", instance: "other") == 0)
        }
    }
}
