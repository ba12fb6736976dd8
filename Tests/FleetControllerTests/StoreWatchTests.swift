import Fleet
import FleetTestSupport
import Logging
import StoreDriver
import Testing

@testable import FleetController
@testable import FleetStore

/// A store that cannot be written: what people see of it, and how often it is logged.
@Suite(.timeLimit(.minutes(2))) struct StoreWatchTests {
    private func trouble(_ failures: UInt64) -> StoreTrouble {
        StoreTrouble(
            since: Instant(milliseconds: 1000),
            latest: Instant(milliseconds: 2000),
            failures: failures,
            reason: "no room"
        )
    }

    @Test func itIsLoggedOnceAMinuteAtMostAndAtItsEnds() {
        var watch = StoreWatch()
        var lines: [(Int64, StoreWatch.Line)] = []
        for second in 1...200 as ClosedRange<Int64> {
            let standing = (10..<150).contains(second) ? trouble(UInt64(second - 9) * 2) : nil
            let now = Instant(milliseconds: second * 1000)
            if let line = watch.turn(standing, at: now) { lines.append((second, line)) }
        }
        #expect(lines.map(\.0) == [10, 70, 130, 150])
        #expect(lines.map(\.1.level) == [.error, .error, .error, .notice])
        #expect(lines.map { $0.1.metadata["failures"]?.description } == [nil, "120", "120", "280"])
    }

    @Test func whatStandsStillSaysWhy() async throws {
        try await ControllerFixture.run { fixture in
            let host = ScriptedHost()
            let identity = try await fixture.enrol("h1")
            try await fixture.withHosts([(identity, host)]) {
                _ = try await fixture.apply(version: "1")
                try await fixture.wait("version 1") { $0.rollout?.state == .succeeded }
                try await limit(fixture, more: 2)
                let large = String(repeating: "x", count: 200_000)
                let refused = await refusal {
                    _ = try await fixture.operations.cordonHost("h1", by: fixture.admin, reason: large)
                }
                #expect(refused?.code == .unavailable, "\(refused.map { "\($0)" } ?? "it was stored")")
                let view = try await fixture.operations.controller()
                #expect(view.store?.reason.contains("database or disk is full") == true)
                let said = try await fixture.operations.deployments(nil).items.first?.explanations ?? []
                let why = try #require(said.first)
                #expect(why.isUnwritable && why.since == view.store?.since && why.next?.contains("df -h") == true)
                let page = try await fixture.operations.metrics()
                #expect(page.contains("\nmuster_store_writable 0\n"))
                #expect(page.contains("\nmuster_store_write_failures_total "))
                try await limit(fixture, more: 10_000)
                try await fixture.wait("that it is over") { $0.explanations.isEmpty }
                #expect(try await fixture.operations.controller().store == nil)
                #expect(try await fixture.operations.metrics().contains("\nmuster_store_writable 1\n"))
            }
        }
    }

    /// Leaves room for so many more pages.
    private func limit(_ fixture: ControllerFixture, more: Int64) async throws {
        let term = try await fixture.operations.store.read { try $0.controller().term }
        let now = Instant(milliseconds: 0)
        try await fixture.operations.store.write(Change(actor: "test", now: now, term: term)) { writer in
            let pages = try writer.transaction.row("PRAGMA page_count")?.integer("page_count") ?? 0
            _ = try writer.transaction.rows("PRAGMA max_page_count = \(pages + more)")
        }
    }
}
