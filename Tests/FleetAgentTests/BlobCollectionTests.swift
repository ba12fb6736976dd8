import Fleet
import FleetTestSupport
import ReplicaLifecycle
import Testing

@testable import FleetAgent

/// The rule of what may go.
struct BlobCollectionTests {
    private static func digest(_ text: String) -> Digest { Digest(of: text.utf8) }

    /// Bundles `NAME: blobs`, each blob of 10 bytes and each list of 1, older ones first.
    private static func collection(
        _ bundles: [(name: String, blobs: [String])],
        orphans: [String] = [],
        partials: [String] = [],
        claimed: [String] = [],
        must: [String] = [],
        may: [String] = [],
        isComplete: Bool = true,
        unreadable: Set<String> = []
    ) -> BlobCollection {
        var sizes: [Digest: Int64] = [:]
        for blob in bundles.flatMap(\.blobs) + orphans { sizes[digest(blob)] = 10 }
        for bundle in bundles { sizes[digest(bundle.name)] = 1 }
        return BlobCollection(
            bundles: bundles.enumerated().map { index, bundle in
                BlobCollection.Bundle(
                    digest: digest(bundle.name),
                    blobs: unreadable.contains(bundle.name) ? nil : Set((bundle.blobs + [bundle.name]).map(digest)),
                    bytes: 0,
                    lastUse: Instant(milliseconds: Int64(index))
                )
            },
            blobs: sizes,
            partials: Dictionary(uniqueKeysWithValues: partials.map { (digest($0), 5) }),
            claimed: Set(claimed.map(digest)),
            keep: BundleKeep(
                mustStay: Set(must.map(digest)),
                mayStay: Set(may.map(digest)),
                isComplete: isComplete
            )
        )
    }

    private static let three: [(name: String, blobs: [String])] = [
        ("A", ["a", "shared"]), ("B", ["b", "shared"]), ("C", ["c"]),
    ]

    @Test func whatNoRecordNamesGoesAtOnce() {
        let plan = Self.collection(Self.three, must: ["C"], may: ["B"]).plan(allowance: 1000)
        #expect(plan.bundles == [Self.digest("A")])
        #expect(Set(plan.blobs) == Set(["A", "a"].map(Self.digest)))
        #expect(plan.bytes == 32)
    }

    @Test func forTheQuotaTheOldestGoesFirst() {
        let collection = Self.collection(Self.three, may: ["A", "B", "C"])
        #expect(collection.bytes == 43)
        #expect(collection.plan(allowance: 43).bundles.isEmpty)
        let one = collection.plan(allowance: 40)
        #expect(one.bundles == [Self.digest("A")])
        #expect(one.bytes == 32, "what is shared stays")
        #expect(collection.plan(allowance: 31).bundles == ["A", "B"].map(Self.digest))
        #expect(collection.plan(allowance: 0).bytes == 0)
    }

    @Test func whatMustStayStaysWhateverTheQuotaSays() {
        let plan = Self.collection(Self.three, must: ["A"], may: ["B", "C"]).plan(allowance: 0)
        #expect(plan.bundles == ["B", "C"].map(Self.digest))
        #expect(plan.bytes == 21)
    }

    @Test func whatIsClaimedStaysAndOrphansGo() {
        let collection = Self.collection(
            Self.three,
            orphans: ["lost", "coming"],
            partials: ["half", "cut", "b"],
            claimed: ["coming", "cut"],
            must: ["A", "B", "C"]
        )
        let plan = collection.plan(allowance: 0)
        #expect(plan.blobs == [Self.digest("lost")])
        #expect(plan.partials == [Self.digest("half")])
    }

    @Test func whereSomethingIsUnknownNothingGoes() {
        let incomplete = Self.collection(Self.three, orphans: ["lost"], isComplete: false)
        #expect(incomplete.plan(allowance: 0) == BlobCollection.Plan(bytes: incomplete.bytes))
        let damaged = Self.collection(Self.three, orphans: ["lost"], must: ["A"], unreadable: ["A"])
        #expect(damaged.plan(allowance: 0) == BlobCollection.Plan(bytes: damaged.bytes))
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func anyCollectionKeepsWhatItMust(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        let names = (0..<8).map { "bundle \($0)" }
        let bundles = names.map { name in
            (
                name: name,
                blobs: (0..<Int.random(in: 0...5, using: &dice)).map { _ in "\(Int.random(in: 0..<12, using: &dice))" }
            )
        }
        let must = names.filter { _ in Bool.random(using: &dice) }
        let may = names.filter { _ in Bool.random(using: &dice) }
        let collection = Self.collection(bundles, orphans: ["0", "x"], partials: ["1", "y"], must: must, may: may)
        let allowance = Int64.random(in: 0...150, using: &dice)
        let plan = collection.plan(allowance: allowance)
        let needed = bundles.filter { must.contains($0.name) }.flatMap { $0.blobs + [$0.name] }.map(Self.digest)
        #expect(Set(needed).isDisjoint(with: plan.blobs + plan.bundles), "seed \(seed)")
        #expect(Set(plan.blobs).count == plan.blobs.count, "seed \(seed)")
        let gone = plan.blobs.reduce(0) { $0 + (collection.blobs[$1] ?? 0) }
        let cut = plan.partials.reduce(0) { $0 + (collection.partials[$1] ?? 0) }
        #expect(plan.bytes == collection.bytes - gone - cut, "seed \(seed)")
        let left = bundles.filter { !must.contains($0.name) && !plan.bundles.contains(Self.digest($0.name)) }
        #expect(left.isEmpty || plan.bytes <= allowance, "seed \(seed)")
        // What stays is whole.
        for bundle in left {
            #expect(Set((bundle.blobs + [bundle.name]).map(Self.digest)).isDisjoint(with: plan.blobs), "seed \(seed)")
        }
    }

    @Test(arguments: [
        ("80%", BlobQuota.percent(80)), ("200Gi", .bytes(200 << 30)), ("1%", .percent(1)), ("0%", nil), ("101%", nil),
        ("0", nil), ("much", nil),
    ]) func aQuotaIsReadAsWritten(text: String, quota: BlobQuota?) {
        #expect(BlobQuota(text) == quota)
        if let quota { #expect("\(quota)" == text) }
    }
}
