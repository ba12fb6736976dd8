import Fleet
import FleetStore
import FleetTestSupport
import Foundation
import Testing

/// The write-ahead log as a power cut may leave it: cut anywhere, or with a damaged page at its end.
@Suite struct TornLogTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func whatIsLeftIsAPrefixOfWhatWasWritten(seed: UInt64) async throws {
        let fixture = try await StoreFixture()
        for number in 0..<60 {
            try await fixture.write { writer in
                try StoreFixture.apply("d\(number % 3)", version: "\(number)", writer)
                _ = try writer.putModel(Model(name: "m", owner: "\(number)"))
            }
        }
        let database = try Data(contentsOf: URL(fileURLWithPath: fixture.path))
        let log = try Data(contentsOf: URL(fileURLWithPath: fixture.path + "-wal"))
        try #require(log.count > 100_000, "the log was checkpointed: the test would test nothing")
        var random = SeededGenerator(seed: seed)
        var cuts = (0..<12).map { _ in Int.random(in: 0...log.count, using: &random) }.sorted()
        cuts.append(log.count)
        var revisions: [UInt64] = []
        for (index, cut) in cuts.enumerated() {
            var torn = log.prefix(cut)
            if index % 3 == 1, cut > 100 { torn[torn.startIndex + cut - 50] ^= 0x40 }
            let path = "\(fixture.directory)/torn-\(index).db"
            try database.write(to: URL(fileURLWithPath: path))
            try torn.write(to: URL(fileURLWithPath: path + "-wal"))
            revisions.append(try await Self.check(path, "cut at \(cut) of \(log.count), seed \(seed)"))
        }
        #expect(revisions == revisions.sorted(), "seed \(seed)")
        #expect(Set(revisions).count > 3, "seed \(seed): every cut gave the same")
        #expect(revisions.last == 120, "the whole log was not read")
    }

    /// The revision of a store that is whole: both changes of each transaction are there, or neither.
    private static func check(_ path: String, _ what: Comment) async throws -> UInt64 {
        let store = try FleetDatabase(path: path)
        _ = try await store.begin(id: "other", now: Instant(milliseconds: 1))
        let revision = try await store.read { reader in
            #expect(try reader.auditBreak() == nil, what)
            let revision = try reader.revision()
            #expect(revision.isMultiple(of: 2), what)
            let owner = try reader.model("m")?.object.owner
            let newest = try reader.deployments().max { $0.resourceVersion < $1.resourceVersion }
            #expect(owner == newest?.deployment.content.version, what)
            return revision
        }
        try await store.close()
        return revision
    }
}
