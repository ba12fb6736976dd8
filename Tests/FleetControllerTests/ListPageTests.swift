import FleetTestSupport
import Testing

@testable import FleetController

/// Parts of long lists.
@Suite struct ListPageTests {
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func allPagesTogetherAreTheList(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        let names = (0..<Int.random(in: 0...60, using: &dice)).map { String($0 + 1000) }
        let taken = Set(names.filter { _ in Bool.random(using: &dice) })
        let limit = Int.random(in: 1...12, using: &dice)
        var seen: [String] = []
        var after: String? = ""
        var pages = 0
        while let place = after, pages < 100 {
            let page = ListPage(after: place, limit: limit)
            let (records, next) = page.filled(matching: taken.contains, name: { $0 }) { name, count in
                Array(names.filter { $0 > name }.prefix(count))
            }
            #expect(records.count <= limit, "seed \(seed)")
            #expect(next == nil || records.count == limit, "a page that is not the last one is full")
            seen += records
            after = next
            pages += 1
        }
        #expect(seen == names.filter(taken.contains), "seed \(seed)")
        #expect(pages == max(1, (seen.count + limit - 1) / limit), "no empty page at the end")
    }
}
