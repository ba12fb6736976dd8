import Fleet
import StoreDriver
import Testing

@testable import FleetStore

/// A store that a controller of step 1 has left opens, and its rollouts can be read and go on.
@Suite struct FirstLightMigrationTests {
    @Test func stepOneIsAsItWasReleased() {
        #expect(FleetSchema.migrations.first?.name == "1 first light")
        #expect(FleetSchema.migrations.first?.statements == FirstLight.statements)
    }

    @Test func anActiveRolloutOfStepOneIsRead() async throws {
        let directory = try TestDirectory()
        try await Self.makeStore(directory.path + "/store.db")
        let store = try FleetDatabase(path: directory.path + "/store.db")
        let term = try await store.begin(id: "other", now: Instant(milliseconds: 99)).term
        try await store.read { reader throws in
            let record = try #require(try reader.deployment(uid: "u"))
            #expect(record.plan == 0)
            #expect(record.deployment.policy.rollout == RolloutPolicy(stableFor: .seconds(7)))
            #expect(record.deployment.policy.rollbackStableFor == .seconds(2))
            let rollout = try #require(try reader.activeRollout(of: "u"))
            #expect(rollout.id == "active" && rollout.state == .progressing && rollout.reason == "it began")
            #expect(rollout.wave == 1 && rollout.waveEnds == [1, 4] && rollout.promoted == -1 && rollout.pause == nil)
            #expect(rollout.clock == ActiveClock() && rollout.provenAt == .seconds(0) && rollout.bakedFrom == nil)
            let targets = try reader.targets(of: "active")
            #expect(targets.map(\.host) == ["a", "b", "c", "d"])
            #expect(targets.map(\.wave) == [0, 1, 1, 1])
            #expect(targets.map(\.state) == [.verified, .starting, .pending, .failed])
            #expect(targets.map(\.asked) == [.go, .go, .go, .go])
            #expect(targets[2].overlay == .unreachable(since: Instant(milliseconds: 6)))
            #expect(targets.map(\.failure) == [nil, nil, nil, "port taken"])
            #expect(targets[1].since == Instant(milliseconds: 5) && targets[1].name == "host b")
        }
        try await store.write(Change(actor: "controller", now: Instant(milliseconds: 100), term: term)) { writer in
            var rollout = try #require(try writer.reader.activeRollout(of: "u"))
            rollout.state = .aborting
            try writer.raisePlan(of: "u", to: 1)
            try writer.saveRollout(rollout, isNew: false)
        }
        try await store.close()
    }

    @Test func itemsOfStepOneAreRead() async throws {
        let directory = try TestDirectory()
        try await Self.makeStore(directory.path + "/store.db")
        let store = try FleetDatabase(path: directory.path + "/store.db")
        let term = try await store.begin(id: "other", now: Instant(milliseconds: 99)).term
        let items = try await store.read { reader throws in
            let items = try reader.items(of: "u")
            #expect(items.mapValues(\.number) == ["a": 3, "b": 4, "c": 5])
            #expect(items.mapValues(\.order) == ["a": .converge, "b": .rollback(id: "h1"), "c": .remove])
            #expect(items.mapValues { $0.revision?.number } == ["a": 1, "b": nil, "c": nil])
            let item = try #require(items["a"])
            #expect(item.revision?.bytes == Array("{}".utf8) && item.name == "fraud" && item.deployment == "u")
            #expect(item.endpoint == Endpoint(port: 8080, to: "http") && item.stableFor == .seconds(7))
            #expect(item.succeeded.map(\.number) == [1] && item.holds.map(\.reason) == ["wrong"])
            #expect(try reader.assignment(of: "a").version == AssignmentVersion(epoch: 1, generation: 3))
            return items
        }
        // A number of its own would pre-empt what the host is doing.
        let numbers = try await store.write(Change(actor: "controller", now: Instant(milliseconds: 100), term: term)) {
            writer in
            try (0..<2).map { _ in try writer.assign(items, deployment: "u").numbers }
        }
        #expect(numbers == [["a": 3, "b": 4, "c": 5], ["a": 3, "b": 4, "c": 5]])
        try await store.close()
    }

