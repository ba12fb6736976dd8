import Fleet
import FleetTestSupport
import StoreDriver
import Testing

@testable import FleetStore

/// What is assigned reads back, whatever is shared below.
@Suite struct AssignmentStoreTests {
    private static let change = Change(actor: "controller", now: Instant(milliseconds: 1), term: 1)

    private static func store() throws -> (FleetDatabase, [Revision]) {
        let store = try FleetDatabase(inMemory: nil)
        _ = try store.beginNow(id: "c", now: Instant(milliseconds: 0))
        let revisions = try store.writeNow(change) { writer in
            for version in ["1", "2", "3"] { _ = try StoreFixture.apply("d", version: version, writer) }
            for host in 0..<6 { _ = try writer.putHost(StoreFixture.host("h\(host)")) }
            return try writer.reader.revisions(of: "uid-d")
        }
        return (store, revisions)
    }

    private static func random(_ revisions: [Revision], _ generator: inout SeededGenerator) -> AssignmentItem {
        var item = HostStoreTests.item(
            Bool.random(using: &generator) ? revisions.randomElement(using: &generator) : nil
        )
        item.order =
            [.converge, .stage, .remove, .rollback(id: "a"), .rollback(id: "b", turn: .wait)].randomElement(
                using: &generator
            )
            ?? .converge
        item.succeeded = Array(revisions.map(\.reference).prefix(Int.random(in: 0...2, using: &generator)))
        item.stableFor = .seconds(Int64.random(in: 0...1, using: &generator))
        item.onFailure = Bool.random(using: &generator) ? .stop : .keepServing
        item.endpoint = Bool.random(using: &generator) ? Endpoint(port: 80, to: "http") : nil
        if Int.random(in: 0..<3, using: &generator) == 0 {
            item.holds = [StoreFixture.hold("h", revisions[0].reference, of: "uid-d")]
        }
        return item
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func randomPlansReadBack(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let (store, revisions) = try Self.store()
        var model: [String: AssignmentItem] = [:]
        var generations: [String: UInt64] = [:]
        for step in 0..<300 {
            let hosts = (0..<6).map { "h\($0)" }.filter { _ in Int.random(in: 0..<3, using: &generator) == 0 }
            let shared = Self.random(revisions, &generator)
            var items: [String: AssignmentItem] = [:]
            for host in hosts {
                items[host] = Bool.random(using: &generator) ? shared : Self.random(revisions, &generator)
            }
            let dropped = Set((0..<6).map { "h\($0)" }.filter { _ in Int.random(in: 0..<8, using: &generator) == 0 })
            let assigned = try store.writeNow(Self.change) {
                try $0.assign(items, dropping: dropped, deployment: "uid-d")
            }
            var changed: Set<String> = []
            for (host, item) in items {
                if let old = model[host], item.saysTheSame(as: old) { continue }
                generations[host, default: 0] += 1
                model[host] = item
                model[host]?.number = generations[host] ?? 0
                changed.insert(host)
            }
            for host in dropped.subtracting(items.keys) where model.removeValue(forKey: host) != nil {
                generations[host, default: 0] += 1
                changed.insert(host)
            }
            #expect(assigned.changed == changed.sorted(), "seed \(seed), step \(step)")
            #expect(assigned.numbers == items.keys.reduce(into: [:]) { $0[$1] = model[$1]?.number })
            try store.readNow { reader in
                try #require(try reader.items(of: "uid-d") == model, "seed \(seed), step \(step)")
                let host = "h\(step % 6)"
                let assignment = try reader.assignment(of: host)
                #expect(assignment.items == (model[host].map { [$0] } ?? []))
                #expect(assignment.version.generation == generations[host] ?? 0)
            }
        }
        // Terms that nobody has go when others come: at most one of each host is left.
        let terms = try store.readNow { try $0.transaction.rows("SELECT id FROM assignment_terms").count }
        #expect(terms <= 12, "seed \(seed)")
    }

    @Test func sharedValuesSurviveARestoreOfTheStore() throws {
        let (store, revisions) = try Self.store()
        let image = try store.imageNow()
        for (number, revision) in revisions.enumerated() {
            var item = HostStoreTests.item(revision)
            item.stableFor = .seconds(Int64(number))
            try store.restoreNow(image)
            _ = try store.writeNow(Self.change) { try $0.assign(["h1": item], deployment: "uid-d") }
            let stored = try store.readNow { try $0.assignment(of: "h1").items.first }
            item.number = 1
            #expect(stored == item)
        }
    }
}
