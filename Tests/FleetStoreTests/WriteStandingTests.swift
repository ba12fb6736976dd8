import Fleet
import StoreDriver
import Testing

@testable import FleetStore

/// Whether the store can be written, as it is told to people.
@Suite struct WriteStandingTests {
    private func at(_ seconds: Int64) -> Instant { Instant(milliseconds: seconds * 1000) }

    @Test func itLastsUntilNothingHasFailedForAWhile() {
        var standing = WriteStanding()
        standing.succeeded(at: at(1))
        #expect(standing.trouble == nil)
        standing.failed("full", at: at(10))
        // Small ones go through while a larger one fails again and again.
        standing.succeeded(at: at(11))
        standing.failed("still full", at: at(12))
        standing.succeeded(at: at(13))
        let expected = StoreTrouble(since: at(10), latest: at(12), failures: 2, reason: "still full")
        #expect(standing.trouble == expected)
        standing.succeeded(at: at(15))
        #expect(standing.trouble == nil && standing.failures == 2)
        standing.failed("full again", at: at(20))
        #expect(standing.trouble?.since == at(20) && standing.trouble?.failures == 1 && standing.failures == 3)
    }

    @Test func aFullDiskIsToldAndItsEnd() async throws {
        let fixture = try await StoreFixture()
        _ = try await fixture.write { try $0.putHost(StoreFixture.host("a")) }
        try await limit(fixture, more: 4)
        let large = String(repeating: "x", count: 200_000)
        let refusal = await #expect(throws: FleetStoreError.self) {
            _ = try await fixture.write(10) { try $0.setLabels(["big": large], ofHost: "a") }
        }
        #expect(refusal?.code == .unavailable && refusal?.isOfTheDisk == true)
        let trouble = try #require(fixture.store.trouble)
        #expect(trouble.since == at(10) && trouble.failures == 1 && trouble.reason.contains("disk is full"))
        // What the caller did wrong says nothing of the disk.
        _ = await #expect(throws: FleetStoreError.self) {
            _ = try await fixture.write(11) { try $0.setLabels([:], ofHost: "nobody") }
        }
        #expect(fixture.store.trouble == trouble && fixture.store.failedWrites == 1)
        let probe = { (time: Int64) in
            Change(actor: "controller", reason: nil, now: at(time), term: fixture.term)
        }
        await fixture.store.probe(probe(12))
        #expect(fixture.store.trouble != nil, "too early to say")
        await fixture.store.probe(probe(13))
        #expect(fixture.store.trouble == nil)
        try await limit(fixture, more: 1000)
        _ = try await fixture.write(20) { try $0.setLabels(["big": large], ofHost: "a") }
    }

    /// Leaves room for so many more pages.
    private func limit(_ fixture: StoreFixture, more: Int64) async throws {
        _ = try await fixture.write { writer in
            let pages = try writer.transaction.row("PRAGMA page_count")?.integer("page_count") ?? 0
            _ = try writer.transaction.rows("PRAGMA max_page_count = \(pages + more)")
        }
    }
}