    @Test func endedRolloutsOfStepOneHaveTheirHistory() async throws {
        let directory = try TestDirectory()
        try await Self.makeStore(directory.path + "/store.db")
        let store = try FleetDatabase(path: directory.path + "/store.db")
        try await store.read { reader throws in
            let history = try reader.rollouts(of: "u", limit: 9)
            #expect(history.map(\.id) == ["active", "waiting", "hollow", "empty"])
            #expect(history.map(\.waveEnds) == [[1, 4], [1, 2], [2], []])
            #expect(history.map(\.wave) == [1, 0, 0, 0])
            #expect(try reader.targets(of: "waiting").map(\.asked) == [.back, .nothing])
            #expect(try reader.targets(of: "hollow").map(\.wave) == [0, 0])
        }
        try await store.close()
    }

    private static func makeStore(_ path: String) async throws {
        let database = try StoreDatabase(
            path: path,
            migrations: [StoreMigration("1 first light", FirstLight.statements)]
        )
        try await database.write { transaction in
            for statement in content { try transaction.execute(statement) }
        }
        try await database.close()
    }

    private static let digest = Digest(of: "{}".utf8).description
    private static let reference = #"{"digest":"\#(digest)","number":1,"written":"\#(digest)"}"#
    private static let common =
        #""deployment":"u","endpoint":{"port":8080,"to":"http"},"holds":[{"actor":"ana","deployment":"u","id":"h1","#
        + #""reason":"wrong","revision":\#(reference),"since":9}],"name":"fraud","onFailure":"keepServing","#
        + #""rollbackStableFor":"2s","stableFor":"7s","succeeded":[\#(reference)]"#

    /// "hollow" has lost the host of its first wave; "waiting" was aborted in its first.
    private static let content =
        [
            "INSERT INTO controller VALUES (1, 'c', 0, 1, 3, 9, 0, 'genesis')",
            "INSERT INTO project VALUES ('default', 0)",
            """
            INSERT INTO deployment VALUES ('u', 'default', 'fraud', '{}',
                '{"environment":{},"model":"wine","runtime":"mlserver","version":"1"}', 1,
                '{"hosts":"site=lyon"}', 1, '{"rollbackStableFor":"2s","rolloutStableFor":"7s"}', 1, 1, 'active', 1, 0)
            """,
            "INSERT INTO revision VALUES ('u', 1, '\(digest)', '\(digest)', CAST('{}' AS BLOB), 0, NULL)",
        ]
        + [
            ("empty", "succeeded", 0, 1), ("hollow", "succeeded", 1, 2), ("waiting", "aborted", 0, 3),
            ("active", "progressing", 1, 4),
        ].map { id, state, wave, order in
            """
            INSERT INTO rollout VALUES ('\(id)', 'u', 1, '\(digest)', '\(digest)', '\(state)',
                \(id == "active" ? 1 : 0), 4, 'it began', 3, \(wave), \(order), \(order))
            """
        }
        + [
            "('hollow', 0, 'b', 'host b', 1, 'verified', 5, NULL, NULL)",
            "('hollow', 1, 'c', 'host c', 1, 'verified', 5, NULL, NULL)",
            "('waiting', 0, 'a', 'host a', 0, 'reverted', 5, 'port taken', NULL)",
            "('waiting', 1, 'b', 'host b', 1, 'pending', 5, NULL, NULL)",
            "('active', 0, 'd', 'host d', 1, 'failed', 5, 'port taken', NULL)",
            "('active', 1, 'a', 'host a', 0, 'verified', 5, NULL, NULL)",
            "('active', 2, 'b', 'host b', 1, 'starting', 5, NULL, NULL)",
            "('active', 3, 'c', 'host c', 1, 'pending', 5, NULL, 6)",
        ].map { "INSERT INTO rollout_target VALUES \($0)" }
        + [
            (
                "a", 3, #"{"converge":{}}"#,
                #","revision":{"bytes":[],"digest":"\#(digest)","number":1,"#
                    + #""written":"\#(digest)"}"#
            ),
            ("b", 4, #"{"rollback":{"id":"h1"}}"#, ""), ("c", 5, #"{"remove":{}}"#, ""),
        ].flatMap { host, number, order, revision in
            [
                """
                INSERT INTO host VALUES ('\(host)', 'default', '\(host)', '{}', 'm', 'i', 0, 0, NULL, NULL, NULL, 1)
                """,
                "INSERT INTO assignment VALUES ('\(host)', \(number))",
                """
                INSERT INTO assignment_item VALUES ('\(host)', 'u',
                    '{\(common),"number":\(number),"order":\(order)\(revision)}')
                """,
            ]
        }
}
