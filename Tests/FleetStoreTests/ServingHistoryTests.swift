import Fleet
import FleetTestSupport
import Testing

@testable import FleetStore

@Suite struct ServingHistoryTests {
    /// Random histories beside a plain list, asked at random times.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func theHistoryAnswersForAnyTime(seed: UInt64) async throws {
        let fixture = try await StoreFixture()
        var random = SeededGenerator(seed: seed)
        for version in ["1", "2", "3"] { try await fixture.apply("a", version: version) }
        try await fixture.apply("b", version: "2")
        let revisions = try await fixture.read { reader in
            try ["uid-a", "uid-b"].reduce(into: [:]) { $0[$1] = try reader.revisions(of: $1).map(\.reference) }
        }
        var spans: [ServingSpan] = []
        for host in ["h1", "h2", "h3"] {
            for deployment in ["uid-a", "uid-b"] {
                var now = Int64(0)
                for sequence in 1...30 {
                    // From a moment to a century.
                    now += Int64(1) << Int64.random(in: 0..<42, using: &random)
                    let revision = (revisions[deployment] ?? []).randomElement(using: &random)
                    let serving = Int.random(in: 0..<4, using: &random) == 0 ? nil : revision
                    if let last = spans.indices.last, spans[last].until == nil, spans[last].host == host,
                        spans[last].deployment == deployment
                    {
                        spans[last].until = Instant(milliseconds: now)
                    }
                    let outcome = HostOutcome(
                        sequence: UInt64(sequence),
                        deployment: deployment,
                        item: 1,
                        revision: nil,
                        kind: .serving(serving),
                        at: Instant(milliseconds: now)
                    )
                    try await fixture.write { _ = try $0.saveOutcomes([outcome], of: host, instance: deployment) }
                    guard let serving else { continue }
                    spans.append(
                        ServingSpan(
                            host: host,
                            deployment: deployment,
                            revision: serving,
                            since: Instant(milliseconds: now)
                        )
                    )
                }
            }
        }
        try await compare(fixture, spans, seed, &random)
    }

    private func compare(
        _ fixture: StoreFixture,
        _ spans: [ServingSpan],
        _ seed: UInt64,
        _ random: inout SeededGenerator
    ) async throws {
        let second = Digest(of: StoreFixture.content("2").canonicalBytes)
        let edges = spans.flatMap { [$0.since, $0.until ?? $0.since] }
        for step in 0..<300 {
            var at = edges.randomElement(using: &random) ?? Instant(milliseconds: 0)
            at.milliseconds += Int64.random(in: -1...1, using: &random)
            let wanted = spans.filter { span in span.since <= at && span.until.map { $0 > at } ?? true }
            try await fixture.read { [at] reader throws in
                let all = try reader.serving(model: "wine", at: at)
                try #require(Set(all) == Set(wanted) && all.count == wanted.count, "seed \(seed), step \(step)")
                let one = try reader.serving(model: "wine", version: "2", at: at)
                try #require(
                    Set(one) == Set(wanted.filter { $0.revision.digest == second }),
                    "seed \(seed), step \(step)"
                )
                let served = try reader.serving(of: "uid-b", at: at)
                try #require(served.count == wanted.count { $0.deployment == "uid-b" }, "seed \(seed), step \(step)")
            }
        }
        try await fixture.read { reader throws in
            #expect(Set(try reader.serving(model: "wine")) == Set(spans.filter { $0.until == nil }))
            #expect(try reader.serving(model: "beer").isEmpty)
            let own = try reader.servingHistory(ofHost: "h2", limit: 999)
            #expect(Set(own) == Set(spans.filter { $0.host == "h2" }))
            #expect(try reader.servingHistory(ofHost: "h2", limit: 3) == Array(own.prefix(3)))
        }
    }

    @Test func levelsGrowByFour() {
        #expect(ServingLevel.widths.first == 65_536 && ServingLevel.widths.last == 274_877_906_944)
        let zero = Instant(milliseconds: 0)
        #expect(ServingLevel.of(since: zero, until: zero) == 0)
        #expect(ServingLevel.of(since: zero, until: Instant(milliseconds: 65_536)) == 1)
        #expect(ServingLevel.of(since: zero, until: Instant(milliseconds: .max)) == 12)
        #expect(ServingLevel.of(since: Instant(milliseconds: 9), until: zero) == 0)
    }
}
