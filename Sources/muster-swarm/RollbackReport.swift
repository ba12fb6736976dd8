/// What a report says of one rollback. Times are milliseconds since 1970; each counts every agent with every deployment.
struct RollbackReport: Codable, Sendable {
    /// When something was passed.
    struct Marks: Codable, Sendable {
        var count: Int
        var first: Int64?
        /// When 95 % had passed it.
        var p95: Int64?
        var last: Int64?

        init(_ times: [Int64]) {
            let sorted = times.sorted()
            count = sorted.count
            first = sorted.first
            p95 = sorted.isEmpty ? nil : sorted[(sorted.count * 95 + 99) / 100 - 1]
            last = sorted.last
        }
    }

    /// It was told of it.
    var received: Marks
    /// What answers there has changed.
    var moved: Marks
    /// It gave its receipt.
    var ended: Marks
    /// How many gave which.
    var receipts: [String: Int]

    init(_ times: RollbackTimes) {
        received = Marks(times.received)
        moved = Marks(times.moved)
        ended = Marks(times.ended)
        receipts = times.receipts
    }
}
