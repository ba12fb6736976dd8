import Fleet
import Testing

@testable import muster

@Suite struct ServingPrinterTests {
    private func item(_ host: String, _ number: UInt64, since: Int64, until: Int64?, dark: Bool = false) -> ServingView
    {
        ServingView(
            deployment: "wine",
            host: host,
            revision: Samples.revision(number, "\(number).0.0"),
            since: Samples.ago(since),
            until: until.map { Samples.ago($0) },
            unreachableSince: dark ? Samples.ago(50) : nil
        )
    }

    @Test func whoServesAndWhoServed() {
        let items = [item("lyon-1", 2, since: 600, until: nil), item("ulm-1", 2, since: 300, until: 60, dark: true)]
        var view = WhereView(model: "wine", version: "2.0.0", at: Samples.ago(120), items: items, counts: ["2.0.0": 2])
        #expect(
            ServingPrinter.text(view, isNow: false, style: .none, now: Samples.now) == """
                HOST    DEPLOYMENT  SERVES     SINCE                 UNTIL                 FOR
                lyon-1  wine        2.0.0 (2)  2026-11-21T18:30:00Z  now                   10m
                ulm-1   wine        2.0.0 (2)  2026-11-21T18:35:00Z  2026-11-21T18:39:00Z  4m

                2 hosts served wine 2.0.0 at 2026-11-21T18:38:00Z (2m ago): 2 2.0.0
                """
        )
        view = WhereView(model: "wine", at: Samples.now, items: [items[1]], counts: ["1.0.0": 4, "2.0.0": 1])
        let now = ServingPrinter.text(view, isNow: true, style: .none, now: Samples.now)
        #expect(now.contains("\nulm-1 (unreachable)  wine"))
        #expect(now.contains("\n… and 4 more; name a version\n"))
        #expect(now.hasSuffix("\n5 hosts serve wine now: 4 1.0.0, 1 2.0.0"))
        let none = WhereView(model: "wine", version: "9", at: Samples.now, items: [], counts: [:])
        #expect(ServingPrinter.text(none, isNow: true, style: .none, now: Samples.now) == "no host serves wine 9 now")
    }

    @Test func whatAHostServed() {
        let view = HostHistoryView(
            host: "lyon-1",
            items: [item("lyon-1", 2, since: 600, until: nil), item("lyon-1", 1, since: 7200, until: 605)]
        )
        #expect(
            ServingPrinter.text(view, style: .none, now: Samples.now) == """
                SINCE                 UNTIL                 FOR  DEPLOYMENT  SERVED      REVISION
                2026-11-21T18:30:00Z  now                   10m  wine        wine 2.0.0  2
                2026-11-21T16:40:00Z  2026-11-21T18:29:55Z  1h   wine        wine 1.0.0  1
                """
        )
        let none = HostHistoryView(host: "lyon-1", items: [])
        #expect(ServingPrinter.text(none, style: .none, now: Samples.now) == "lyon-1 has served nothing yet")
    }
}
